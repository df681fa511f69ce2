"""Turning pseudonyms back into what they stand for, over the source: the engine joins, and few rows come out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from fairshare.release.custody import PseudonymsUnfit
from fairshare.release.engines import Connections, Keys
from fairshare.release.engines.treated import TREATED, open_treated
from fairshare.release.plan import Plan
from fairshare.release.sources import Source
from fairshare.release.treatments import ColumnType, Keep, Pseudonymise, text_of
from fairshare.words.reading import decode_text

MAX_ASKED = 1_000_000


def find_originals(
    source: Source,
    column: str,
    key_id: str,
    asked: Sequence[str],
    *,
    keys: Keys,
    base: Path,
    connections: Connections | None = None,
) -> list[tuple[str, str]]:
    """Each pseudonym that stands for a value of the column, with that value as text.

    The source is read once, whatever its size; only what was asked for leaves the engine.
    """
    pseudonym = Pseudonymise(treatment="pseudonymise", column=column, key=key_id, sent_as="pseudonym")
    original = Keep(treatment="keep", column=column, sent_as="original")
    # No plan that anybody writes may have both; here the rows stay in the engine.
    plan = Plan(name="relink", source=source, columns=(pseudonym,)).model_copy(
        update={"columns": (pseudonym, original)}
    )
    with open_treated(plan, keys=keys, base=base, connections=connections) as treated:
        treated.load("asked", {"pseudonym": ColumnType.TEXT}, [(each,) for each in dict.fromkeys(asked)])
        found = treated.query(f"SELECT DISTINCT pseudonym, original FROM {TREATED} JOIN asked USING (pseudonym)")
    return sorted((str(code), text_of(value)) for code, value in found if value is not None)


def read_pseudonyms(raw: bytes, *, where: str) -> list[str]:
    """Pseudonyms from a file, one to a line; blank lines do not count."""
    lines = [each.strip() for each in re.split(r"\r?\n", decode_text(raw, where=where))]
    found = [each for each in _unquoted(lines) if each]
    if not found or len(found) > MAX_ASKED or any(not re.fullmatch(r"[0-9a-f]{64}", each) for each in found):
        raise PseudonymsUnfit(
            "this is no list of pseudonyms",
            fix=f"Give 1 to {MAX_ASKED:,} pseudonyms of 64 hexadecimal digits, one to a line, as they were sent.",
            where=where,
        )
    return found


def _unquoted(lines: Iterable[str]) -> Iterable[str]:
    return (each[1:-1] if len(each) > 1 and each[0] == each[-1] == '"' else each for each in lines)
