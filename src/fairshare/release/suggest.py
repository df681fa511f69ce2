"""Suggestions for a plan: what each column of a source seems to be and why, and a draft that holds back when in doubt.

A person decides. The words name columns and shares of a sample, never a value; the draft sends no free text, and no
special category unless the agreement has the item.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fairshare.records.kinds import Agreement
from fairshare.release.engines import Connections
from fairshare.release.engines.sampling import Sample, sample_source
from fairshare.release.plan import NothingToSend, Plan
from fairshare.release.sections import InBoth
from fairshare.release.sources import CsvFile, Source
from fairshare.release.suggest_content import ColumnKind, Met, Treat, find_met, split_name
from fairshare.release.treatments import DATED, NUMBERS, Cell, ColumnType, text_of
from fairshare.words.reading import build
from fairshare.words.values import Item

SAMPLE_ROWS = 5_000
AGE_EDGES = (16, 18, 25, 35, 45, 55, 65, 75, 85)
DRAFT_K = 5
MANY_VALUES = 100
"""With more different values than this, a column that cannot be generalised is held back."""
MANY_TEXTS = 50
"""With more different texts than this, a column that nothing explains is taken for somebody's own words."""
_SEVERAL_WORDS = 0.2
_OWN_VALUE_FROM = 20
_LIFETIME_DAYS = 25 * 365
_DATES = {
    "date": r"\d{4}-\d{2}-\d{2}",
    "date DD/MM/YYYY": r"\d{2}/\d{2}/\d{4}",
    "date DD-MM-YYYY": r"\d{2}-\d{2}-\d{4}",
    "date DD.MM.YYYY": r"\d{2}\.\d{2}\.\d{4}",
    "date YYYYMMDD": r"(?:18|19|20)\d{6}",
}
_FORMS = {
    "date": "%Y-%m-%d",
    "date DD/MM/YYYY": "%d/%m/%Y",
    "date DD-MM-YYYY": "%d-%m-%Y",
    "date DD.MM.YYYY": "%d.%m.%Y",
    "date YYYYMMDD": "%Y%m%d",
}
CONFIDENCE = {
    "almost certain": InBoth("almost certain", "bron yn sicr"),
    "likely": InBoth("likely", "tebygol"),
    "possible": InBoth("possible", "posibl"),
}


@dataclass(frozen=True)
class ColumnSuggestion:
    """What one column seems to be, why, how sure that is, and what the draft does with it."""

    column: str
    type: ColumnType
    kind: ColumnKind
    reason: InBoth
    confidence: str
    """A key of `CONFIDENCE`."""
    treat: Treat
    csv_type: str | None = None
    """For a column of CSV text: how its cells are written, if they are dates or numbers."""


def suggest_plan(
    source: Source,
    agreement: Agreement | None = None,
    *,
    base: Path = Path(),
    connections: Connections | None = None,
    name: str = "draft",
    key: str = "agreement-key",
) -> Plan:
    """A draft of a plan, for a person to go through: each column with the treatment that seems to suit it.

    Takes    agreement: with one, only what it has items for goes, treated as it says; base: the folder that paths in
             the source are relative to; key: the id of the pseudonymisation key.
    Raises   NothingToSend when nothing of the source may go; what reading the source raises.
    """
    found = suggest_columns(source, base=base, connections=connections)
    return draft_plan(source, found, agreement, name=name, key=key)


def suggest_columns(
    source: Source, *, base: Path = Path(), connections: Connections | None = None, rows: int = SAMPLE_ROWS
) -> tuple[ColumnSuggestion, ...]:
    """What each column of a source seems to be, from its name and from the first rows."""
    return look_at_sample(sample_source(source, base, rows=rows, connections=connections), source)


def look_at_sample(sample: Sample, source: Source) -> tuple[ColumnSuggestion, ...]:
    """What each column of a sample seems to be."""
    return tuple(
        look_at_column(
            name, found, [each for each in sample.columns[name] if each is not None], csv=isinstance(source, CsvFile)
        )
        for name, found in sample.schema.items()
    )


def look_at_column(name: str, found: ColumnType, values: Sequence[Cell], *, csv: bool = False) -> ColumnSuggestion:
    """What one column seems to be.

    Takes    values: a sample of what stands in it, nulls left out; csv: whether it is CSV, where all may be text.

    >>> look_at_column("dateOfBirth", ColumnType.DATE, [date(1980, 2, 1), date(2004, 5, 6)]).treat
    'year'
    >>> look_at_column("ref", ColumnType.TEXT, ["943 476 5919"] * 3).reason.en
    '100% of the values look like an NHS number'
    """
    texts = [text_of(each) for each in values if each is not None]
    csv_type = guess_csv_type(texts) if csv and found is ColumnType.TEXT else None
    kind_of = {"integer": ColumnType.INTEGER}.get(csv_type or "", ColumnType.DATE if csv_type else found)
    met = next((each for each in find_met(name, texts) if each.by_name or kind_of not in DATED), None)
    if met is not None and not (_reads_as_text(texts) and met.by.kind == "quasi_identifier"):
        kind, reason, confidence, treat = met.by.kind, _tell_met(met), _tell_strength(met), met.by.treat
    else:
        kind, reason, confidence, treat = _look_without_pattern(kind_of, values, texts)
    if csv_type == "integer" and treat != "age_bands":
        csv_type, kind_of = None, found
    if met is not None and treat == "postcode_district" and not met.share:
        treat = "drop"  # whatever it is, it is no whole UK postcode, and would go as nothing
    treat = _suit(treat, kind, kind_of, len(set(texts)))
    return ColumnSuggestion(name, kind_of, kind, reason, confidence, treat, csv_type)


def guess_csv_type(texts: Sequence[str]) -> str | None:
    """How the cells of a CSV column are written, if every one in the sample is a date or a whole number.

    >>> guess_csv_type(["19870231"]), guess_csv_type(["19870228"]), guess_csv_type(["44", "7"])
    ('integer', 'date YYYYMMDD', 'integer')
    """
    if not texts:
        return None
    for written, pattern in _DATES.items():
        if all(re.fullmatch(pattern, each, re.ASCII) and _is_date(each, _FORMS[written]) for each in texts):
            return written
    return "integer" if all(re.fullmatch(r"-?[0-9]{1,18}", each) for each in texts) else None


def draft_plan(
    source: Source,
    columns: Sequence[ColumnSuggestion],
    agreement: Agreement | None = None,
    *,
    name: str = "draft",
    key: str = "agreement-key",
) -> Plan:
    """A draft from suggestions; see `suggest_plan`."""
    drafted = [_draft_column(each, _find_item(each, agreement), agreement, key) for each in columns]
    if all(each["treatment"] == "drop" for each in drafted):
        raise NothingToSend(
            "nothing of this source may go by this draft",
            where="agreement" if agreement is not None else "source",
            fix="Name columns as the items of the agreement do, or write the plan by hand.",
        )
    sent = {each["column"]: str(each.get("sent_as", each["column"])) for each in drafted if each["treatment"] != "drop"}
    quasi = [sent[each.column] for each in columns if each.kind == "quasi_identifier" and each.column in sent]
    whole: dict[str, Any] = {"name": name, "source": _with_types(source, columns), "columns": drafted}
    if quasi:
        whole["groups"] = [{"treatment": "suppress_small_groups", "columns": quasi, "k": DRAFT_K}]
    return build(Plan, whole, where="draft")


def _draft_column(each: ColumnSuggestion, item: Item | None, agreement: Agreement | None, key: str) -> dict[str, Any]:
    agreed = agreement.treatments.get(item.ref) if agreement is not None and item is not None else None
    treat = each.treat
    if agreement is not None and item is None:
        treat = "drop"
    elif agreed in ("keep", "drop", "year", "month", "postcode_district", "postcode_area", "pseudonymise", "mask"):
        treat = agreed  # type: ignore[assignment]  # the agreement may ask for more than a draft does
    elif item is not None and agreed is None and each.kind in ("special_category", "plain"):
        treat = "keep"
    drafted: dict[str, Any] = {"column": each.column, **_write_treatment(treat, key)}
    if drafted["treatment"] != "drop":
        if item is not None:
            drafted["item"] = item.ref
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_ .-]{0,62}", each.column):
            drafted["sent_as"] = _fit_name(each.column)
    return drafted


def _write_treatment(treat: str, key: str) -> dict[str, Any]:
    match treat:
        case "pseudonymise":
            return {"treatment": "pseudonymise", "key": key}
        case "age_bands":
            return {"treatment": "generalise", "to": "bands", "edges": list(AGE_EDGES)}
        case "year" | "month" | "postcode_district" | "postcode_area":
            return {"treatment": "generalise", "to": treat}
    return {"treatment": treat}


def _find_item(each: ColumnSuggestion, agreement: Agreement | None) -> Item | None:
    """The item of the agreement that has this column's name, as its ref or its label."""
    if agreement is None:
        return None
    words = split_name(each.column)
    return next((item for item in agreement.items if words in (split_name(item.ref), split_name(item.label))), None)


def _with_types(source: Source, columns: Sequence[ColumnSuggestion]) -> dict[str, Any]:
    written = source.model_dump(mode="json")
    if isinstance(source, CsvFile):
        written["types"] = {**{each.column: each.csv_type for each in columns if each.csv_type}, **source.types}
    return written


def _suit(treat: Treat, kind: ColumnKind, found: ColumnType, different: int) -> Treat:
    """The treatment, or holding back where it does not suit the column."""
    fits = {
        "pseudonymise": found not in (ColumnType.FLOAT, ColumnType.BOOLEAN),
        "year": found in DATED,
        "month": found in DATED,
        "postcode_district": found is ColumnType.TEXT,
        "age_bands": found in NUMBERS,
        "keep": kind != "quasi_identifier" or different <= MANY_VALUES,
    }
    return treat if found is not ColumnType.OTHER and fits.get(treat, True) else "drop"


def _look_without_pattern(
    found: ColumnType, values: Sequence[Cell], texts: Sequence[str]
) -> tuple[ColumnKind, InBoth, str, Treat]:
    """What a column seems to be when neither its name nor a pattern says."""
    if found is ColumnType.OTHER:
        both = InBoth("its type cannot be looked into", "ni ellir edrych i mewn i'w math")
        return "free_text", both, "possible", "drop"
    if found is ColumnType.TEXT and _reads_as_text(texts):
        both = InBoth("most values are several words, and differ", "mae'r rhan fwyaf yn sawl gair, ac yn wahanol")
        return "free_text", both, "likely", "drop"
    if found in DATED:
        if _spans_lifetimes(values):
            both = InBoth(
                "dates spread over decades, as dates of birth are",
                "dyddiadau dros ddegawdau, fel y mae dyddiadau geni",
            )
            return "quasi_identifier", both, "possible", "year"
        both = InBoth("a date that others may know", "dyddiad y gall eraill ei wybod")
        return "quasi_identifier", both, "possible", "year"
    if found in (ColumnType.TEXT, ColumnType.INTEGER) and len(texts) >= _OWN_VALUE_FROM and _all_differ(texts):
        both = InBoth("every row has a value of its own", "mae gan bob rhes ei gwerth ei hun")
        return "direct_identifier", both, "possible", "pseudonymise"
    if found is ColumnType.TEXT and _may_be_own_words(texts):
        both = InBoth(
            "many different texts, or several words, that nothing explains: they may be anything",
            "llawer o destunau gwahanol, neu sawl gair, heb ddim i'w hegluro: gallant fod yn unrhyw beth",
        )
        return "free_text", both, "possible", "drop"
    both = InBoth(
        "nothing in its name or values points to more", "nid oes dim yn ei henw na'i gwerthoedd yn awgrymu mwy"
    )
    return "plain", both, "possible", "keep"


def _tell_met(met: Met) -> InBoth:
    share = f"{met.share:.0%}"
    if met.share and met.by_name:
        return InBoth(
            f"its name, and {share} of the values, look like {met.by.en}",
            f"mae ei henw, a {share} o'r gwerthoedd, yn edrych fel {met.by.cy}",
        )
    if met.share:
        return InBoth(
            f"{share} of the values look like {met.by.en}", f"mae {share} o'r gwerthoedd yn edrych fel {met.by.cy}"
        )
    return InBoth(f"its name says {met.by.en}", f"mae ei henw yn dweud {met.by.cy}")


def _tell_strength(met: Met) -> str:
    return "almost certain" if met.strength >= 4 else "likely" if met.strength == 3 or met.by_name else "possible"


def _reads_as_text(texts: Sequence[str]) -> bool:
    """Whether these are sentences rather than names or codes."""
    if len(texts) < 3:
        return False
    words = sum(len(each.split()) for each in texts) / len(texts)
    return words >= 4 and len(set(texts)) > len(texts) / 2


def _may_be_own_words(texts: Sequence[str]) -> bool:
    """Whether somebody may have written these rather than picked them from a list; numbers were not written so."""
    words = [each for each in texts if not re.fullmatch(r"-?[0-9]+([.,][0-9]+)*%?", each.strip())]
    several = sum(len(each.split()) > 1 for each in words)
    return len(set(words)) > MANY_TEXTS or several > len(texts) * _SEVERAL_WORDS


def _all_differ(texts: Sequence[str]) -> bool:
    return len(set(texts)) == len(texts) and all(len(each) <= 40 and " " not in each.strip() for each in texts)


def _spans_lifetimes(values: Sequence[Cell]) -> bool:
    days = [each.date() if isinstance(each, datetime) else each for each in values if isinstance(each, date)]
    return len(set(days)) > 1 and (max(days) - min(days)).days > _LIFETIME_DAYS


def _is_date(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).year > 0  # noqa: DTZ007 (a day, no moment)
    except ValueError:
        return False


def _fit_name(column: str) -> str:
    fit = re.sub(r"[^A-Za-z0-9_ .-]", "_", column)[:60]
    return fit if re.match(r"[A-Za-z_]", fit) else f"c_{fit}"
