"""Publishing synthetic people: read as codes, learnt and drawn in a worker, tested, attacked, and only then written."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

from fairshare.records.commitments import Entropy
from fairshare.release.engines import EngineReport, schema_of
from fairshare.release.engines.running import check_output, release_reader
from fairshare.release.kinds import Table
from fairshare.release.pets.synthetic_plan import (
    WITHIN_95,
    Accuracy,
    SyntheticPeople,
    SyntheticUnfit,
    foresee_accuracy,
)
from fairshare.release.pets.synthetic_rows import Coded, decode, read_cells, read_coded, split_codes
from fairshare.release.pets.synthetic_told import Found, tell_sections
from fairshare.release.plan import Plan, describe_columns, held_back
from fairshare.release.publishing_rows import write_cells
from fairshare.release.treatments import FORMULA_NOTE
from fairshare.release.workers import find_home, find_python, find_worker
from fairshare.release.workers.running import run_worker
from fairshare.words import Refused, Unsound

OnProgress = Callable[[float], None]
METHOD = "sample"
"""How rows are drawn: each by itself. The library's default invents relations between columns (ADR 13)."""
ATTACKS = 500
MIN_CONTROL = 20
"""People in a control group, below which attacks on it say nothing."""
BEYOND_CHANCE = 0.03
"""How much farther than chance explains the mean pair may stand from the model that it was drawn from."""


class AttackSucceeded(Refused):
    """An attack found out more about people in the data than chance explains, beyond what the plan allows."""

    code = "SYNTHETIC_ATTACKED"


class SyntheticUnsound(Unsound):
    """A library did not do what it should: other noise than was told, or rows that do not follow their own model."""

    code = "SYNTHETIC_UNSOUND"


@dataclass(frozen=True)
class Foreseen:
    """What is known before any row is read: the privacy loss in the terms of its noise, and how large that is."""

    rho: float
    accuracy: Accuracy


def find_publication(plan: Plan) -> SyntheticPeople:
    """The synthetic people that a plan asks for; raises SyntheticUnfit if it asks for something else."""
    if not isinstance(plan.publish, SyntheticPeople):
        raise SyntheticUnfit(
            "the plan does not ask for synthetic people", fix="Give it `publish: synthetic`.", where="publish"
        )
    return plan.publish


def foresee(plan: Plan, *, home: Path | None = None, entropy: Entropy = secrets.token_bytes) -> Foreseen:
    """How large the noise will be, before any row is read."""
    asked = find_publication(plan)
    told = {"epsilon": asked.epsilon, "delta": asked.delta}
    rho = run_worker("synthetic", "foresee", told, {}, home=home or find_home(), entropy=entropy).values["rho"]
    return Foreseen(rho, foresee_accuracy(rho, len(plan.sent)))


def publish_synthetic(
    table: Table,
    *,
    write_to: Path,
    on_progress: OnProgress | None = None,
    home: Path | None = None,
    entropy: Entropy = secrets.token_bytes,
) -> EngineReport:
    """Writes synthetic people in place of a plan's rows, all of them or none.

    Takes    as `run_plan` does; home: the folder of worker environments.
    Raises   a FairshareError: MissingPart before a row is read; SecondRow, CategoryUndeclared, RowsUnfit,
             AttackSucceeded, SyntheticUnsound; what a worker raises.
    """
    asked, place = find_publication(table.plan), home or find_home()
    pipe = check_output(write_to)
    try:
        for worker in ("synthetic", "attacks") if asked.attacks else ("synthetic",):
            find_python(worker, place)
        coded = read_coded(table, asked)
        made, found = make_synthetic(
            coded, asked, home=place, entropy=entropy, on_progress=on_progress, on_drawn=table.on_drawn
        )
        refuse_attacked(found, asked)
        write_cells(made.types, read_cells(made), write_to=write_to, output=table.format)
        return _report(table, asked, coded, made, found)
    except BaseException:
        if pipe:
            release_reader(write_to)
        else:
            write_to.unlink(missing_ok=True)
        raise


def make_synthetic(
    coded: Coded,
    asked: SyntheticPeople,
    *,
    home: Path,
    entropy: Entropy,
    on_progress: OnProgress | None = None,
    on_drawn: Callable[[], None] = lambda: None,
) -> tuple[Coded, Found]:
    """Learns from coded rows, draws people, compares and attacks them; nothing is written.

    Takes    on_drawn: called once people were drawn, before anybody judges them.
    """
    tell = on_progress or (lambda share: None)
    names = list(coded.columns)
    target = names.index(asked.target) if asked.target else len(names) - 1
    told = {
        "sizes": coded.sizes,
        "epsilon": asked.epsilon,
        "delta": asked.delta,
        "held_out": asked.held_out,
        "method": METHOD,
        "target": target,
    }
    answer = run_worker(
        "synthetic", "synthesise", told, {"rows": coded.codes}, home=home, entropy=entropy,
        on_progress=lambda share: tell(0.1 + 0.6 * share),
    )  # fmt: skip
    on_drawn()
    made = decode(coded, answer.files["synthetic"])
    check_noise(answer.values["noise"], foresee_accuracy(answer.values["rho"], len(names)))
    check_sampler(answer.values["fidelity"])
    attacks: dict[str, Any] | None = None
    if asked.attacks:
        learnt, control = split_codes(coded, answer.files["held_out"])
        attacks = attack(
            decode(coded, learnt), made, decode(coded, control), target, home=home, entropy=entropy,
            on_progress=lambda share: tell(0.7 + 0.25 * share),
        )  # fmt: skip
    return made, Found.of(names, target, answer.values, attacks)


def attack(
    real: Coded,
    synthetic: Coded,
    control: Coded,
    target: int,
    *,
    home: Path,
    entropy: Entropy,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """What attacks found out about people in the data, beside people who were not in it.

    Raises   SyntheticUnfit when the control group is too small.
    """
    if control.rows < MIN_CONTROL or real.rows < MIN_CONTROL or synthetic.rows < MIN_CONTROL:
        raise SyntheticUnfit(
            f"the control group has {control.rows} people, and attacks need {MIN_CONTROL}",
            fix="Hold more people out, or leave the attacks out.",
            where="publish.held_out",
        )
    files = {"real": real.codes, "synthetic": synthetic.codes, "control": control.codes}
    told = {"columns": len(real.columns), "attacks": ATTACKS, "target": target}
    return run_worker("attacks", "attack", told, files, home=home, entropy=entropy, on_progress=on_progress).values


def check_noise(drawn: list[float], told: Accuracy) -> None:
    """Raises SyntheticUnsound unless the noise in what was learnt is the noise that was told beforehand."""
    columns = (len(drawn) + 1) // 2
    expected = [told.alone / WITHIN_95] * columns + [told.pair / WITHIN_95] * (columns - 1)
    if not all(isclose(one, other, rel_tol=1e-3) for one, other in zip(drawn, expected, strict=True)):
        raise SyntheticUnsound(
            "the noise that was drawn is not the noise that was told",
            fix="Nothing was written. Report this: a library may have changed how it shares out its budget.",
            where="worker synthetic",
        )


def check_sampler(fidelity: list[dict[str, Any]]) -> None:
    """Raises SyntheticUnsound if rows stand farther from their own model than chance explains."""
    for each in fidelity:
        if each["model"] and each["model"]["mean"] > 1.5 * each["model_chance"]["mean"] + BEYOND_CHANCE:
            raise SyntheticUnsound(
                f"margins of {each['ways']} columns stand {each['model']['mean']:.3f} from the model they were drawn "
                f"from, where chance explains {each['model_chance']['mean']:.3f}",
                fix="Nothing was written. Report this: a library may have changed how it draws.",
                where="worker synthetic",
            )


def refuse_attacked(found: Found, asked: SyntheticPeople) -> None:
    """Raises AttackSucceeded if an attack's risk is beyond the plan's limit for certain."""
    worst = max(found.attacks, key=lambda each: each.low, default=None)
    if worst is not None and worst.low > asked.attack_limit:
        raise AttackSucceeded(
            f"the attack by {worst.kind.replace('_', ' ')} succeeded on {worst.low:.0%} or more of people in the data "
            f"beyond what it did on others; the plan allows {asked.attack_limit:.0%}",
            fix="Lower epsilon, make columns coarser, or send fewer.",
            where="publish.attack_limit",
        )


def _report(table: Table, asked: SyntheticPeople, read: Coded, made: Coded, found: Found) -> EngineReport:
    """What goes is what is counted: how many people were read is a fact about them, and is not told."""
    schema = schema_of(table.plan.source, table.base, connections=table.connections)
    note = f"None of these {made.rows:,} rows is a person. They were drawn from a model of people."
    return EngineReport(
        rows_read=made.rows,
        rows_rejected=0,
        rows_filtered=0,
        rows_suppressed=0,
        rows_sent=made.rows,
        columns=describe_columns(table.plan),
        held_back=held_back(table.plan, schema),
        engine=f"{read.engine}, worker synthetic",
        notes=(note, FORMULA_NOTE) if table.format == "csv" else (note,),
        sections=tell_sections(asked, found),
        kept_on_receipt={
            "synthetic people": f"{made.rows}",
            "synthetic method": f"MST (OpenDP), epsilon {asked.epsilon}, delta {asked.delta}, rho {found.rho:.6g}",
            "synthetic worker": f"sha256:{find_worker('synthetic').digest}",
        },
    )
