"""Synthetic people: 30,000 rows of 12 related columns (made up), epsilon 1, learnt, compared and attacked in workers.

Prints the time, the peak memory of the workers, and the mean total variation of 1-, 2- and 3-way margins.
"""

from __future__ import annotations

import resource
import secrets
import time

import numpy as np

from fairshare.release.pets.synthetic import ATTACKS, METHOD, attack
from fairshare.release.pets.synthetic_rows import Coded, decode, pack_codes, split_codes
from fairshare.release.pets.synthetic_told import list_attacks
from fairshare.release.workers import find_home
from fairshare.release.workers.running import run_worker

ROWS, SIZES = 30_000, (2, 5, 9, 4, 6, 10, 3, 8, 5, 12, 2, 7)


def make_survey() -> Coded:
    """People of six kinds, which shape every column; two columns follow the one before them as well."""
    chance = np.random.default_rng(7)
    kind = chance.integers(0, 6, ROWS)
    columns: list[np.ndarray] = []
    for place, size in enumerate(SIZES):
        shares = chance.dirichlet(np.full(size, 0.6), size=6).cumsum(1)[kind]
        values = (chance.random(ROWS)[:, None] > shares).sum(1).clip(0, size - 1)
        if place in (4, 8):
            values = np.where(chance.random(ROWS) < 0.6, (columns[place - 1] + place) % size, values)
        columns.append(values)
    rows = [tuple(int(code) for code in row) for row in np.stack(columns, 1)]
    names = {f"c{place}": tuple(range(size)) for place, size in enumerate(SIZES)}
    return Coded(names, {}, ROWS, pack_codes(rows, len(SIZES)))


def main() -> None:
    """Runs it once and prints what was measured."""
    survey, home = make_survey(), find_home()
    asked = {
        "sizes": survey.sizes,
        "epsilon": 1.0,
        "delta": 1e-9,
        "held_out": 0.2,
        "method": METHOD,
        "target": len(SIZES) - 1,
    }
    start = time.perf_counter()
    answer = run_worker(
        "synthetic", "synthesise", asked, {"rows": survey.codes}, home=home, entropy=secrets.token_bytes
    )
    print(f"learnt, drawn and compared in {time.perf_counter() - start:.1f} s, rho {answer.values['rho']:.4f}")
    print(f"{answer.values['rows']}, what a model learns: {answer.values['learning']}")
    for each in answer.values["fidelity"]:
        figures = {name: each[name]["mean"] for name in ("data", "chance", "model", "model_chance", "floor")}
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"{each['ways']}-way, {each['margins']} margins: {shown}; worst {each['data']['worst']:.3f}")
    learnt, control = split_codes(survey, answer.files["held_out"])
    start = time.perf_counter()
    found = attack(
        decode(survey, learnt), decode(survey, answer.files["synthetic"]), decode(survey, control), len(SIZES) - 1,
        home=home, entropy=secrets.token_bytes,
    )  # fmt: skip
    print(f"attacked ({ATTACKS} tries of each kind) in {time.perf_counter() - start:.1f} s")
    for one in list_attacks(found):
        print(f"{one.kind}: risk {one.risk:.3f} [{one.low:.3f}, {one.high:.3f}], {one.tried} tries")
    print(f"peak memory of a worker: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
