"""The fields of a form in OpenDocument: each is a named section, so that a filled form can be read back by name.

How to read one back. A field is a `text:section` whose `text:name` is `FormField.name`; a `text:bookmark-start` and
`text:bookmark-end` of the same `text:name` stand at the ends of what is in it, for programs that keep no sections.

- **line, text, amount, date**: the answer is the text of the section's paragraphs, joined by line ends. A date is in
  words of the document's language, as in Word.
- **choice, yes_no, many**: a paragraph for each option, in order, its mark first: `☒` for chosen, `☐` for not. Whoever
  fills it in may also write x, X, ✓, ✔ or ☑ for the mark. The words after it are the `label` of the option. A
  paragraph without a mark is an answer in somebody's own words.
- A blank field holds one paragraph in the style `Field_20_Blank`, whose words are ours, or options none of which is
  chosen. If the words of that paragraph have been changed, they are the answer, whatever the style.
- The document's `kind` and reference are the `meta:user-defined` fields `kind` and `reference`; its language is
  `dc:language`.
"""

from __future__ import annotations

from typing import Any

from fairshare.documents.layout import BOXES, find_stray, list_options, read_phrases, write_answer
from fairshare.documents.model import Document, FormField
from fairshare.documents.parts import import_part


def add_field(body: Any, field: FormField, document: Document) -> None:
    """Adds a field's label, its hint and its named section to the text of an OpenDocument file."""
    text = import_part("odf.text")
    body.addElement(make_paragraph("Field_20_Label", field.label))
    if field.hint.strip():
        body.addElement(make_paragraph("Field_20_Hint", field.hint))
    section = text.Section(name=field.name)
    drawn = [make_paragraph(style, line) for style, line in _write_lines(field, document)]
    drawn[0].insertBefore(text.BookmarkStart(name=field.name), drawn[0].firstChild)
    drawn[-1].addElement(text.BookmarkEnd(name=field.name))
    for each in drawn:
        section.addElement(each)
    body.addElement(section)


def _write_lines(field: FormField, document: Document) -> list[tuple[str, str]]:
    options = list_options(field, document.language)
    lines = [("Field_20_Option", f"{BOXES[chosen]} {label}") for _, label, chosen in options]
    answer = find_stray(field, document) if options else write_answer(field, document)
    if answer:
        return [*lines, *(("Field_20_Answer", line) for line in answer.split("\n"))]
    return lines or [("Field_20_Blank", read_phrases(document.language)["not_filled"])]


def make_paragraph(style: str, words: str = "") -> Any:
    """A paragraph in a style; spaces, tabs and line ends in it are kept."""
    paragraph = import_part("odf.text").P(stylename=style)
    if words:
        import_part("odf.teletype").addTextToElement(paragraph, words)
    return paragraph
