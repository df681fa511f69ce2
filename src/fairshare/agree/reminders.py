"""What must be done under agreements, and by when: reviews, ends, deletions, proposals, changes of law; as a calendar.

The calendar needs icalendar (the extra `documents`), which is loaded only when one is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from fairshare.agree.phrases import Say, load_phrases
from fairshare.agree.standing import Held, State, find_standing
from fairshare.law import Law
from fairshare.records.agreed import Delegated, DeletionCertified, Ended, Left, Reviewed, Triggered
from fairshare.records.kinds import FullAgreement
from fairshare.words import MissingPart

Sort = Literal["start", "review", "end", "delete", "trigger", "law", "proposal", "delegation"]
AGREED_END_DAYS = 30
"""Within how many days information is returned or deleted, where the notice of the end says nothing else."""


@dataclass(frozen=True)
class Reminder:
    """One thing to do under an agreement, by a day."""

    sort: Sort
    on: date
    text: str
    agreement: str
    case: str
    party: str | None = None
    """Whose it is, where it is one party's."""


def list_reminders(held: Iterable[Held], today: date, law: Law | None = None) -> tuple[Reminder, ...]:
    """What is to be done under these agreements, the most pressing first.

    Takes    law: with it, changes in the provisions that an agreement cites, after it was made, call for a review.
    """
    found = [each for one in held for each in _remind(one, today, law)]
    return tuple(sorted(found, key=lambda each: (each.on, each.case, each.sort, each.text)))


def write_calendar(reminders: Iterable[Reminder], made_at: datetime, *, warn_days: int = 14) -> bytes:
    """The reminders as an iCalendar file, each a day of its own with a warning beforehand; same reminders, same bytes.

    Raises   MissingPart where icalendar is not installed.
    Source   RFC 5545.
    """
    try:
        from icalendar import Alarm, Calendar, Event
    except ImportError:
        raise MissingPart(
            "a calendar needs icalendar", fix="Install it: pip install 'fairshare[documents]'.", where="icalendar"
        ) from None
    calendar = Calendar()
    calendar.add("prodid", "-//Fairshare//reminders//EN")
    calendar.add("version", "2.0")
    for n, reminder in enumerate(reminders):
        event = Event()
        event.add("uid", f"{reminder.agreement.removeprefix('sha256:')[:32]}-{reminder.sort}-{n}@fairshare")
        event.add("dtstamp", made_at)
        event.add("dtstart", reminder.on)
        event.add("dtend", reminder.on + timedelta(days=1))
        event.add("summary", reminder.text)
        event.add("description", f"{reminder.case} {reminder.agreement}")
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", reminder.text)
        alarm.add("trigger", timedelta(days=-warn_days))
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def find_law_changes(agreement: FullAgreement, law: Law, until: date) -> Iterator[tuple[date, str]]:
    """The days, after an agreement was made and up to a day, on which a provision that it cites changed or will."""
    cited = {each for clause in agreement.clauses for each in clause.cites}
    cited |= {cell for each in agreement.schedules if each.id == "schedule.basis" for row in each.rows for cell in row}
    made = agreement.made_at.date()
    for name in sorted(cited & set(law.provisions)):
        for version in law.provisions[name].versions:
            if version.start is not None and made < version.start <= until:
                yield version.start, law.provisions[name].citation


def _remind(held: Held, today: date, law: Law | None) -> Iterator[Reminder]:
    agreement = held.agreement
    say = load_phrases(agreement.language if isinstance(agreement, FullAgreement) else "en")
    standing = find_standing(held, today)
    title = agreement.title

    def make(sort: Sort, on: date, text: str, party: str | None = None) -> Reminder:
        return Reminder(sort, on, text, held.id, agreement.case, party)

    for party, due in _find_deletions(held, standing.state is State.ENDED, standing.ended_on or today, today):
        yield make("delete", due, say("what_delete", title=title), party)
    if standing.state is State.ENDED:
        return
    if agreement.valid.start > today:
        yield make("start", agreement.valid.start, say("what_starts", title=title))
    yield make("review", standing.review_on, say("what_review", title=title))
    end = standing.ended_on or agreement.valid.end
    if end is not None:
        yield make("end", end, say("what_ends", title=title))
    for each in held.open_proposals():
        yield make("proposal", each.made_at.date(), say("what_proposal", title=title), each.party.name)
    for on, trigger in _find_triggers(held, say):
        yield make("trigger", on, say("what_trigger", title=title, trigger=trigger))
    for notice in held.notices:
        match notice.matter:
            case Delegated(to=to, until=until) if until >= today:
                yield make("delegation", until, say("what_delegation", title=title, person=to.name), notice.party.name)
            case _:
                pass
    if law is not None and isinstance(agreement, FullAgreement):
        reviewed = _last_review(held)
        for on, citation in find_law_changes(agreement, law, max(today, standing.review_on)):
            if reviewed is None or on > reviewed:
                said = say("trigger_law_of", provision=citation)
                yield make("law", on, say("what_trigger", title=title, trigger=said))


def _find_triggers(held: Held, say: Say) -> Iterator[tuple[date, str]]:
    """What happened that calls for a review, and no review was held since."""
    waiting: list[tuple[date, str]] = []
    for notice in held.about():
        match notice.matter:
            case Triggered(trigger=trigger, on=on):
                waiting.append((on, say(f"trigger_{trigger}")))
            case Reviewed():
                waiting.clear()
            case _:
                pass
    yield from waiting


def _find_deletions(held: Held, ended: bool, ended_on: date, today: date) -> Iterator[tuple[str, date]]:
    """The parties that are out and have not certified return or deletion, and by when they must."""
    notices = held.about()
    days = next((each.matter.within_days for each in notices if isinstance(each.matter, Ended)), AGREED_END_DAYS)
    certified = {each.party.name for each in notices if isinstance(each.matter, DeletionCertified)}
    left = {each.party.name: each.matter.on for each in notices if isinstance(each.matter, Left)}
    for party in held.agreement.parties:
        name = party.organisation.name
        out = left.get(name, ended_on if ended else None)
        if party.role in ("recipient", "both") and name not in certified and out is not None and out <= today:
            yield name, out + timedelta(days=days)


def _last_review(held: Held) -> date | None:
    return max((each.matter.on for each in held.about() if isinstance(each.matter, Reviewed)), default=None)
