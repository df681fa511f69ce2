"""Coverage of what a release consists of: each column, file and person must be what was decided on."""

from __future__ import annotations

from collections.abc import Iterator

from fairshare.records.commitments import record_id
from fairshare.records.kinds import ScopeState
from fairshare.release.bundle_coverage import check_redacted_file
from fairshare.release.filters import Equality, Listing, Membership, RowTest, read_list
from fairshare.release.grounds import Grounds
from fairshare.release.kinds import FITS, Carrier, Contents, Table, files_of
from fairshare.release.plan import Plan
from fairshare.release.refusals import (
    AnotherRecord,
    ItemMissing,
    ItemNotAgreed,
    ItemNotTreated,
    OtherKind,
    PersonNotCovered,
    PlanNotRecorded,
    TwoVersions,
    WrongFile,
)
from fairshare.release.sources import resolve_path
from fairshare.release.treatments import ColumnType
from fairshare.words import Refused
from fairshare.words.reading import build

AT_LEAST_AS_STRONG: dict[str, frozenset[str]] = {
    "month": frozenset({"month", "year"}),
    "postcode_district": frozenset({"postcode_district", "postcode_area"}),
}
"""Which treatments of a column satisfy one that is required; any other is satisfied only by itself."""


def check_file(grounds: Grounds, ref: str, sha256: str) -> None:
    """Refuses a file, once its digest is known, that is not what was decided on under that item.

    Called while the file is sealed, so that what was checked is what goes.
    """
    check_redacted_file(grounds, ref, sha256)
    whole = [line for line in grounds.lines_for(ref) if line.item.sha256 and not line.treatment]
    if any(line.item.sha256 != sha256 for line in whole):
        raise WrongFile(
            f"the file for item {ref} is not the one that was decided on",
            fix="Choose the file whose SHA-256 the decision names, or have the new one decided on.",
            where=f"item {ref}",
        )
    kept_back = [line for line in grounds.decision.scope if line.treatment or line.state is not ScopeState.AGREED]
    for line in kept_back:
        if line.item.sha256 == sha256:
            raise WrongFile(
                f"the file for item {ref} is the untouched original of item {line.item.ref}",
                fix="Take it out, or redact it as the decision says.",
                where=f"item {ref}",
            )


def check_plan_recorded(grounds: Grounds, contents: Contents) -> Iterator[Refused]:
    """A table goes by the very plan that the release names, as it was recorded."""
    if not isinstance(contents, Table):
        return
    recorded = grounds.plan
    if recorded is None or grounds.release.plan != record_id(recorded):
        yield AnotherRecord(
            "the release names no plan, or another one", fix="Record the plan and name it.", where="release.plan"
        )
    elif build(Plan, recorded.plan, where="release.plan") != contents.plan:
        yield PlanNotRecorded(
            "the plan is not the one that was recorded",
            fix="Run the recorded plan, or record this one and a new intent.",
            where="release.plan",
        )


def check_contents(grounds: Grounds, contents: Contents) -> Iterator[Refused]:
    """Every column and file belongs to an item that the release names, and is treated as the decision says."""
    release = grounds.release
    if not isinstance(contents, FITS[release.release_kind]):
        yield OtherKind(
            f"what was made ready is not a release of the kind {release.release_kind.value}",
            fix="Record a new intent of the right kind.",
            where="release.release_kind",
        )
    carried: set[str] = set()
    for carrier in contents.carriers():
        carried.update(carrier.items)
        if not carrier.items:
            yield ItemNotAgreed(
                f"{carrier.name} belongs to no item of the decision",
                fix="Leave it out, or say which item it is.",
                where=carrier.name,
            )
        for ref in carrier.items:
            if ref not in release.items:
                yield ItemMissing(
                    f"{carrier.name} carries item {ref}, which the release does not name",
                    fix="Leave it out, or name the item.",
                    where=f"item {ref}",
                )
            for line in grounds.lines_for(ref):
                if line.treatment and not satisfies(carrier, line.treatment):
                    yield ItemNotTreated(
                        f"{carrier.name} carries item {ref} and is not treated as decided: "
                        f"{line.treatment}{tell_treated(contents, carrier)}",
                        fix="Treat it as the decision says, or have it decided anew with the treatment that you mean.",
                        where=f"item {ref}",
                    )
    for ref in release.items:
        if ref not in carried:
            yield ItemMissing(
                f"the release names item {ref}, and nothing in it carries that",
                fix="Take the item out of the release.",
                where=f"item {ref}",
            )


def check_versions(_: Grounds, contents: Contents) -> Iterator[Refused]:
    """A redacted and an unredacted version of one item never go together."""
    versions: dict[str, set[str]] = {}
    for each in files_of(contents):
        versions.setdefault(each.item, set()).add(each.treatment or "")
    for ref, found in versions.items():
        if len(found) > 1:
            yield TwoVersions(
                f"item {ref} would go in more than one version",
                fix="Send one version of it only.",
                where=f"item {ref}",
            )


def check_people(grounds: Grounds, contents: Contents) -> Iterator[Refused]:
    """Rows of a table: only people whom the decision names, and for each column only those it was agreed for."""
    subjects = {subject.ref for subject in grounds.decision.subjects}
    if not isinstance(contents, Table) or not subjects:
        return
    people = _find_people(contents)
    if people is None:
        yield PersonNotCovered(
            "the decision names people, and the plan does not pick out only them",
            fix="Test for only these people, a list by its sha256 too, and say whose each value is.",
            where="plan.rows",
        )
        return
    for strange in sorted(people - subjects):
        yield PersonNotCovered(
            f"the plan takes in {strange}, who is not among the decision's subjects",
            fix="Take them out of the plan.",
            where="plan.rows",
        )
    for carrier in contents.carriers():
        about = {line.item.person for ref in carrier.items for line in grounds.lines_for(ref)}
        if None not in about and people - about:
            yield PersonNotCovered(
                f"{carrier.name} was not agreed for {sorted(people - about)[0]}",
                fix="Make a release of its own for those for whom the same columns were agreed.",
                where=carrier.name,
            )


def satisfies(carrier: Carrier, required: str) -> bool:
    """Whether what was done to a column or file is what is required, or stronger.

    A treatment may be required in one word or in full. `mask` in one word means that nothing of the value is left.
    What is published of a column tells less than its rows would, so the column's own treatment counts as well.
    """
    for treatment, described in carrier.ways:
        if required == "mask":
            met = described.startswith("masked, the first 0 and last 0 ")
        else:
            met = treatment in AT_LEAST_AS_STRONG.get(required, {required})
        if met or described == required:
            return True
    return False


def tell_treated(contents: Contents, carrier: Carrier) -> str:
    """What is done in its place, where that is a word of the plan and not somebody's own."""
    if not isinstance(contents, Table):
        return ""
    return f"; the plan says {', then '.join(treatment for treatment, _ in reversed(carrier.ways))}"


def _find_people(table: Table) -> set[str] | None:
    """Whose rows a plan lets through, by the subject's ref; None if no test says so."""
    people = table.people
    for test in table.plan.rows:
        values = _find_values(test, table) if people and test.column == people.column else None
        if people and values is not None:
            return {people.subjects.get(value, "an unknown person") for value in values}
    return None


def _find_values(test: RowTest, table: Table) -> set[str] | None:
    """The only values that a test lets through, as text; None if it does not name them."""
    match test:
        case Equality(test="equals"):
            return {str(test.value)}
        case Membership(test="one_of"):
            return {str(value) for value in test.values}
        case Listing(test="listed"):
            if test.sha256 is None:
                return None
            path = resolve_path(table.base, test.path, where="rows.path")
            return {str(each) for each in read_list(path, ColumnType.TEXT, sha256=test.sha256, where=test.path)}
        case _:
            return None
