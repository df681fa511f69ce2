"""Reading RTF, as files and as Outlook keeps it inside messages: its words, and nothing else of it."""

from __future__ import annotations

import re

from fairshare.documents.read_shapes import MAX_TEXT, broken, too_large

_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.I)
_SKIPPED = frozenset(
    (b"fonttbl", b"colortbl", b"stylesheet", b"pict", b"info", b"object", b"themedata", b"datastore", b"listtable",
     b"listoverridetable", b"rsidtbl", b"generator", b"xmlnstbl", b"header", b"footer", b"fldinst")
)  # fmt: skip
_BREAKS = {b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\f", b"row": "\n", b"tab": "\t", b"cell": "\t"}
_LETTERS = {
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"endash": "\u2013",
    b"emdash": "\u2014", b"bullet": "\u2022",
}  # fmt: skip
_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What every compressed text is taken to begin with (MS-OXRTFCP, section 2.1.3.1.1)."""
_RING = 4096


def unpack_rtf(raw: bytes, *, where: str) -> bytes:
    """RTF as Outlook compresses it, unpacked.

    Source   Microsoft Open Specification MS-OXRTFCP.
    """
    if len(raw) < 16:
        raise broken("message text", where)
    size, sort = int.from_bytes(raw[4:8], "little"), raw[8:12]
    if size > MAX_TEXT:
        raise too_large("its text unpacks to more than anybody reads", where)
    if sort == b"MELA":
        return raw[16 : 16 + size]
    if sort != b"LZFu":
        raise broken("message text", where)
    ring = bytearray(_START.ljust(_RING, b"\0"))
    out, at, write = bytearray(), 16, len(_START)
    while at < len(raw) and len(out) < size:
        control, at = raw[at], at + 1
        for bit in range(8):
            if control >> bit & 1:
                if at + 2 > len(raw):
                    return bytes(out)
                pair, at = raw[at] << 8 | raw[at + 1], at + 2
                offset, length = pair >> 4, (pair & 15) + 2
                if offset == write % _RING:
                    return bytes(out)
                copied = [offset + step for step in range(length)]
            else:
                if at >= len(raw):
                    return bytes(out)
                ring[write % _RING] = raw[at]
                copied, at = [], at + 1
                out.append(ring[write % _RING])
                write += 1
            for place in copied:
                letter = ring[place % _RING]
                ring[write % _RING] = letter
                out.append(letter)
                write += 1
    return bytes(out[:size])


def strip_rtf(raw: bytes, *, where: str) -> str:
    """The words of RTF; what it embeds, links to or hides in groups of its own does not come along.

    >>> strip_rtf(rb"{\\rtf1 Dear {\\b Ana}\\par See {\\*\\hidden x}below}", where="x.rtf")
    'Dear Ana\\nSee below'
    """
    if len(raw) > 4 * MAX_TEXT:
        raise too_large("it holds more text than anybody reads", where)
    out: list[str] = []
    groups: list[bool] = []
    skipping = html = False
    after = 0
    for match in _TOKEN.finditer(raw):
        word, number, code, sign, brace, plain = match.groups()
        if brace == b"{":
            groups.append(skipping)
        elif brace == b"}":
            skipping = groups.pop() if groups else False
        elif word:
            skipping = skipping or word.lower() in _SKIPPED
            html = number != b"0" if word == b"htmlrtf" else html
            if word == b"u" and number and not (skipping or html):
                out.append(_to_letter(int(number)))
                after = 1
            elif not (skipping or html):
                out.append(_BREAKS.get(word, _LETTERS.get(word, "")))
        elif sign == b"*":
            skipping = True
        elif not (skipping or html):
            text = bytes([int(code, 16)]).decode("cp1252", "replace") if code else _show(sign, plain)
            out.append(text[after:] if after else text)
            after = 0
    return "".join(out).strip()


def _to_letter(number: int) -> str:
    letter = chr(number % 65536)
    return "\ufffd" if "\ud800" <= letter <= "\udfff" else letter


def _show(sign: bytes | None, plain: bytes | None) -> str:
    if sign is not None:
        return {b"~": "\xa0", b"_": "-", b"-": ""}.get(sign, sign.decode("latin-1") if sign in b"\\{}" else "")
    return (plain or b"").decode("cp1252", "replace")
