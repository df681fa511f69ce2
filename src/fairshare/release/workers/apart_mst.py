"""Runs inside the worker `synthetic`: learns a table by MST (OpenDP) under differential privacy, and draws from it.

A table comes and goes as the codes of its categories, two bytes each, a column after the other.
The libraries are imported where they are used, so that this can be read where they are not.
Source   McKenna, Miklau and Sheldon 2021 (MST), https://arxiv.org/abs/2108.04978
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Codes = Any
"""A table of whole numbers: a row for each person, a column for each column."""
MAX_DRAWS = 50
CONTRIBUTIONS = 1
"""Rows that one person may have. More would break the promise: https://github.com/opendp/opendp/issues/2951."""


def synthesise(
    asked: dict[str, Any], files: dict[str, bytes], tell: Callable[[float], None]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Holds some people out, learns from the others, draws a table, and compares it with the model and with them."""
    import apart_margins

    sizes = [int(each) for each in asked["sizes"]]
    codes = apart_margins.read_codes(files["rows"], len(sizes))
    # Each person is held out or not on their own, so that who else is there makes no difference.
    held_out = np.random.default_rng().random(len(codes)) < asked["held_out"]
    learnt, control = codes[~held_out], codes[held_out]
    rho = find_rho(asked["epsilon"], asked["delta"])
    tell(0.05)
    table = learn(learnt, sizes, rho)
    tell(0.6)
    drawn = draw(table, sizes, method=asked["method"])
    tell(0.7)
    model = read_model(table, sizes)
    values = {
        "rho": rho,
        "noise": [float(each.stddev) for each in table.marginals.flatten()],
        "pairs": [list(each) for each in model.pairs],
        "fidelity": apart_margins.measure(learnt, drawn, sizes, model),
        "learning": apart_margins.measure_learning(learnt, drawn, control, asked["target"]),
        "rows": {"learnt": len(learnt), "held_out": len(control), "synthetic": len(drawn)},
    }
    tell(1.0)
    return values, {"synthetic": apart_margins.write_codes(drawn), "held_out": held_out.astype("u1").tobytes()}


def foresee(
    asked: dict[str, Any], files: dict[str, bytes], tell: Callable[[float], None]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The noise that an epsilon and a delta will mean, before any row is there."""
    return {"rho": find_rho(asked["epsilon"], asked["delta"])}, {}


def find_rho(epsilon: float, delta: float) -> float:
    """The zero-concentrated privacy loss that gives no more than this epsilon at this delta, as OpenDP reckons."""
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.atom_domain(T=float, nan=False), dp.absolute_distance(T=float)

    def fits(rho: float) -> bool:
        noise = dp.m.make_gaussian(*space, scale=(1 / (2 * rho)) ** 0.5)
        curve: Any = dp.c.make_zCDP_to_approxDP(noise).map(1.0)  # type: ignore[no-untyped-call]
        return bool(curve.epsilon(delta) <= epsilon)

    return float(dp.binary_search(fits, bounds=(1e-9, 100.0)))


def a_little_less(budget: float) -> float:
    """A share of a budget that is smaller by a millionth of a millionth.

    MST divides the part for choosing pairs into shares, each one rounding smaller, and adds them up again, rounding
    upwards. For most budgets of six columns or more the sum is then more than the part, and the library refuses it in
    mid-run. Shares that are this much smaller add up to less; the library's own check of the sum stays as it is.
    """
    return budget * (1 - 1e-12)


def learn(codes: Codes, sizes: list[int], rho: float) -> Any:
    """The noisy contingency table that MST learns, within the budget."""
    import opendp.prelude as dp
    import polars as pl
    from opendp.extras.mbi import _mst

    dp.enable_features("contrib")
    setattr(_mst, "prior", a_little_less)  # noqa: B010 (a name that the library does not export)
    names = [f"c{place}" for place in range(len(sizes))]
    rows = pl.DataFrame({name: codes[:, place].astype("int32") for place, name in enumerate(names)})
    context = dp.Context.compositor(
        data=rows.lazy(),
        privacy_unit=dp.unit_of(contributions=CONTRIBUTIONS),
        privacy_loss=dp.loss_of(rho=rho),
    )
    keys = {name: list(range(size)) for name, size in zip(names, sizes, strict=True)}
    return context.query(rho=rho).select(*names).contingency_table(keys=keys, algorithm=_mst.MST()).release()


def draw(table: Any, sizes: list[int], *, method: str) -> Codes:
    """As many people as the model holds that there are; one with a value outside the categories is drawn again.

    The library adds a category of its own to each column, for what was not declared; noise puts a few people in it.
    """
    wanted = max(1, round(float(table.model.total)))
    kept: list[Codes] = []
    for _ in range(MAX_DRAWS):
        missing = wanted - sum(map(len, kept))
        if missing <= 0:
            break
        rows = table.synthesize(rows=missing + missing // 10 + 10, method=method).drop_nulls()
        kept.append(rows.to_numpy().astype("uint16")[:missing])
    return np.concatenate(kept) if kept else np.zeros((0, len(sizes)), "uint16")


def read_model(table: Any, sizes: list[int]) -> Any:
    """What the model says of each pair that it measured, without the library's own category."""
    from apart_margins import TreeModel

    ends = [(measured.clique, table.project(measured.clique)) for measured in table.marginals.flatten()]
    pairs = {
        (int(clique[0][1:]), int(clique[1][1:])): np.asarray(found, float)[: sizes[int(clique[0][1:])], :][
            :, : sizes[int(clique[1][1:])]
        ]
        for clique, found in ends
        if len(clique) == 2
    }
    alone = {int(clique[0][1:]): np.asarray(found, float) for clique, found in ends if len(clique) == 1}
    return TreeModel(pairs, {place: alone[place][: sizes[place]] for place in alone})
