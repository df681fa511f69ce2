"""Runs inside the worker `attacks`: attacks a synthetic table by anonymeter, and the same on people it never held.

Source   Giomi, Boenisch, Wehmeyer and Tasnadi 2023 (anonymeter), https://arxiv.org/abs/2211.10459
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Codes = Any
MAX_COLUMNS = 4
"""Columns that an intruder combines to single somebody out."""
MAX_TRIES = 10_000
"""How often an intruder looks for a combination that only one synthetic row has, before settling for those found."""


def attack(
    asked: dict[str, Any], files: dict[str, bytes], tell: Callable[[float], None]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Three kinds of attack on people whom the table was made from, each beside the same attack on a control group."""
    from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator
    from apart_margins import read_codes

    warnings.simplefilter("ignore")
    rng = np.random.default_rng()
    real, synthetic, control = (read_codes(files[name], asked["columns"]) for name in ("real", "synthetic", "control"))
    # As many of each: how easily somebody is the only one of a kind depends on how many people there are.
    people = min(len(real), len(control))
    real, control = (each[rng.choice(len(each), people, replace=False)] for each in (real, control))
    ori, syn, ctl = (_name_codes(each) for each in (real, synthetic, control))
    attacks, names = min(asked["attacks"], people), list(ori.columns)
    shuffled = [names[place] for place in rng.permutation(len(names))]
    secret = names[asked["target"]]

    found = {}
    # Copies of whole rows show best when all columns are used, and what was learnt too well when few are.
    for kind, together in (("singling_out", min(MAX_COLUMNS, len(names))), ("singling_out_whole", len(names))):
        found[kind] = _single_out(ori, syn, ctl, attacks, together)
    tell(0.4)
    halves = shuffled[: len(names) // 2], shuffled[len(names) // 2 :]
    linking = LinkabilityEvaluator(ori, syn, halves, attacks, n_neighbors=1, control=ctl)
    found["linkability"] = _say(linking.evaluate(n_jobs=1), attacks)
    tell(0.8)
    clues = [name for name in names if name != secret]
    guessing = InferenceEvaluator(ori, syn, clues, secret, False, attacks, ctl)
    found["inference"] = _say(guessing.evaluate(n_jobs=1), attacks)
    tell(1.0)
    return {"attacks": found, "people": people}, {}


def _single_out(ori: Any, syn: Any, ctl: Any, attacks: int, together: int) -> dict[str, Any]:
    """Singling out by so many columns. Only combinations that there are count as tries, or the risk would look less."""
    import polars as pl
    from anonymeter.evaluators import SinglingOutEvaluator
    from anonymeter.evaluators.singling_out_evaluator import multivariate_singling_out_queries

    seed = int(np.random.default_rng().integers(2**32))
    rows = pl.DataFrame(syn).unique(maintain_order=True)
    there_are = len(multivariate_singling_out_queries(rows, attacks, together, MAX_TRIES, np.random.default_rng(seed)))
    if not there_are:
        return {"tried": 0, "risk": 0.0, "low": 0.0, "high": 1.0, "people": 0.0, "control": 0.0, "guessing": 0.0}
    single = SinglingOutEvaluator(ori, syn, there_are, together, ctl, max_attempts=MAX_TRIES, seed=seed)
    return _say(single.evaluate("multivariate"), there_are)


def _name_codes(codes: Codes) -> Any:
    import pandas as pd

    return pd.DataFrame({f"c{place}": [f"v{each}" for each in codes[:, place]] for place in range(codes.shape[1])})


def _say(evaluator: Any, attacks: int) -> dict[str, Any]:
    """The risk beyond the control group's, with its 95% interval, and how often each attack went home."""
    results = evaluator.results(confidence_level=0.95)
    risk = results.risk()
    return {
        "tried": attacks,
        "risk": float(risk.value),
        "low": float(risk.ci[0]),
        "high": float(risk.ci[1]),
        "people": float(results.attack_rate.value),
        "control": float(results.control_rate.value),
        "guessing": float(results.baseline_rate.value),
    }
