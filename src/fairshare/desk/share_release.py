"""Let a recipient read what is shared: the endpoint's own key, and a token for each recipient under each agreement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from fairshare.agree.force import check_held_in_force
from fairshare.agree.standing import Held
from fairshare.desk.entering import check_allowed
from fairshare.desk.entries import TokenEnded, TokenMade
from fairshare.desk.held_agreements import find_current, hold_agreement
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.records import make_reader_key, new_salt
from fairshare.release.refusals import AgreementMissing
from fairshare.release.sharing.blocks import ShareStore
from fairshare.release.sharing.refusals import BadToken
from fairshare.release.sharing.tokens import find_expiry, make_token, write_profile
from fairshare.words import BadInput, NotFound, Value
from fairshare.words.reading import build, parse_json, read_file

STORE_KEY = "sharing/store.key.json"
"""The endpoint's key, among the desk's files: whoever has it and the share store can read all that is shared."""


class StoreKey(Value):
    """The key pair that shared tables are sealed to at the desk."""

    public: str
    secret: str


@dataclass(frozen=True)
class NewProfile:
    """A profile as it is handed to a recipient: it holds the token, and is shown once."""

    token: str
    recipient: str
    profile: dict[str, object]
    expires_at: datetime
    replaced: tuple[str, ...]
    """The tokens that stopped when this one was made."""


@dataclass(frozen=True)
class TokenState:
    """A token as it is today."""

    made: TokenMade
    ended: TokenEnded | None

    def works(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired; the agreement may still stand in its way."""
        return self.ended is None and now < self.made.expires_at


def find_store(desk: Desk) -> ShareStore:
    """The desk's share store; its key is made at the first share."""
    if not desk.files.path(STORE_KEY).exists():
        public, secret = make_reader_key()
        desk.files.write(STORE_KEY, StoreKey(public=public, secret=secret).model_dump_json().encode())
    return ShareStore(read_store_key(desk).public)


def read_store_key(desk: Desk) -> StoreKey:
    """The endpoint's key pair; raises NotFound when nothing was ever shared, BadInput when others can read it."""
    path = desk.files.path(STORE_KEY)
    raw = read_file(path, max_bytes=64 * 1024)
    if path.stat().st_mode & 0o077:
        raise BadInput("others can read the endpoint's key", fix=f"Run: chmod 600 {path}", where=STORE_KEY)
    return build(StoreKey, parse_json(raw, where=STORE_KEY), where=STORE_KEY)


def check_agreed(held: Held | None, day: date) -> Held:
    """Refuses what no token could read, because no agreement is in force; a token belongs to one."""
    if held is None:
        raise AgreementMissing(
            "the case has no agreement for a token to belong to",
            fix="Agree first, and sign; or hand over sealed files.",
            where="agreement",
        )
    check_held_in_force(held, day)
    return held


def give_token(
    desk: Desk, actor: Actor, case: str, *, endpoint: str, days: int, recipient: str | None = None
) -> NewProfile:
    """Makes a recipient's token under the case's agreement, as a profile to hand over; its older tokens stop.

    Takes    endpoint: the address that the recipient reaches the endpoint under; recipient: which party, by name, if
             there is more than one.
    """
    before = check_allowed(desk, actor, Action.GIVE_TOKEN, case)
    signed = find_current(desk, before)
    now = desk.clock.now()
    held = check_agreed(hold_agreement(desk, before, signed) if signed is not None else None, now.date())
    name = _find_recipient(desk, held, recipient)
    token, expires_at = make_token(desk.entropy), find_expiry(now, days)
    profile = write_profile(endpoint, token, expires_at)
    replaced = [each for each in list_tokens(desk, case) if each.made.recipient == name and each.works(now)]
    desk.entries.add(
        TokenMade(
            salt=new_salt(desk.entropy),
            at=now,
            case=case,
            token=token.id,
            digest=token.digest,
            agreement=held.id,
            recipient=name,
            expires_at=expires_at,
            by=actor.person,
        )
    )
    for each in replaced:
        _end(desk, actor, case, each.made.token, "replaced by a new one")
    return NewProfile(token.id, name, profile, expires_at, tuple(each.made.token for each in replaced))


def end_token(desk: Desk, actor: Actor, case: str, token: str, *, reason: str) -> None:
    """Revokes a token; whoever reads with it is cut off."""
    check_allowed(desk, actor, Action.END_TOKEN, case)
    found = next((each for each in list_tokens(desk, case) if each.made.token == token), None)
    if found is None:
        raise NotFound(
            "the case has no such token", fix="`fairshare share tokens` lists them by their ids.", where="token"
        )
    if found.ended is not None:
        raise BadToken("it has ended already", fix="Nothing more is needed.", where="token")
    _end(desk, actor, case, token, reason)


def list_tokens(desk: Desk, case: str) -> list[TokenState]:
    """A case's tokens, in the order in which they were made."""
    ended = {each.token: each for each in desk.entries.of_kind("token_ended", case) if isinstance(each, TokenEnded)}
    return [
        TokenState(each, ended.get(each.token))
        for each in desk.entries.of_kind("token_made", case)
        if isinstance(each, TokenMade)
    ]


def _end(desk: Desk, actor: Actor, case: str, token: str, reason: str) -> None:
    desk.entries.add(
        TokenEnded(
            salt=new_salt(desk.entropy),
            at=desk.clock.now(),
            case=case,
            token=token,
            by=actor.person,
            reason=reason,
        )
    )


def _find_recipient(desk: Desk, held: Held, wanted: str | None) -> str:
    """The party that is to read: the one named, or the only one there is beside this organisation."""
    names = [
        party.organisation.name
        for party in held.agreement.parties
        if party.role != "discloser" and party.organisation.name != desk.organisation.name
    ]
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        raise BadInput(
            "it is not clear which party is to read" if wanted is None else "that is no party that receives",
            fix=f"Name one of: {', '.join(names) or 'none; the agreement has no recipient'}.",
            where="recipient",
        )
    assert wanted is not None  # noqa: S101 (it is among the names)
    return wanted
