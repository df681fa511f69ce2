"""The risk of a plan before it is run: how many people are alike in the columns that others may know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fairshare.release.deidentify.risk import Sizes, measure_risk, tell_risk
from fairshare.release.deidentify.settle import settle_plan
from fairshare.release.engines import Connections, Keys
from fairshare.release.engines.treated import TREATED, open_treated
from fairshare.release.plan import Plan, name_some
from fairshare.release.sections import Section
from fairshare.words import BadInput


class NoQuasiIdentifiers(BadInput):
    """The risk of a plan cannot be pictured, because nobody said which columns others may know."""

    code = "NO_QUASI_IDENTIFIERS"


def picture_risk(
    plan: Plan,
    base: Path,
    *,
    columns: Sequence[str] = (),
    keys: Keys,
    engine: str = "duckdb",
    connections: Connections | None = None,
) -> Section:
    """The chance of picking somebody out by some columns as they are sent: of the treated rows, and of those that go.

    Takes    columns: quasi-identifiers, by their names in the output; those of the plan's widest group by default.
    Raises   NoQuasiIdentifiers; what running the plan raises. Every row is read; none is written.
    """
    settled = settle_plan(plan, base)
    named = tuple(columns) or max((each.columns for each in settled.groups), key=len, default=())
    sent = {each.output for each in settled.sent}
    if not named or set(named) - sent:
        raise NoQuasiIdentifiers(
            "the columns that others may know are not named" if not named else "a column named is not sent",
            fix=f"Name some of: {name_some(sorted(sent))}.",
            where="quasi-identifiers",
        )
    used = {*named, *(name for group in settled.groups for name in group.names)}
    # Only what is looked at: no pseudonym is computed for nothing, and no key is needed for it.
    bare = settled.model_copy(update={"columns": tuple(each for each in settled.sent if each.output in used)})

    def count(of: Plan) -> Sizes:
        with open_treated(of, engine=engine, keys=keys, base=base, connections=connections) as treated:
            grouped = ", ".join(map(treated.quote, named))
            sizes = f"SELECT count(*) AS alike FROM {TREATED} GROUP BY {grouped}"  # noqa: S608 (names are quoted)
            found = treated.query(f"SELECT alike, count(*) FROM ({sizes}) GROUP BY alike ORDER BY alike")  # noqa: S608
        return tuple((int(str(size)), int(str(classes))) for size, classes in found)

    before = count(bare.model_copy(update={"groups": ()}))
    after = count(bare) if bare.groups else before
    return tell_risk(measure_risk(before), measure_risk(after), before, after, columns=named)
