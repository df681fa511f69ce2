"""How the columns of a file become fields of the register: guessed, confirmed by a person, then applied whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, get_args

import yaml

from fairshare.agree.imports import Row, Source
from fairshare.agree.register import MAX_LINE, Entry, RegisteredParty, Sort, shorten
from fairshare.records.ids import Digest
from fairshare.words import BadInput, Refused
from fairshare.words.reading import build, parse_yaml
from fairshare.words.values import Line, Value

Field = Literal[
    "title", "reference", "discloser", "recipient", "both", "processor", "party", "purpose", "items", "people", "power",
    "basis", "benefits", "start", "end", "review_on", "retention", "security", "route", "frequency", "state", "notes",
]  # fmt: skip
_PARTIES: Final = ("discloser", "recipient", "both", "processor", "party")
_DATES: Final = ("start", "end", "review_on")
_GUESSES: Final[tuple[tuple[str, Field], ...]] = (
    (r"review", "review_on"),
    (r"\b(end|expir|terminat|until|finish|valid to|date to)", "end"),
    (r"(retention|storage period|keep|kept|dispos)", "retention"),
    (
        r"(start|commence|effective|from date|valid from|date from|in force|date (sent|shared|disclosed)|^date|signed)",
        "start",
    ),
    (r"(disclos(er|ing)|sender|sent by|provider|source org|data owner|from org|who discloses)", "discloser"),
    (r"(recipient|receiv|sent to|disclosed to|shared with|sends to|organisation asking|requester)", "recipient"),
    (r"processor", "processor"),
    (r"(part(y|ies)|partner|organisations?$|controllers?$|signator)", "party"),
    (r"(lawful|legal) bas[ei]s", "basis"),
    (r"(power|gateway|statut)", "power"),
    (r"(purpose|objective|\buse\b|aim|why)", "purpose"),
    (r"benefit", "benefits"),
    (r"(data (items?|processed|shared|set|types?)|items?|fields|categor|information (shared|disclosed)|what)", "items"),
    (r"(data subjects|people$|individuals|whose)", "people"),
    (r"(secur|measures$|safeguard)", "security"),
    (r"(method|route|channel|transfer method|how sent|format)", "route"),
    (r"(frequen|how often|interval)", "frequency"),
    (r"(status|state)$", "state"),
    (r"(title|agreement( name)?$|^name|subject$|declaration)", "title"),
    (r"(^(ref|id|no|number)\b|reference|identifier|\bkey$)", "reference"),
    (r"(notes?|comment|descri|remarks)", "notes"),
)
"""Patterns of headings, the most telling first."""
_MONTHS: Final = {name: n for n, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_NUMERIC: Final = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")
_WORDED: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})[ -]([0-9]{4})")
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ][0-9:.+Z-]{2,20})?")
_ABOUT: Final = """\
# How the columns of this file become fields of the register, as guessed from their headings. Check every line: put a
# field after `to`, or `ignore`. Then write your name after `confirmed_by`, and import.
# Fields: {fields}.
"""


class MappingNotConfirmed(Refused):
    """Nobody has confirmed how the columns are mapped, or a column is still open."""

    code = "MAPPING_NOT_CONFIRMED"


class ImportNotWhole(Refused):
    """Some row cannot be read as mapped; nothing was imported."""

    code = "IMPORT_NOT_WHOLE"


class ColumnRule(Value):
    """What becomes of one column."""

    column: Line
    to: Field | Literal["ignore"] | None = None
    """None while nobody has decided."""


class ImportMapping(Value):
    """How one file is read, as a person confirmed it."""

    file: Line
    sha256: Digest
    """The file's own digest: a mapping is for one file, as it is."""
    sort: Sort
    columns: tuple[ColumnRule, ...]
    dates: Literal["day_first", "month_first"] = "day_first"
    between_values: Literal[";", ",", "|", "/", "lines"] = ";"
    """What stands between several items or parties in one cell."""
    discloser: Line | None = None
    """For every row in which no column names one."""
    recipient: Line | None = None
    leave_out: tuple[int, ...] = ()
    """Rows, by number, that are not to be imported."""
    confirmed_by: Line | None = None


@dataclass(frozen=True)
class Problem:
    """One cell that cannot be read as mapped."""

    row: int
    field: str
    says: str


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do: the entries, and everything that is not among them."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]
    """Columns that go nowhere, and in how many rows they say something."""
    left_out: tuple[int, ...]
    not_read: tuple[str, ...]
    """What the file holds besides its rows."""


def draft_mapping(source: Source) -> ImportMapping:
    """A mapping guessed from the headings, for a person to check; a column that nothing fits stays open."""
    guessed = [
        (name, _read_known(source.fields.get(name)) if source.fields else _guess(name)) for name in source.columns
    ]
    single = {"title", "reference", "start", "end", "review_on", "state"}
    taken: set[str] = set()
    rules = []
    for name, field in guessed:
        rules.append(ColumnRule(column=name, to=None if field in single & taken else field))
        taken.add(field or "")
    sort: Sort = "disclosure" if source.sort == "agreement" and _tells_disclosures(source) else source.sort
    return ImportMapping(
        file=source.name,
        sha256=source.sha256,
        sort=sort,
        columns=tuple(rules),
        between_values="lines" if source.sort == "assessment" else ";",
    )


def write_mapping(mapping: ImportMapping) -> bytes:
    """A mapping as YAML that says what to do with it."""
    fields = ", ".join(get_args(Field))
    text = yaml.safe_dump(mapping.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)
    return (_ABOUT.format(fields=fields) + text).encode()


def parse_mapping(raw: bytes, *, where: str) -> ImportMapping:
    """A mapping from YAML. Raises BadInput."""
    return build(ImportMapping, parse_yaml(raw, where=where), where=where)


def plan_import(source: Source, mapping: ImportMapping) -> ImportPlan:
    """Every entry that an import would make and all that it would not; nothing is kept.

    Raises   BadInput when the mapping is for another file, or names columns that it does not have.
    """
    _check_same(source, mapping)
    rules = {each.column: each.to for each in mapping.columns}
    entries: list[Entry] = []
    problems: list[Problem] = []
    for row in source.rows:
        if row.number not in mapping.leave_out and row.cells:
            entry = _read_row(source, row, rules, mapping, problems)
            entries += [entry] if entry is not None else []
    ignored = [name for name in source.columns if rules[name] in (None, "ignore")]
    counts = {name: sum(1 for row in source.rows if name in row.cells) for name in ignored}
    return ImportPlan(
        entries=tuple(entries),
        problems=tuple(problems),
        ignored=tuple(f"{name} ({counts[name]} rows)" for name in ignored if counts[name]),
        left_out=tuple(row.number for row in source.rows if row.number in mapping.leave_out),
        not_read=source.not_read,
    )


def check_import(source: Source, mapping: ImportMapping) -> ImportPlan:
    """The plan of an import that may be carried out.

    Raises   MappingNotConfirmed, ImportNotWhole; then nothing is imported.
    """
    plan = plan_import(source, mapping)
    if open_columns := [each.column for each in mapping.columns if each.to is None]:
        raise MappingNotConfirmed(
            f"{len(open_columns)} columns are open, such as {open_columns[0][:60]!r}",
            fix="Give each a field after `to`, or `ignore`.",
            where=source.name,
        )
    if mapping.confirmed_by is None:
        raise MappingNotConfirmed(
            "nobody has confirmed the mapping",
            fix="Check it, and write your name after `confirmed_by`.",
            where=source.name,
        )
    if plan.problems:
        first = plan.problems[0]
        raise ImportNotWhole(
            f"{len(plan.problems)} cells cannot be read as mapped: first row {first.row}, {first.field}: {first.says}",
            fix="Correct the file or the mapping, or put the row's number under `leave_out`.",
            where=source.name,
        )
    return plan


def parse_date(text: str, *, month_first: bool = False) -> date | None:
    """A day as people write it in tables; None for anything else.

    >>> parse_date("01/02/2026"), parse_date("3rd March 2026"), parse_date("2026-02-31")
    (datetime.date(2026, 2, 1), datetime.date(2026, 3, 3), None)
    """
    plain = text.strip()
    if match := _ISO.fullmatch(plain):
        year, month, day = match.groups()
    elif match := _NUMERIC.fullmatch(plain):
        day, month, year = (match[2], match[1], match[3]) if month_first else match.groups()
    elif (match := _WORDED.fullmatch(plain)) and match[2][:3].lower() in _MONTHS:
        day, month, year = match[1], str(_MONTHS[match[2][:3].lower()]), match[3]
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _read_known(field: str | None) -> Field | None:
    return next((each for each in get_args(Field) if each == field), None)


def _guess(heading: str) -> Field | None:
    plain = re.sub(r"[^a-z]+", " ", heading.casefold()).strip()
    return next((field for pattern, field in _GUESSES if re.search(pattern, plain)), None)


def _tells_disclosures(source: Source) -> bool:
    heads = " ".join(source.columns).casefold()
    return bool(re.search(r"disclosed|disclosure|date (sent|shared)", heads)) and "review" not in heads


def _check_same(source: Source, mapping: ImportMapping) -> None:
    if mapping.sha256 != source.sha256:
        raise BadInput(
            "the mapping was made for another file, or the file has changed",
            fix="Draft the mapping again: `fairshare register map`.",
            where=source.name,
        )
    named = [each.column for each in mapping.columns]
    if sorted(named) != sorted(source.columns):
        raise BadInput(
            "the mapping does not name each column once", fix="Put the columns back as they were.", where=source.name
        )


def _read_row(
    source: Source, row: Row, rules: Mapping[str, str | None], mapping: ImportMapping, problems: list[Problem]
) -> Entry | None:
    """One row as an entry; None, with what is wrong added to `problems`, if it cannot be one."""
    said: dict[str, list[str]] = {}
    for column, text in row.cells.items():
        if (field := rules[column]) not in (None, "ignore"):
            said.setdefault(str(field), []).append(text)
    before = len(problems)
    fields: dict[str, Any] = {}
    for name, texts in said.items():
        try:
            fields |= _read_field(name, texts, mapping)
        except ValueError as error:
            problems.append(Problem(row.number, name, str(error)))
    fields["parties"] = tuple(_list_parties(said, mapping))
    if "title" not in said:
        problems.append(Problem(row.number, "title", "it has no title"))
    if fields.get("start") and fields.get("end") and fields["end"] < fields["start"]:
        problems.append(Problem(row.number, "end", "it ends before it starts"))
    if len(problems) > before:
        return None
    name = f"import:{source.sha256[:16]}:{row.number}"
    where = f"{source.name}: row {row.number}"
    return build(Entry, fields | {"id": name, "sort": mapping.sort, "source": source.name}, where=where)


def _read_field(name: str, texts: Sequence[str], mapping: ImportMapping) -> dict[str, Any]:
    """One field of an entry from the cells that are mapped to it. Raises ValueError, in words without the cell."""
    if name in _PARTIES:
        return {}
    if name in _DATES:
        day = parse_date(texts[0], month_first=mapping.dates == "month_first")
        if len(texts) > 1 or day is None:
            raise ValueError("it is not one day")
        return {name: day}
    if name == "items":
        return {name: tuple(dict.fromkeys(shorten(each) for each in _split(texts, mapping)))}
    joined = "\n".join(texts)
    if name in ("title", "reference", "state"):
        if len(" ".join(joined.split())) > MAX_LINE:
            raise ValueError(f"it has more than {MAX_LINE} characters")
        return {name: " ".join(joined.split())}
    if len(joined) > 20_000:
        raise ValueError("it has more than 20,000 characters")
    return {name: joined}


def _list_parties(said: Mapping[str, Sequence[str]], mapping: ImportMapping) -> Iterator[RegisteredParty]:
    stated: dict[str, str | None] = {"discloser": mapping.discloser, "recipient": mapping.recipient}
    role: Any
    for role in _PARTIES:
        names = [shorten(each) for each in _split(said.get(role, ()), mapping)]
        if not names and (always := stated.get(role)):
            names = [always]
        for name in dict.fromkeys(names):
            yield RegisteredParty(name=name, role=role)


def _split(texts: Sequence[str], mapping: ImportMapping) -> list[str]:
    cut: Callable[[str], list[str]] = (
        str.splitlines if mapping.between_values == "lines" else lambda text: text.split(mapping.between_values)
    )
    return [each.strip() for text in texts for each in cut(text) if each.strip()]
