"""Text that a spreadsheet would run as a formula, and the apostrophe that keeps it from doing so."""

import re

FORMULA = r"^[=+\-@\t\r\n'＝＋－＠]"
"""How a cell begins that a spreadsheet may take for a formula, or that already begins with our mark."""


def guard_text(text: str) -> str:
    """Text with an apostrophe before it if a spreadsheet might take it for a formula.

    >>> guard_text("=1+1"), guard_text("'quoted'"), guard_text("-1.5")
    ("'=1+1", "''quoted'", '-1.5')
    """
    is_number = re.fullmatch(r"[+-]?\d+(\.\d+)?", text) is not None
    return "'" + text if re.match(FORMULA, text) and not is_number else text
