"""What the history has to tell of a new release, in both languages: on the holder's sheet, receipt and refusals."""

from __future__ import annotations

from fairshare.release.history import Finding, HistoryEntry, HistoryRules, RiskAccepted, Unknown
from fairshare.release.history_find import Compared
from fairshare.release.sections import Chart, InBoth, Section, Series

Covered = tuple[RiskAccepted | None, ...]
"""For each finding, who accepted it; None where nobody had to."""
_SHOWN = 12
KINDS = {
    "differencing": InBoth("differencing", "gwahaniaethu"),
    "dominance": InBoth("dominance", "tra-arglwyddiaeth"),
    "joined": InBoth("joined", "cydgysylltu"),
    "forgotten": InBoth("forgotten", "anghofio"),
}
UNKNOWN: dict[Unknown, InBoth] = {
    "silent": InBoth("one of them does not say whose its rows are", "nid yw un ohonynt yn dweud pwy biau ei resi"),
    "nameless": InBoth(
        "rows in one of them have nothing in the person's column", "mae colofn y person yn wag mewn rhai rhesi"
    ),
    "rewritten": InBoth(
        "they have next to nobody in common, as if the person's column were written another way",
        "nid oes bron neb yn gyffredin, fel petai colofn y person wedi'i hysgrifennu'n wahanol",
    ),
    "older": InBoth("only the newest are compared", "dim ond y rhai diweddaraf a gymharir"),
    "unreadable": InBoth(
        "the source no longer has the columns to join it by", "nid oes gan y ffynhonnell y colofnau i'w gysylltu"
    ),
}


HEADINGS = (
    InBoth("Release", "Rhyddhad"),
    InBoth("Date", "Dyddiad"),
    InBoth("Recipient", "Derbynnydd"),
    InBoth("People", "Pobl"),
    InBoth("People who differ from now", "Pobl sy'n wahanol i nawr"),
)


def tell_entry(entry: HistoryEntry) -> InBoth:
    """An earlier release, so that it can be found: its id, day and recipient."""
    short, day = entry.release.removeprefix("sha256:")[:12], entry.made_at.date().isoformat()
    going = "" if entry.released else ", being made now"
    yn = "" if entry.released else ", yn cael ei wneud yn awr"
    return InBoth(
        f"release {short} of {day} to {entry.recipient}{going}", f"rhyddhad {short}, {day}, i {entry.recipient}{yn}"
    )


def count_people(people: int) -> InBoth:
    """So many people.

    >>> count_people(1).en, count_people(1200).cy
    ('1 person', '1,200 o bobl')
    """
    return InBoth("1 person", "1 person") if people == 1 else InBoth(f"{people:,} people", f"{people:,} o bobl")


def tell_finding(finding: Finding) -> InBoth:
    """What was found, with how many people and which earlier releases."""
    earlier = [tell_entry(each) for each in finding.earlier[:_SHOWN]]
    more = len(finding.earlier) - len(earlier)
    en = "; ".join(each.en for each in earlier) + (f" and {more} more" if more > 0 else "")
    cy = "; ".join(each.cy for each in earlier) + (f" a {more} arall" if more > 0 else "")
    if finding.unknown:
        why = UNKNOWN[finding.unknown]
        return InBoth(f"it cannot be compared with {en}: {why.en}", f"ni ellir ei gymharu â {cy}: {why.cy}")
    match finding.kind:
        case "differencing":
            return InBoth(
                f"taken with {en}, this tells {count_people(finding.people).en} apart by subtraction",
                f"gyda {cy}, mae hyn yn gwahanu {count_people(finding.people).cy} drwy dynnu",
            )
        case "dominance":
            return InBoth(
                f"one or two people make up most of {finding.cells:,} cells of the sum",
                f"un neu ddau o bobl yw'r rhan fwyaf o {finding.cells:,} o gelloedd y swm",
            )
        case "forgotten":
            ids = ", ".join(code[:12] for code in finding.codes[:_SHOWN])
            return InBoth(
                f"the desk's records hold {count_found(finding)} that the history does not know: {ids}",
                f"mae {len(finding.missing)} rhyddhad yng nghofnodion y ddesg na ŵyr yr hanes amdanynt: {ids}",
            )
    share = f"{finding.share or 0:.1f}%"
    return InBoth(
        f"joined with {en}, {finding.people:,} more people ({share}) fall into groups below k",
        f"o'i gysylltu â {cy}, mae {finding.people:,} yn fwy o bobl ({share}) mewn grwpiau islaw k",
    )


def tell_options(finding: Finding) -> str:
    """What `fairshare release accept-risk` is to be told so that it covers a finding."""
    many = f"--cells {finding.cells}" if finding.cells else f"--people {finding.people}"
    return " ".join([f"--kind {finding.kind} {many}", *(f"--earlier {code[:16]}" for code in finding.codes)])


def count_found(finding: Finding) -> str:
    """How many people, cells or releases a finding is about."""
    if finding.cells:
        return f"{finding.cells:,} cell{'' if finding.cells == 1 else 's'}"
    if finding.missing:
        return f"{len(finding.missing):,} release{'' if len(finding.missing) == 1 else 's'}"
    return count_people(finding.people).en


def tell_accepted(compared: Compared, covered: Covered, rules: HistoryRules, *, emergency: bool) -> str:
    """What the receipt says; also by which rules, where they are the desk's own."""
    said = f"compared with {len(compared.earlier)} earlier releases of this source"
    own = rules.model_dump(exclude_defaults=True)
    if own:
        said += f" by this desk's own rules ({', '.join(f'{name} {value}' for name, value in own.items())})"
    if not compared.findings:
        return f"{said}; nothing found"
    said += f"; found: {'; '.join(f'{each.kind}, {count_found(each)}' for each in compared.findings)}"
    if emergency:
        return f"{said}; not blocked in an emergency, for review"
    names = dict.fromkeys(
        f"accepted by {each.accepted_by.name} ({each.accepted_by.role}): {each.reason}"
        for each in covered
        if each is not None
    )
    return "; ".join([said, *names])


def tell_history(
    entry: HistoryEntry,
    compared: Compared,
    covered: Covered,
    rules: HistoryRules,
    *,
    emergency: bool,
) -> Section:
    """The part of the holder's sheet about earlier releases. Recipients do not see to whom else something went."""
    rows = tuple(
        (each.release.removeprefix("sha256:")[:12], each.made_at.date().isoformat(), each.recipient,
         f"{each.people:,}" if each.person else "-", "-" if count is None else f"{count:,}")
        for each, count in zip(compared.earlier, compared.differ, strict=True)
    )  # fmt: skip
    return Section(
        "history",
        InBoth("What went before from this source", "Yr hyn a aeth o'r blaen o'r ffynhonnell hon"),
        _tell_all(entry, compared, covered, rules, emergency=emergency),
        HEADINGS if rows else (),
        rows,
        _draw(compared, rules),
        holder_only=True,
    )


def _tell_all(
    entry: HistoryEntry, compared: Compared, covered: Covered, rules: HistoryRules, *, emergency: bool
) -> tuple[InBoth, ...]:
    says = [_tell_compared(entry, compared, rules)]
    says += [tell_finding(each) for each in compared.findings]
    says += [
        InBoth(
            f"Accepted by {each.accepted_by.name} ({each.accepted_by.role}) until {each.until}: {each.reason}",
            f"Derbyniwyd gan {each.accepted_by.name} ({each.accepted_by.role}) hyd {each.until}: {each.reason}",
        )
        for each in dict.fromkeys(one for one in covered if one is not None)
    ]
    if emergency and compared.findings:
        says.append(
            InBoth(
                "Nothing was blocked, for a life was at risk; it is to be reviewed.",
                "Ni rwystrwyd dim, gan fod bywyd mewn perygl; mae i'w adolygu.",
            )
        )
    return tuple(says)


def _tell_compared(entry: HistoryEntry, compared: Compared, rules: HistoryRules) -> InBoth:
    count = len(compared.earlier)
    if entry.noisy:
        return InBoth(
            f"What goes has noise that the budget accounts for; {count} earlier releases are listed, not compared.",
            f"Mae sŵn yn yr hyn sy'n mynd, o dan y gyllideb preifatrwydd; rhestrir {count} rhyddhad cynharach.",
        )
    if entry.person is None:
        return InBoth(
            "The plan does not say which column is the person, so nothing could be compared: name it with `person`.",
            "Nid yw'r cynllun yn dweud pa golofn yw'r person, felly ni ellid cymharu: enwch hi gyda `person`.",
        )
    few = rules.threshold
    en = f"It was compared with {count} earlier releases of this source, for groups of fewer than {few} people."
    cy = f"Fe'i cymharwyd â {count} rhyddhad cynharach o'r ffynhonnell hon, am grwpiau o lai na {few} o bobl."
    if compared.pairs_only:
        en += " There are so many groups that they were compared two by two, and not in every sum."
        cy += " Mae cymaint o grwpiau fel y'u cymharwyd fesul dau, ac nid ym mhob swm."
    return InBoth(en, cy)


def _draw(compared: Compared, rules: HistoryRules) -> tuple[Chart, ...]:
    shown = [(each, count) for each, count in zip(compared.earlier, compared.differ, strict=True) if count is not None]
    shown = shown[-_SHOWN:]
    if not shown:
        return ()
    labels = tuple(f"{each.made_at.date().isoformat()} {each.release.removeprefix('sha256:')[:6]}" for each, _ in shown)
    few = sum(0 < count < rules.threshold for _, count in shown)
    return (
        Chart(
            "bars",
            InBoth("People who are in one release and not in the other", "Pobl sydd mewn un rhyddhad ac nid y llall"),
            InBoth(
                f"A bar for each of {len(shown)} earlier releases; {few} differ by fewer people than the line.",
                f"Bar i bob un o {len(shown)} rhyddhad cynharach; mae {few} yn wahanol o lai na'r llinell.",
            ),
            labels,
            (Series(InBoth("people who differ", "pobl sy'n wahanol"), tuple(float(count) for _, count in shown)),),
            InBoth("people", "pobl"),
            float(rules.threshold),
        ),
    )
