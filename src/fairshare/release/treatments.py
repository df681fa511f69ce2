"""What may be done to a column before it goes: kept, dropped, pseudonymised, masked or generalised.

Each treatment is data; every engine reads the same values and must give the same rows. The words in `describe` are
what the release sheet prints.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, StrictInt, StringConstraints, field_validator

from fairshare.words import BadInput
from fairshare.words.values import Ref, Value

MAX_EDGE = 10**15
MAX_EDGE_PLACES = 6
POSTCODE = "^ *([A-Za-z]{1,2}[0-9][A-Za-z0-9]?) *[0-9][A-Za-z]{2} *$"
"""A whole UK postcode and, in it, the district; spaces may stand around it and between its halves, or not."""
ALL_ALIKE = "*"
FORMULA_NOTE = (
    "In CSV, text that begins with = + - @ ' a tab or a line end (or a full-width = + - @) has one "
    "apostrophe before it, so that no spreadsheet runs it as a formula. Take one apostrophe off to have "
    "the value."
)


class EdgesUnordered(BadInput):
    """The edges of bands do not rise, or stand outside what can be compared exactly."""

    code = "EDGES_UNORDERED"


class OutputNameUnfit(BadInput):
    """A column would go under a name that spreadsheets or databases cannot be trusted with."""

    code = "OUTPUT_NAME_UNFIT"


class ColumnType(StrEnum):
    """What a column holds, in the terms that treatments and filters know."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    OTHER = "other"
    """Anything else (bytes, lists, times of day...): it can be left out, and nothing more."""


Cell = str | int | Decimal | float | date | datetime | bool | None
"""One value of one row, in Python; a missing value is None."""

EVERY_TYPE = frozenset(ColumnType)
KNOWN_TYPES = EVERY_TYPE - {ColumnType.OTHER}
DATED = frozenset({ColumnType.DATE, ColumnType.DATETIME})
NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT})

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
KeyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$")]
OutputName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_ .-]{0,62}$")]

LabelText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
LevelName = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z0-9][a-z0-9_.]{0,39})$")]


def _only_written_dates(given: object) -> object:
    # pydantic would read a number as seconds since 1970.
    if not isinstance(given, str | date):
        raise ValueError("write a date as text, such as 2026-04-01")
    return given


PlainDate = Annotated[date, BeforeValidator(_only_written_dates)]
WrittenNumber = StrictInt | Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A number that a plan writes as a number."""


class ColumnTreatment(Value):
    """One column of the source that may go, under which name, and what is done to it first."""

    fits: ClassVar[frozenset[ColumnType]] = KNOWN_TYPES
    treatment: str
    column: ColumnName
    sent_as: OutputName | None = None
    """Its name in the output; the column's own name if none is given."""
    item: Ref | None = None
    """The item of the decision that this column is."""

    @property
    def name(self) -> str:
        """The treatment in one word, such as `pseudonymise`, `month` or `postcode_district`."""
        return str(getattr(self, "to", self.treatment))

    @property
    def output(self) -> str:
        """The column's name in the output."""
        return self.sent_as or self.column

    def output_type(self, found: ColumnType) -> ColumnType:
        """What the treated column holds, given what the source holds."""
        return ColumnType.TEXT

    def describe(self) -> str:
        """The treatment in words, for previews, receipts and release sheets."""
        raise TypeError(f"{type(self).__name__} has no words")


class Keep(ColumnTreatment):
    """The column goes as it is."""

    treatment: Literal["keep"]

    def output_type(self, found: ColumnType) -> ColumnType:
        return found

    def describe(self) -> str:
        return "as it is"


class Drop(ColumnTreatment):
    """The column is held back, and the plan says so out loud."""

    fits: ClassVar[frozenset[ColumnType]] = EVERY_TYPE
    treatment: Literal["drop"]
    sent_as: None = None

    def describe(self) -> str:
        return "held back"


class Pseudonymise(ColumnTreatment):
    """Each value is replaced by its HMAC-SHA-256 under the agreement's key, in lower-case hexadecimal.

    The same value under the same key is the same pseudonym, everywhere and always; a null stays null.
    Pseudonymised rows are still personal data for whoever can get at the key.
    Source   RFC 2104; FIPS 198-1; UK GDPR Article 4(5).
    """

    fits: ClassVar[frozenset[ColumnType]] = KNOWN_TYPES - {ColumnType.FLOAT, ColumnType.BOOLEAN}
    treatment: Literal["pseudonymise"]
    key: KeyName
    """The id of the secret key, never the key."""

    def describe(self) -> str:
        return f"pseudonymised (HMAC-SHA-256, key {self.key})"


class Mask(ColumnTreatment):
    """All characters but the first and last few become asterisks; a value no longer than those is hidden whole."""

    fits: ClassVar[frozenset[ColumnType]] = frozenset({ColumnType.TEXT, ColumnType.INTEGER})
    treatment: Literal["mask"]
    keep_first: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    keep_last: Annotated[StrictInt, Field(ge=0, le=100)] = 0

    def describe(self) -> str:
        return f"masked, the first {self.keep_first} and last {self.keep_last} characters kept"


class GeneraliseDate(ColumnTreatment):
    """A date as its day (`1987-03-09`), month (`1987-03`), quarter (`1987-Q1`), year (1987) or decade (`1980s`)."""

    fits: ClassVar[frozenset[ColumnType]] = DATED
    treatment: Literal["generalise"]
    to: Literal["day", "month", "quarter", "year", "decade"]

    def output_type(self, found: ColumnType) -> ColumnType:
        return ColumnType.INTEGER if self.to == "year" else ColumnType.TEXT

    def describe(self) -> str:
        return f"{self.to} only"


class GeneralisePostcode(ColumnTreatment):
    """A UK postcode as it is usually written, or its sector (`SW1A 1`), district (`SW1A`) or area (`SW`).

    What is not a whole postcode becomes null.
    """

    fits: ClassVar[frozenset[ColumnType]] = frozenset({ColumnType.TEXT})
    treatment: Literal["generalise"]
    to: Literal["postcode_unit", "postcode_sector", "postcode_district", "postcode_area"]

    def describe(self) -> str:
        return f"{self.to.replace('_', ' ')} only"


class FirstCharacters(ColumnTreatment):
    """The first few characters of a value stay, and one asterisk stands for whatever follows them."""

    fits: ClassVar[frozenset[ColumnType]] = frozenset({ColumnType.TEXT, ColumnType.INTEGER})
    treatment: Literal["generalise"]
    to: Literal["first_characters"]
    keep: Annotated[StrictInt, Field(ge=1, le=1000)]

    def describe(self) -> str:
        return f"the first {self.keep} characters only"


class AllAlike(ColumnTreatment):
    """Every value becomes `*`, and so does a null."""

    treatment: Literal["generalise"]
    to: Literal["all_alike"]

    def describe(self) -> str:
        return f"{ALL_ALIKE} for every value"


class Label(ColumnTreatment):
    """A value becomes the label that stands for it, such as the region that a town is in.

    A value without a label becomes `other`; without that, it stops the run.
    """

    fits: ClassVar[frozenset[ColumnType]] = frozenset({ColumnType.TEXT, ColumnType.INTEGER, ColumnType.BOOLEAN})
    treatment: Literal["generalise"]
    to: Literal["label"]
    labels: Annotated[dict[str, LabelText], Field(min_length=1, max_length=1_000_000)]
    """The label of each value, by the value's text."""
    other: LabelText | None = None
    by: Literal["value", "postcode_area"] = "value"
    """What is looked up: the value itself, or the area of the postcode that it is."""

    @property
    def fits_here(self) -> frozenset[ColumnType]:
        """What it suits, given what is looked up."""
        return frozenset({ColumnType.TEXT}) if self.by == "postcode_area" else self.fits

    def describe(self) -> str:
        return (
            f"one of {len({*self.labels.values(), *([self.other] if self.other else [])})} labels in place of the value"
        )


class GeneraliseHierarchy(ColumnTreatment):
    """A value as it stands at one level of a hierarchy: one that is built in, or a file beside the plan.

    Before anything is read it becomes the treatment that the hierarchy has for that level.
    """

    treatment: Literal["generalise"]
    to: Literal["hierarchy"]
    hierarchy: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    """The name of a built-in one, or the path of a YAML or CSV file."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """The digest of the file, if the plan holds for that very one."""
    level: LevelName

    def describe(self) -> str:
        return f"at the level {self.level} of {self.hierarchy}"


class _Banded(ColumnTreatment):
    treatment: Literal["generalise"]
    edges: Annotated[tuple[WrittenNumber, ...], Field(min_length=1, max_length=200)]
    """Where one band ends and the next begins, rising; an edge belongs to the band above it."""

    @field_validator("edges")
    @classmethod
    def _edges_rise(cls, edges: tuple[int | float, ...]) -> tuple[int | float, ...]:
        exact = [Decimal(str(edge)) for edge in edges]
        if any(high <= low for low, high in pairwise(exact)):
            raise EdgesUnordered(
                "the edges of the bands do not rise", fix="List each edge once, smallest first.", where="edges"
            )
        if any(abs(edge) > MAX_EDGE or edge != round(edge, MAX_EDGE_PLACES) for edge in exact):
            raise EdgesUnordered(
                f"an edge is past {MAX_EDGE:,} or has more than {MAX_EDGE_PLACES} decimal places",
                fix="Use coarser edges.",
                where="edges",
            )
        return edges


class AgeBand(_Banded):
    """A date of birth becomes a band of whole years of age on a given day (born 29 February: older on 1 March)."""

    fits: ClassVar[frozenset[ColumnType]] = DATED
    to: Literal["age_band"]
    on: PlainDate

    @field_validator("edges")
    @classmethod
    def _edges_are_years(cls, edges: tuple[int | float, ...]) -> tuple[int | float, ...]:
        if not all(isinstance(edge, int) and 0 <= edge <= 150 for edge in edges):
            raise EdgesUnordered(
                "an age is not a whole number from 0 to 150", fix="Give ages in whole years.", where="edges"
            )
        return edges

    def describe(self) -> str:
        return f"age on {self.on.isoformat()} in bands: {'; '.join(label_bands(self.edges, whole=True))}"


class Bands(_Banded):
    """A number becomes the band it falls in."""

    fits: ClassVar[frozenset[ColumnType]] = NUMBERS
    to: Literal["bands"]

    def describe(self) -> str:
        return f"in bands with edges {', '.join(text_of_edge(edge) for edge in self.edges)}"


Generalise = Annotated[
    GeneraliseDate | GeneralisePostcode | FirstCharacters | AllAlike | Label | GeneraliseHierarchy | AgeBand | Bands,
    Field(discriminator="to"),
]
AnyTreatment = Annotated[Keep | Drop | Pseudonymise | Mask | Generalise, Field(discriminator="treatment")]


def text_of_edge(edge: int | float) -> str:
    """An edge of a band as it is written in labels: no trailing zeros, no exponent.

    >>> text_of_edge(2.50)
    '2.5'
    """
    return text_of(Decimal(str(edge)))


def label_bands(edges: tuple[int | float, ...], *, whole: bool) -> list[str]:
    """The name of each band, lowest first. Whole numbers name both ends; others say `to under`.

    >>> label_bands((18, 25, 65), whole=True)
    ['under 18', '18 to 24', '25 to 64', '65 and over']
    >>> label_bands((0, 0.5), whole=False)
    ['under 0', '0 to under 0.5', '0.5 and over']
    """
    labels = [f"under {text_of_edge(edges[0])}"]
    for low, high in pairwise(edges):
        if not whole:
            labels.append(f"{text_of_edge(low)} to under {text_of_edge(high)}")
        else:
            labels.append(f"{low}" if high - low == 1 else f"{low} to {int(high) - 1}")
    return [*labels, f"{text_of_edge(edges[-1])} and over"]


def text_of(value: str | int | Decimal | float | date | bool) -> str:
    """A value as text: the one rule by which it is pseudonymised, masked, looked up in a list and written to CSV.

    Text is itself, with no trimming, change of case or Unicode normalisation. Whole numbers are plain digits.
    Decimals drop trailing zeros, so that 1.50 and 1.5 are one value. Dates are YYYY-MM-DD; dates with a time are
    YYYY-MM-DDTHH:MM:SS.ffffff, in UTC if the source knows the time zone. Booleans are true and false.

    >>> [text_of(each) for each in ("O'Neil ", 7, Decimal("1.50"), date(2026, 4, 1), datetime(2026, 4, 1, 9), True)]
    ["O'Neil ", '7', '1.5', '2026-04-01', '2026-04-01T09:00:00.000000', 'true']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        digits = format(value, "f")
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        return "0" if digits == "-0" else digits
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
