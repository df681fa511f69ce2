"""The fields of a form in Word: each is a content control, so that a filled form can be read back by name.

How to read one back. A control is a `w:sdt`; its `w:sdtPr/w:tag/@w:val` is `FormField.name`.

- **line, amount**: a plain-text control around one paragraph; the answer is its text.
- **text**: a rich-text control around one paragraph for each line; the answer is their texts, joined by line ends.
- **date**: a date control. The text is the day in words of the document's language. `w:date/@w:fullDate` starts with
  the ISO day as long as the text still says that day: somebody may have typed over it, and the text is what they saw.
- **choice, yes_no**: a drop-down list. The text is the `w:displayText` of a `w:listItem`; its `w:value` is the answer.
  A text that is no item is an answer in somebody's own words: keep it as it is.
- **many**: a tick box for each choice, in order, tagged `name=value`, such as `request.items=address`; ticked if
  `w14:checked/@w14:val` is `1`. None ticked is a blank field. A control tagged `name=`, a rich-text one, holds answers
  that are no choice.
- A control with `w:showingPlcHdr` is blank (none), whatever its text says.
- The document's `kind` is the category of its core properties; its reference the identifier; its language the language.

A tag never stands twice, except that of a group of tick boxes, which stands once for each box with its own value.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from fairshare.documents.docx_styles import add_paragraph
from fairshare.documents.layout import (
    BOXES,
    find_stray,
    list_options,
    read_day,
    read_phrases,
    write_answer,
)
from fairshare.documents.model import Document, FormField
from fairshare.documents.parts import import_part

MAX_ALIAS = 64
"""The longest title of a content control that Word takes."""
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"


class FieldWriter:
    """Writes content controls into one Word file; holds the numbers that must stand once in it."""

    def __init__(self, document: Document, style_ids: dict[str, str]) -> None:
        self._styles = style_ids
        self._document = document
        self._words = read_phrases(document.language)
        self._numbers = count(1)
        self._oxml = import_part("docx.oxml.parser")
        self._qn = import_part("docx.oxml.ns").qn

    def add_field(self, container: Any, field: FormField) -> None:
        """Adds a field's label, its hint and its control or controls to a body."""
        add_paragraph(container, self._styles["Field Label"], field.label)
        if field.hint.strip():
            add_paragraph(container, self._styles["Field Hint"], field.hint)
        if field.sort == "many":
            self._add_boxes(container, field)
            return
        answer = write_answer(field, self._document)
        if answer is not None and field.sort != "text":
            answer = " ".join(answer.split())  # these controls hold one line
        self._wrap(container, field.name, field, self._write_sort(field), answer, self._find_prompt(field))

    def _find_prompt(self, field: FormField) -> str:
        sorts = {"choice": "choose_here", "yes_no": "choose_here", "date": "date_here"}
        return self._words[sorts.get(field.sort, "answer_here")]

    def _add_boxes(self, container: Any, field: FormField) -> None:
        for value, label, chosen in list_options(field, self._document.language):
            paragraph = add_paragraph(container, self._styles["Field Option"])
            run = paragraph.add_run(BOXES[chosen])
            control = self._start(f"{field.name}={value}", label, blank=False)
            control[0].append(self._write_box(chosen))
            self._finish(control, run._r)
            paragraph.add_run(f" {label}")
        stray = find_stray(field, self._document)
        if stray:
            self._wrap(container, f"{field.name}=", field, self._new("w:richText"), stray, "")

    def _wrap(self, container: Any, tag: str, field: FormField, sort: Any, answer: str | None, prompt: str) -> None:
        lines = [prompt] if answer is None else answer.split("\n")
        drawn = [add_paragraph(container, self._styles["Field Answer"], line) for line in lines]
        if answer is None:
            drawn[0].runs[0]._r.style = self._styles["Placeholder Text"]
        control = self._start(tag, field.label, blank=answer is None)
        control[0].append(sort)
        self._finish(control, *(each._p for each in drawn))

    def _start(self, tag: str, title: str, *, blank: bool) -> Any:
        """A control whose properties stand in the order that the schema asks for."""
        control, properties = self._new("w:sdt"), self._new("w:sdtPr")
        properties.append(self._new("w:alias", val=" ".join(title.split())[:MAX_ALIAS]))
        properties.append(self._new("w:tag", val=tag))
        properties.append(self._new("w:id", val=str(next(self._numbers))))
        properties.append(self._new("w:lock", val="sdtLocked"))
        if blank:
            properties.append(self._new("w:showingPlcHdr"))
        control.append(properties)
        return control

    def _finish(self, control: Any, *content: Any) -> None:
        """Puts the control where the content stands, and the content into it."""
        content[0].addprevious(control)
        holder = self._new("w:sdtContent")
        holder.extend(content)
        control.append(holder)

    def _write_sort(self, field: FormField) -> Any:
        options = list_options(field, self._document.language)
        if options:
            listed = self._new("w:dropDownList")
            for value, label, _ in options:
                listed.append(self._new("w:listItem", displayText=label, value=value))
            return listed
        if field.sort != "date":
            return self._new("w:richText" if field.sort == "text" else "w:text")
        written = self._new("w:date")
        day = read_day(field.value or "")
        if day:
            written.set(self._qn("w:fullDate"), f"{day.isoformat()}T00:00:00Z")
        for name, value in (
            ("w:dateFormat", "d MMMM yyyy"),
            ("w:lid", self._document.language),
            ("w:storeMappedDataAs", "date"),
            ("w:calendar", "gregorian"),
        ):
            written.append(self._new(name, val=value))
        return written

    def _write_box(self, chosen: bool) -> Any:
        states = "".join(
            f'<w14:{state} w14:val="{ord(BOXES[ticked]):04X}" w14:font="MS Gothic"/>'
            for state, ticked in (("checkedState", True), ("uncheckedState", False))
        )
        return self._oxml.parse_xml(
            f'<w14:checkbox xmlns:w14="{W14}"><w14:checked w14:val="{int(chosen)}"/>{states}</w14:checkbox>'
        )

    def _new(self, name: str, **attributes: str) -> Any:
        element = self._oxml.OxmlElement(name)
        for each, value in attributes.items():
            element.set(self._qn(f"w:{each}"), value)
        return element
