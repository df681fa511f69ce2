"""A document as Markdown and as plain text: to read in a terminal, to compare line by line, to paste into a message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairshare.documents.layout import (
    BOXES,
    find_stray,
    lay_out,
    list_options,
    list_particulars,
    list_signature,
    name_columns,
    read_phrases,
    write_answer,
)
from fairshare.documents.model import (
    Block,
    Document,
    Fields,
    FormField,
    Heading,
    Notice,
    PageBreak,
    Paragraph,
    Picture,
    Points,
    Run,
    Runs,
    SignaturePlace,
    Table,
)

_MARKS = re.compile(r"([\\`*_\[\]<>&#|~$])")
_LINE_START = re.compile(r"^(\s*)([-+=]|\d{1,9}(?=[.)](?:\s|$)))", re.MULTILINE)
BLANK = "____________________"
_UNDERLINES = {0: "=", 1: "-"}


def render_markdown(document: Document) -> bytes:
    """The document as Markdown (CommonMark, with the tables and strikethrough of GitHub). Pictures are their words."""
    ready = lay_out(document)
    lines = [f"# {_escape_line(ready.title)}", _escape_line(ready.brand.organisation)]
    lines += ["  \n".join(f"**{_escape_line(a)}:** {_escape_line(b)}" for a, b in list_particulars(ready))]
    lines += [part for block in ready.blocks for part in _write_markdown(block, ready)]
    lines += ["---", _escape_line(ready.legend)] if ready.legend else []
    return ("\n\n".join(lines) + "\n").encode()


def escape_markdown(text: str) -> str:
    """Text that means itself in Markdown, with its line breaks kept.

    >>> print(escape_markdown("1. *not* a list\\n# not a heading"))
    1\\. \\*not\\* a list\\
    \\# not a heading
    """
    lines = [" ".join(line.split()) for line in _MARKS.sub(r"\\\1", text).split("\n")]
    found = [_LINE_START.sub(_escape_start, line) for line in lines if line]
    return "\\\n".join(found)


def _escape_start(match: re.Match[str]) -> str:
    return match[1] + (match[2] + "\\" if match[2][0].isdigit() else "\\" + match[2])


def _escape_line(text: str | None) -> str:
    return escape_markdown(" ".join((text or "").split()))


def _write_run(run: Run, document: Document) -> str:
    words = read_phrases(document.language)
    text = escape_markdown(run.text)
    if not text:
        return " " if run.text else ""
    before = " " if run.text[0].isspace() else ""
    after = " " if run.text[-1].isspace() else ""
    if run.change:
        text = f"\\[{words[run.change]}: {text}\\]"
    text = f"*{text}*" if run.emphasis else text
    text = f"**{text}**" if run.strong else text
    return before + (f"[{text}](<{run.link}>)" if run.link else text) + after


def _write_runs(runs: Runs, document: Document) -> str:
    return "".join(_write_run(run, document) for run in runs).strip()


def _write_cell(text: str) -> str:
    return text.replace("\\\n", "<br>")


def _write_markdown(block: Block, document: Document) -> Iterator[str]:
    words = read_phrases(document.language)
    match block:
        case Heading(level=level, text=text):
            yield f"{'#' * (level + 1)} {_escape_line(text)}"
        case Paragraph(runs=runs):
            yield _write_runs(runs, document)
        case Points(items=items, ordered=ordered):
            marks = [f"{number}. " if ordered else "- " for number in range(1, len(items) + 1)]
            yield "\n".join(
                mark + _write_runs(item, document).replace("\n", "\n" + " " * len(mark))
                for mark, item in zip(marks, items, strict=True)
            )
        case Table(caption=caption, header=header, rows=rows):
            yield f"**{_escape_line(caption)}**" if caption.strip() else ""
            cells = [[_escape_line(each) for each in header], ["---"] * len(header)]
            cells += [[_write_cell(_write_runs(cell, document)) for cell in row] for row in rows]
            yield "\n".join(f"| {' | '.join(row)} |" for row in cells)
        case Fields(fields=fields):
            yield from (_write_field(field, document) for field in fields)
        case Notice(sort=sort, runs=runs):
            yield "> " + f"**{words[sort]}:** {_write_runs(runs, document)}".replace("\n", "\n> ")
        case Picture(alt=alt, caption=caption):
            yield f"*{words['picture']}: {_escape_line(alt)}*"
            yield _escape_line(caption)
        case SignaturePlace(organisation=organisation):
            yield f"**{_escape_line(words['signed_for'].replace('{organisation}', organisation))}**"
            lines_to_sign = list_signature(document, block)
            yield "  \n".join(f"{label}: {_escape_line(text) or BLANK}" for label, text in lines_to_sign)
        case PageBreak():
            yield "---"


def _write_field(field: FormField, document: Document) -> str:
    options = list_options(field, document.language)
    lines = [f"**{_escape_line(field.label)}**", _escape_line(field.hint)]
    lines += [f"- {BOXES[chosen]} {_escape_line(label)}" for _, label, chosen in options]
    answer = find_stray(field, document) if options else write_answer(field, document)
    blank = "" if options else f"*{read_phrases(document.language)['not_filled']}*"
    lines.append("> " + escape_markdown(answer).replace("\n", "\n> ") if answer else blank)
    return "\n\n".join(line for line in lines if line).replace("\n\n- ", "\n- ")


def render_text(document: Document) -> bytes:
    """The document as plain text, UTF-8: each table as its rows, with the heading of the column before each cell."""
    ready = lay_out(document)
    lines = [_underline(ready.title, "="), ready.brand.organisation]
    lines += ["\n".join(f"{label}: {text}" for label, text in list_particulars(ready))]
    lines += [part for block in ready.blocks for part in _write_text(block, ready)]
    lines += [ready.legend] if ready.legend else []
    return ("\n\n".join(line for line in lines if line.strip()) + "\n").encode()


def _underline(text: str, mark: str) -> str:
    line = " ".join(text.split())
    return f"{line}\n{mark * min(len(line), 78)}"


def _read_run(run: Run, document: Document) -> str:
    text = f"[{read_phrases(document.language)[run.change]}: {run.text}]" if run.change else run.text
    return f"{text} ({run.link})" if run.link else text


def _read_runs(runs: Runs, document: Document) -> str:
    return "".join(_read_run(run, document) for run in runs)


def _write_text(block: Block, document: Document) -> Iterator[str]:
    words = read_phrases(document.language)
    match block:
        case Heading(level=level, text=text):
            yield _underline(text, _UNDERLINES.get(level - 1, "."))
        case Paragraph(runs=runs):
            yield _read_runs(runs, document)
        case Points(items=items, ordered=ordered):
            texts = (_read_runs(item, document).replace("\n", "\n    ") for item in items)
            yield "\n".join(f"{f'{number}.' if ordered else '-':<3} {text}" for number, text in enumerate(texts, 1))
        case Table(caption=caption, header=header):
            cells = [f"{name}: {_read_runs(cell, document)}" for name, cell in name_columns(block)]
            width = len(header)
            rows = ["\n".join(cells[start : start + width]) for start in range(0, len(cells), width)]
            yield "\n\n".join([caption, *(rows or [", ".join(header)])])
        case Fields(fields=fields):
            yield from (_write_text_field(field, document) for field in fields)
        case Notice(sort=sort, runs=runs):
            yield f"{words[sort]}: {_read_runs(runs, document)}"
        case Picture(alt=alt, caption=caption):
            yield "\n".join(each for each in (f"[{words['picture']}: {alt}]", caption) if each)
        case SignaturePlace(organisation=organisation):
            lines = [f"{label}: {text or BLANK}" for label, text in list_signature(document, block)]
            yield "\n".join([words["signed_for"].replace("{organisation}", organisation), *lines])
        case PageBreak():
            yield "-" * 20


def _write_text_field(field: FormField, document: Document) -> str:
    options = list_options(field, document.language)
    lines = [field.label, field.hint, *(f"{BOXES[chosen]} {label}" for _, label, chosen in options)]
    answer = find_stray(field, document) if options else write_answer(field, document)
    lines.append(answer or ("" if options else BLANK))
    return "\n".join(line for line in lines if line.strip())
