"""Tokens: one for each recipient under each agreement, shown once, kept as a digest, and compared in constant time.

A token is `fst_ID_SECRET`: the id is found again in the log, the secret has 256 random bits. A digest of so many bits
cannot be searched, so it needs no slow hash.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from fairshare.records.commitments import Entropy
from fairshare.release.sharing.refusals import BadToken

MAX_DAYS = 366
_TOKEN = re.compile(r"fst_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class NewToken:
    """A token as it is made: the one moment at which its secret is known here."""

    id: str
    text: str = field(repr=False)
    digest: str = field(repr=False)


def make_token(entropy: Entropy) -> NewToken:
    """A new token."""
    number, secret = entropy(8).hex(), urlsafe_b64encode(entropy(32)).rstrip(b"=").decode()
    text = f"fst_{number}_{secret}"
    return NewToken(number, text, digest_token(text))


def digest_token(text: str) -> str:
    """What is kept of a token."""
    return sha256(text.encode()).hexdigest()


def read_token_id(text: str) -> str | None:
    """The id in a token, or None if it is no token; whether it is a true one is for `is_token` to say."""
    found = _TOKEN.fullmatch(text) if len(text) < 100 else None
    return found[1] if found else None


def is_token(text: str, digest: str) -> bool:
    """Whether a text is the token with this digest, told in the same time whichever it is."""
    return hmac.compare_digest(digest_token(text), digest)


def find_expiry(now: datetime, days: int) -> datetime:
    """When a token made now for some days stops."""
    if not 1 <= days <= MAX_DAYS:
        raise BadToken(
            f"a token lasts from 1 to {MAX_DAYS} days", fix="Give fewer days; a new token is easily made.", where="days"
        )
    return now + timedelta(days=days)


def write_profile(endpoint: str, token: NewToken, expires_at: datetime) -> dict[str, object]:
    """The profile file that a Delta Sharing client reads."""
    if not endpoint.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise BadToken(
            "the endpoint's address does not start with https://",
            fix="Give the address that recipients reach it under, such as https://share.example:8443.",
            where="endpoint",
        )
    return {
        "shareCredentialsVersion": 1,
        "endpoint": endpoint.rstrip("/") + "/delta-sharing/",
        "bearerToken": token.text,
        "expirationTime": expires_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
