"""What about an incoming request should make a person stop: who sent it, what it claims, and what its file holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import RootModel, StringConstraints

from fairshare.documents.read_shapes import Reading
from fairshare.request.intake_law import find_law
from fairshare.request.intake_shapes import Flag, Found
from fairshare.words import Value
from fairshare.words.reading import build, parse_yaml

Language = Literal["en", "cy"]
_FREE_MAIL = re.compile(
    r"(?:gmail|googlemail|outlook|hotmail|live|yahoo|icloud|me|aol|btinternet|proton|protonmail|gmx|mail|sky|talktalk)"
    r"\.(?:com|co\.uk|net|me|org)"
)
"""Addresses that anybody can have in a minute."""
_DOMAINS = (
    (r"\b(?:police|constabulary|heddlu)\b", ("police.uk", "mod.gov.uk")),
    (
        r"\b(?:council|cyngor|department for|ministry|hm revenue|home office)\b",
        ("gov.uk", "gov.wales", "gov.scot", "llyw.cymru"),
    ),
    (r"\b(?:nhs|health board)\b", ("nhs.uk", "nhs.net", "nhs.scot", "wales.nhs.uk", "gov.uk")),
)
"""The ends of the addresses that bodies of a kind have."""
_INSTRUMENT = re.compile(
    r"\b(?:court order|production order|warrant|witness summons|notice under|order of the court|disclosure notice)\b",
    re.I,
)
_NO_INSTRUMENT = re.compile(
    r"\b(?:not|no)\b[^.]{0,20}\b(?:an order|notice under|warrant|compulsory power)", re.IGNORECASE
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("told_not_to_check", re.compile(
        r"\b(?:do not|don't|no need to|please avoid)\b[^.]{0,20}\b(?:contact|ring|call|phone|verify|"
        r"check with)\b[^.]{0,40}\b"
        r"(?:station|switchboard|force|office|anyone|anybody|colleague|manager)", re.IGNORECASE)),
    ("blanket_scope", re.compile(
        r"\b(?:all (?:the )?(?:records|information|documents|data|files|correspondence|"
        r"material)\b(?! relating to the (?:incident|booking))|"
        r"(?:complete|entire|full|whole)(?: \w+)? (?:file|record|records|history)\b|any and all|everything (?:you|"
        r"that you) (?:hold|have))",
        re.IGNORECASE)),
    ("pressure", re.compile(
        r"\bwithin (?:the|an|1|one|2|two) hours?\b|\bfailure to (?:do so|comply|provide|"
        r"respond)\b[^.]{0,60}\b(?:offence|obstruct|prosecut|arrest|action)|"
        r"\bobstruct(?:ion|ing)\b[^.]{0,30}\b(?:justice|police|officer)", re.IGNORECASE)),
    ("communications_data", re.compile(
        r"\b(?:call (?:data|records)|cell ?site|subscriber (?:details|check)|ip (?:address|logs?)|"
        r"itemised (?:billing|calls)|wi-?fi logs?)\b",
        re.IGNORECASE)),
    ("confidential_records", re.compile(
        r"\b(?:medical|health|clinical|patient|gp|counselling|therapy) (?:record|records|notes|file)\b|"
        r"\bbody map\b", re.IGNORECASE)),
)  # fmt: skip
_COMPELS = re.compile(
    r"\b(?:(?:legally|lawfully) (?:required|obliged|bound)|you are (?:required|obliged|"
    r"compelled) (?:by law )?(?:to|under)|"
    r"you must (?:provide|supply|disclose|comply)|it is an offence (?:to refuse|not to))\b",
    re.IGNORECASE,
)
_NOT_COMPELLED = re.compile(r"\b(?:not|no|never)\b[^.]{0,12}$", re.IGNORECASE)


class FlagWords(Value):
    """One flag: how grave it is, and what it says in both languages."""

    level: Literal["stop", "check", "note"]
    en: Annotated[str, StringConstraints(min_length=1)]
    cy: Annotated[str, StringConstraints(min_length=1)]


class _AllWords(RootModel[dict[str, FlagWords]]):
    """Every flag by its code."""


@cache
def load_flags() -> dict[str, FlagWords]:
    """The flags that ship with Fairshare (`intake_flags.yaml`)."""
    raw = files("fairshare.request").joinpath("intake_flags.yaml").read_bytes()
    return build(_AllWords, parse_yaml(raw, where="intake_flags.yaml"), where="intake_flags.yaml").root


def find_flags(reading: Reading, found: Sequence[Found], language: Language = "en") -> tuple[Flag, ...]:
    """Everything about a request that a person should look at first, the gravest first."""
    raised: dict[str, tuple[str, str]] = {}
    for code, value, place in (
        *_check_sender(reading, found),
        *_check_claims(reading),
        *_check_fields(found),
        *((each.code, "", each.place) for each in reading.signs),
    ):
        raised.setdefault(code, (value, place))
    words = load_flags()
    flags = [
        Flag(
            code=code,
            level=words[code].level,
            says=getattr(words[code], language).replace("{value}", value),
            place=place,
        )
        for code, (value, place) in raised.items()
    ]
    return tuple(sorted(flags, key=lambda each: ("stop", "check", "note").index(each.level)))


def _list(found: Sequence[Found], field: str) -> list[str]:
    return [each.value for each in found if each.field == field]


def _ends(domain: str, ends: Sequence[str]) -> bool:
    return any(domain == end or domain.endswith(f".{end}") for end in ends)


def _check_sender(reading: Reading, found: Sequence[Found]) -> Iterator[tuple[str, str, str]]:
    """Whether the addresses fit the body that asks."""
    mail = reading.mail
    addresses = [mail.address] if mail and mail.address else _list(found, "contact.email")
    body = " ".join(_list(found, "requester.organisation"))
    for address in addresses:
        domain = address.rpartition("@")[2]
        kinds = [ends for pattern, ends in _DOMAINS if re.search(pattern, body, re.IGNORECASE)]
        if _FREE_MAIL.fullmatch(domain) or (kinds and not any(_ends(domain, ends) for ends in kinds)):
            yield "sender_not_their_domain", address, "header" if mail else ""
    if mail and mail.reply_to and mail.reply_to.rpartition("@")[2] != mail.address.rpartition("@")[2]:
        yield "reply_to_differs", mail.reply_to, "header"
    given = {each for each in _list(found, "contact.email") if not mail or each != mail.address}
    if mail and mail.address and given and mail.address not in _list(found, "contact.email"):
        yield "sender_differs", mail.address, "header"


def _check_claims(reading: Reading) -> Iterator[tuple[str, str, str]]:
    """What the words of the request claim, ask or threaten."""
    whole = reading.text
    if reading.mail is not None:
        whole = f"{reading.mail.subject}. {whole}"
    instrument = _INSTRUMENT.search(whole) and not _NO_INSTRUMENT.search(whole)
    for segment, text in reading.paragraphs():
        for code, pattern in _PATTERNS:
            if pattern.search(text):
                yield code, "", segment.place
        claim = _COMPELS.search(text)
        if claim and not instrument and not _NOT_COMPELLED.search(text[: claim.start()]):
            yield "compulsion_without_instrument", "", segment.place
        if re.search(r"\bdata? ?protection act 1998\b", text, re.IGNORECASE) or any(
            name == "dpa1998.s29" for name, _ in find_law(text)
        ):
            yield "old_law", "", segment.place


def _check_fields(found: Sequence[Found]) -> Iterator[tuple[str, str, str]]:
    """What the fields themselves say."""
    phones = _list(found, "contact.phone")
    if phones:
        yield "ring_back", ", ".join(phones), next(each.place for each in found if each.field == "contact.phone")
        if all(re.sub(r"\D", "", each).removeprefix("44").lstrip("0").startswith("7") for each in phones):
            yield "mobile_only", "", ""
    if "no" in _list(found, "declaration"):
        yield "not_signed", "", ""
    if "yes" in _list(found, "consent"):
        yield "consent_claimed", "", ""
    if "life_at_risk" in _list(found, "urgency"):
        yield "life_at_risk", "", ""
