"""A fixed sample of small mistakes in the rules that come with Fairshare: nearly all of them are noticed.

`make mutate` tries every one; docs/explain/mutation.md has the figures.
"""

from pathlib import Path

from fairshare.decide.library import load_real_base
from fairshare.decide.mutate import Verdict, choose_mutants, tally_all, try_mutants
from fairshare.decide.scenarios import read_scenarios

AT_LEAST = 0.95
SAMPLE = 300
SEED = 20261122


def test_at_least_95_of_100_mistakes_in_the_rules_are_noticed() -> None:
    base = load_real_base()
    mutants = choose_mutants(base, sample=SAMPLE, seed=SEED)
    trials = try_mutants(base, mutants, read_scenarios(Path(__file__).parent, base))
    alive = [each.mutant for each in trials if each.verdict in (Verdict.ALIVE, Verdict.UNDECIDED)]
    survivors = "\n".join(f"{each.subject}: {each.operator}: {each.change}" for each in alive)
    assert tally_all(trials).score >= AT_LEAST, survivors
