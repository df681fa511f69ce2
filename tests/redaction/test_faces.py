"""Faces in pictures: suggested with their places, and gone from the pixels once somebody accepts them."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFilter

from fairshare.documents.redact import redact
from fairshare.documents.redact_apart import look_apart
from fairshare.documents.redact_faces import find_faces
from fairshare.release.bundle_find import suggest_faces
from fairshare.release.bundle_plan import PlannedDocument, count_reasons
from fairshare.words import Person


def draw_face(size=120, across=1):
    """Drawn faces of nobody, side by side on grey."""
    picture = Image.new("L", (2 * size * across, 2 * size), 180)
    pen = ImageDraw.Draw(picture)

    def oval(x, y, wide, high, shade):
        pen.ellipse([x - wide * size, y - high * size, x + wide * size, y + high * size], fill=shade)

    for at in range(across):
        x, y = size + 2 * size * at, size
        oval(x, y, 0.42, 0.58, 215)
        pen.chord([x - 0.45 * size, y - 0.64 * size, x + 0.45 * size, y + 0.2 * size], 180, 360, fill=60)
        oval(x, y + 0.05 * size, 0.36, 0.45, 220)
        for side in (-0.17 * size, 0.17 * size):
            pen.rectangle([x + side - 0.11 * size, y - 0.19 * size, x + side + 0.11 * size, y - 0.14 * size], fill=70)
            oval(x + side, y - 0.055 * size, 0.09, 0.045, 90)
            oval(x + side, y - 0.055 * size, 0.035, 0.035, 20)
        oval(x, y + 0.145 * size, 0.07, 0.025, 150)
        oval(x, y + 0.295 * size, 0.15, 0.035, 110)
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(size * 0.02)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("across", [1, 3])
def test_each_drawn_face_is_found_where_it_is(across):
    boxes = find_faces(draw_face(across=across), "people.png")
    middles = sorted(round((box.x0 + box.x1) / 2 / 240 - 0.5) for box in boxes)
    assert middles == list(range(across))
    assert all(box.y0 < 120 < box.y1 for box in boxes)


def test_a_picture_without_a_face_and_other_formats_have_none():
    out = io.BytesIO()
    Image.linear_gradient("L").save(out, "PNG")
    assert find_faces(out.getvalue(), "grey.png") == ()
    assert find_faces(b"Ms Wren called.", "note.txt") == ()


def test_an_accepted_face_is_painted_over_and_counted():
    raw = draw_face()
    (suggested,) = suggest_faces(look_apart(raw, "people.png"), after=4)
    assert (suggested.id, suggested.sort, suggested.decision) == ("s5", "face", None)
    by = Person(name="Jo Heron", role="records officer")
    accepted = suggested.model_copy(update={"decision": "accept", "decided_by": by})
    document = PlannedDocument(item="i1", path="people.png", sha256="0" * 64, suggestions=(accepted,))
    assert document.removed_terms() == ()
    made = redact(raw, "people.png", document.removals())
    assert find_faces(made.content, "made.png") == ()
    assert [(str(reason), times) for reason, times in count_reasons(document, made.found)] == [("third_party", 1)]
    untouched = document.model_copy(update={"suggestions": (suggested,)})
    assert untouched.removals().boxes == ()
