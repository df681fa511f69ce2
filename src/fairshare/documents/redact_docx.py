"""Redacting a Word file: it is built anew from what may be seen, element by element.

What is not on the lists below does not come along: comments, tracked deletions, hidden text, fields' instructions,
bookmarks, properties, custom XML, embedded objects, macros, themes, revision ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join as join_path
from posixpath import normpath, split
from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.redact_docx_parts import (
    COPIED,
    COUNTED,
    PACKAGE,
    UNWRAPPED,
    WORD,
    XML_SPACE,
    W,
    copy_attributes,
    draw_inline,
    find_hidden_styles,
    rename_styles,
    write_relations,
    write_types,
)
from fairshare.documents.redact_package import open_package, parse_part, write_package
from fairshare.documents.redact_picture import clean_picture
from fairshare.documents.redact_shapes import CannotRedact, Passage, Redacted, broken, no_boxes
from fairshare.documents.redact_terms import Piece, Removals, remove_terms
from fairshare.words import FairshareError

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_EXTENT = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}extent"
_ALT = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_TINY = 4
"""Half-points: letters of two points and smaller are there to be hidden."""
_EMU = 9_525
"""Word's units to one pixel."""


@dataclass
class _Build:
    """A Word file being built: the old parts, and the new ones so far."""

    parts: dict[str, bytes]
    where: str
    hidden: frozenset[str]
    """Styles whose text is not shown."""
    new: dict[str, bytes] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    pictures: int = 0


@dataclass
class _Part:
    """One part with text: the document itself, a header, the footnotes."""

    name: str
    root: Any
    relations: dict[str, tuple[str, str]]
    """By id in the old file, the kind of relation and the part it leads to."""
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By id in the new file, the same."""


def redact_docx(raw: bytes, removals: Removals, *, where: str) -> Redacted:
    """Makes a Word file anew without the terms, tracked insertions accepted and tracked deletions gone.

    Raises   DocumentBroken, DocumentLocked, DocumentTooLarge, CannotRedact; BoxOutside when boxes are given.
    """
    if removals.boxes:
        raise no_boxes(where)
    build = _open(raw, where)
    found = [0] * len(removals.terms)
    main = _load(build, _find_main(build))
    built = list(_build_all(build, main))
    rename_styles([tree for _, tree in built])
    for number, (part, tree) in enumerate(built):
        places = list(_find_places(tree))
        texts, counts = remove_terms([piece for _, _, piece in places], removals.terms)
        for (element, attribute, _), text in zip(places, texts, strict=True):
            _set_text(element, attribute, text)
        found = [one + more for one, more in zip(found, counts, strict=True)]
        _put(build, "word/document.xml" if number == 0 else f"word/part{number}.xml", tree, part, built)
    build.new = {"[Content_Types].xml": write_types(build.new), **build.new}
    unread = tuple(f"picture {number}" for number in range(1, build.pictures + 1))
    return Redacted(
        write_package(build.new), MEDIA_TYPE, tuple(found), unread, left_out=dict(sorted(build.left_out.items()))
    )


def read_docx(raw: bytes, *, where: str) -> tuple[Passage, ...]:
    """The words that can be seen, paragraph by paragraph."""
    build = _open(raw, where)
    found = []
    for part, tree in _build_all(build, _load(build, _find_main(build))):
        whole = "".join(piece.text + piece.after for _, _, piece in _find_places(tree))
        name = "" if part.root.tag == f"{W}document" else f"{part.root.tag.removeprefix(W)}, "
        found += [
            Passage(f"{name}paragraph {number}", text)
            for number, text in enumerate(whole.split("\n"), start=1)
            if text.strip()
        ]
    return tuple(found)


def _open(raw: bytes, where: str) -> _Build:
    parts = open_package(raw, where=where)
    build = _Build(parts, where, frozenset())
    folder, name = split(_find_main(build))
    relations = _read_relations(build, join_path(folder, name))
    styles = next((target for kind, target in relations.values() if kind == "styles"), None)
    if styles in parts:
        build.hidden = find_hidden_styles(parse_part(parts[styles], where=where))
    return build


def _find_main(build: _Build) -> str:
    for kind, target in _read_relations(build, "").values():
        if kind == "officeDocument" and target in build.parts:
            return target
    raise broken("Word file", build.where)


def _read_relations(build: _Build, name: str) -> dict[str, tuple[str, str]]:
    folder, base = split(name)
    at = join_path(folder, "_rels", f"{base}.rels")
    if at not in build.parts:
        return {}
    found = {}
    for each in parse_part(build.parts[at], where=build.where):
        if each.get("TargetMode") == "External" or not each.get("Target") or not each.get("Id"):
            build.left_out["external links"] += each.get("TargetMode") == "External"
            continue
        target = each.get("Target")
        path = target.lstrip("/") if target.startswith("/") else normpath(join_path(folder, target))
        found[each.get("Id")] = (each.get("Type", "").rpartition("/")[2], path)
    return found


def _load(build: _Build, name: str) -> _Part:
    root = parse_part(build.parts[name], where=build.where)
    if not root.tag.startswith(W):
        raise CannotRedact("it is not an ordinary Word file", fix="Save it as .docx or as PDF.", where=build.where)
    return _Part(name, root, _read_relations(build, name))


def _build_all(build: _Build, main: _Part) -> Iterator[tuple[_Part, Any]]:
    """The document, then each part that it leads to and that people can see, built anew."""
    yield main, _copy(build, main, main.root)
    seen = set()
    for kind, target in main.relations.values():
        if kind in ("header", "footer", "footnotes", "endnotes", "styles", "numbering"):
            if target in build.parts and target not in seen:
                seen.add(target)
                part = _load(build, target)
                yield part, _copy(build, part, part.root)
        elif kind not in ("image", "theme", "settings", "fontTable", "webSettings"):
            build.left_out[kind] += 1
    build.left_out["properties"] += sum(name.startswith("docProps/") for name in build.parts)
    for name in [name for name, count in build.left_out.items() if not count]:
        del build.left_out[name]


def _copy(build: _Build, part: _Part, old: Any) -> Any:
    """An element built anew with those of its children that may come along."""
    new = import_part("lxml.etree").Element(old.tag, nsmap={"w": WORD} if old.getparent() is None else None)
    copy_attributes(old, new)
    if old.tag in (f"{W}t", f"{W}delText"):
        new.text = old.text or ""
        new.set(XML_SPACE, "preserve")
    else:
        for child in old:
            for built in _copy_child(build, part, child):
                new.append(built)
    return new


def _copy_child(build: _Build, part: _Part, child: Any) -> Iterator[Any]:
    name = child.tag.removeprefix(W) if isinstance(child.tag, str) else ""
    if name in ("drawing", "pict", "object") or child.tag == _CHOICE:
        yield from _copy_drawing(build, part, child)
    elif name in UNWRAPPED:
        for each in child:
            yield from _copy_child(build, part, each)
    elif name == "r" and _is_hidden(build, child):
        build.left_out["hidden text"] += 1
    elif name == "tr" and child.find(f"{W}trPr/{W}del") is not None:
        build.left_out["tracked deletions"] += 1
    elif name in ("headerReference", "footerReference"):
        yield from _copy_reference(part, child)
    elif name in ("p", "tc", "r"):
        new = _copy(build, part, child)
        yield new
        if name == "p":
            yield from _lift_boxes(build, part, child)
    elif name in COPIED:
        yield _copy(build, part, child)
    elif name in COUNTED:
        build.left_out[COUNTED[name]] += 1


def _is_hidden(build: _Build, run: Any) -> bool:
    """Whether a run's text is not shown: marked hidden itself or by its style, tiny, or white on nothing."""
    look = run.find(f"{W}rPr")
    paragraph = run.getparent()
    while paragraph is not None and paragraph.tag != f"{W}p":
        paragraph = paragraph.getparent()
    styles = [paragraph.find(f"{W}pPr/{W}pStyle")] if paragraph is not None else []
    if look is not None:
        for name in ("vanish", "specVanish", "webHidden"):
            switch = look.find(f"{W}{name}")
            if switch is not None:
                return switch.get(f"{W}val", "1") not in ("0", "false", "off")
        size, colour = look.find(f"{W}sz"), look.find(f"{W}color")
        if size is not None and size.get(f"{W}val", "").isdigit() and int(size.get(f"{W}val")) <= _TINY:
            return True
        if colour is not None and colour.get(f"{W}val", "").upper() == "FFFFFF" and not _is_shaded(run):
            return True
        styles.append(look.find(f"{W}rStyle"))
    return any(each is not None and each.get(f"{W}val") in build.hidden for each in styles)


def _is_shaded(run: Any) -> bool:
    """Whether something dark may lie behind a run: a shade, or any table, whose style may bring one."""
    return any(
        each.tag == f"{W}tbl" or any(each.find(f"{W}{look}/{W}shd") is not None for look in ("rPr", "pPr", "tcPr"))
        for each in (run, *run.iterancestors())
    )


def _copy_reference(part: _Part, old: Any) -> Iterator[Any]:
    named = old.get(f"{{{_OFFICE}}}id")
    if named in part.relations:
        new = import_part("lxml.etree").Element(old.tag)
        copy_attributes(old, new)
        new.set(f"{{{_OFFICE}}}id", _keep(part, *part.relations[named]))
        yield new


def _keep(part: _Part, kind: str, target: str) -> str:
    number = f"r{len(part.kept) + 1}"
    part.kept[number] = (kind, target)
    return number


def _copy_drawing(build: _Build, part: _Part, drawing: Any) -> Iterator[Any]:
    """The pictures of a drawing, each made anew from its pixels; charts and the like do not come along."""
    pictures = list(drawing.iter(_BLIP))
    for blip in pictures:
        kind, target = part.relations.get(blip.get(f"{{{_OFFICE}}}embed"), ("", ""))
        if kind != "image" or target not in build.parts:
            continue
        try:
            picture = clean_picture(build.parts[target], where=build.where)
        except FairshareError:
            build.left_out["pictures that cannot be read"] += 1
            continue
        build.pictures += 1
        name = f"word/media/picture{build.pictures}.png"
        build.new[name] = picture.content
        extent, alt = next(drawing.iter(_EXTENT), None), next(drawing.iter(_ALT), None)
        size = [int(value) if (value := extent.get(side, "")).isdigit() else 0 for side in ("cx", "cy")] if (
            extent is not None
        ) else [0, 0]  # fmt: skip
        wide, high = (given or pixels * _EMU for given, pixels in zip(size, picture.size, strict=True))
        described = (alt.get("descr") or "") if alt is not None else ""
        yield draw_inline(_keep(part, "image", name), build.pictures, (wide, high), described)
        return
    if not pictures and next(drawing.iter(f"{W}txbxContent"), None) is None:
        build.left_out["drawings and objects"] += 1


def _lift_boxes(build: _Build, part: _Part, paragraph: Any) -> Iterator[Any]:
    """The text boxes of a paragraph, as paragraphs after it; of two versions of one, the newer."""
    for each in paragraph.iter(_CHOICE, f"{W}pict", f"{W}drawing"):
        above = [one.tag for one in each.iterancestors()]
        if f"{W}txbxContent" in above or (each.tag != _CHOICE and _CHOICE in above):
            continue
        content = next(each.iter(f"{W}txbxContent"), None)
        for child in content if content is not None else ():
            yield from _copy_child(build, part, child)


def _find_places(tree: Any) -> Iterator[tuple[Any, str | None, Piece]]:
    """Each text of a part, with the attribute that it stands in if it is one, and what separates it from the next."""
    waiting: tuple[Any, str | None, str] | None = None
    after = ""
    for element in _walk(tree):
        name = element.tag.removeprefix(W) if not isinstance(element, str) else element
        found: tuple[Any, str | None, str] | None = None
        if name == "t":
            found = (element, None, element.text or "")
        elif name == "lvlText":
            found = (element, f"{W}val", element.get(f"{W}val") or "")
        elif name == _ALT:
            found = (element, "descr", element.get("descr") or "")
        else:
            after += {"tab": "\t", "br": "\n", "cr": "\n", "/p": "\n", "noBreakHyphen": "-"}.get(name, "")
        if found is None:
            continue
        if waiting is not None:
            yield waiting[0], waiting[1], Piece(waiting[2], after)
        waiting, after = found, "" if name == "t" else "\n"
    if waiting is not None:
        yield waiting[0], waiting[1], Piece(waiting[2], after)


def _walk(tree: Any) -> Iterator[Any]:
    """Every element in order, and "/p" where a paragraph ends."""
    walker = import_part("lxml.etree").iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        if event == "start":
            yield element
        elif element.tag == f"{W}p":
            yield "/p"


def _set_text(element: Any, attribute: str | None, text: str) -> None:
    if attribute is None:
        element.text = text
    else:
        element.set(attribute, text)


def _put(build: _Build, name: str, tree: Any, part: _Part, built: list[tuple[_Part, Any]]) -> None:
    """Adds a part to the new file, with its relations to other new parts."""
    etree = import_part("lxml.etree")
    names = {each.name: f"part{number}.xml" for number, (each, _) in enumerate(built)}
    if name == "word/document.xml":
        for each, other in built[1:]:
            kind = other.tag.removeprefix(W)
            if kind not in ("hdr", "ftr"):
                _keep(part, kind, each.name)
        build.new["_rels/.rels"] = write_relations({"r1": ("officeDocument", "word/document.xml")})
    build.new[name] = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
    kept = {each: (kind, names.get(target, target.removeprefix("word/"))) for each, (kind, target) in part.kept.items()}
    if kept:
        folder, base = split(name)
        build.new[f"{folder}/{PACKAGE}/{base}.rels"] = write_relations(kept)
