"""Whatever bytes a file holds, a command that is given it ends with a value or an error of the family."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.conftest import SMALL, run_app
from tests.cli.test_desk import make_place

ENDS = {0, 3, 4, 5, 6}
RULES = ["--rules", SMALL]
FEW = settings(max_examples=settings.default.max_examples // 4)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A case that is decided and exported, and files of every kind to damage."""
    place = make_place(tmp_path_factory.mktemp("bytes"))
    file = ["share", place.root / "answers.yaml", *RULES, "--case", place.case, "--ruling", place.root / "ruling.yaml"]
    place.do("decide", *file, by="Jo Heron")
    place.do("case", "export", place.case, "--out", place.root / "case.fairshare", "--plain", by="Al Reed")
    place.write("plan.yaml", "name: p\nsource: {format: csv, path: a.csv}\ncolumns: [{column: a, treatment: keep}]\n")
    place.write("a.csv", "a\n1\n")
    place.write("terms.yaml", "title: T\nvalid: {start: 2026-01-01}\nreview_on: 2026-02-01\nparties: []\n")
    place.write("cases.jsonl", '{"id": "b1", "tool": "share", "answers": {"item.sealed": true}}\n')
    return place


def commands(place):
    """Each file that a command takes: a good example of it, and the command with FILE in its place."""
    root, desk = place.root, ["--desk", place.root / "desk"]
    jo, sam = [*desk, "--as", "Jo Heron"], [*desk, "--as", "Sam Field"]
    trust = ["--trust", root / "desk" / "public-key.json"]
    return {
        "answers to decide on": ("answers.yaml", ["decide", "share", "FILE", *RULES]),
        "answers for what-if": ("answers.yaml", ["what-if", "share", "FILE", *RULES]),
        "answers to compare": ("answers.yaml", ["compare", "FILE", "--law-date", "2026-02-04", *RULES]),
        "cases to compare": ("cases.jsonl", ["compare", "FILE", "--law-date", "2026-02-04", *RULES]),
        "answers to take up": ("answers.yaml", ["ask", "share", "FILE", *RULES]),
        "a request to ask about": ("request.yaml", ["ask", "share", root / "new.json", "--request", "FILE", *RULES]),
        "a request": ("request.yaml", ["case", "receive", "case-9", "FILE", *sam]),
        "a ruling": (
            "ruling.yaml",
            ["decide", "share", root / "answers.yaml", *RULES, "--case", place.case, "--ruling", "FILE", *jo],
        ),
        "a release": (
            "release.yaml",
            ["release", "run", place.case, "FILE", "--to", root / "reader.key.public.txt", *RULES, *sam],
        ),
        "a reader's key": (
            "reader.key.public.txt",
            ["release", "run", place.case, root / "none.yaml", "--to", "FILE", *RULES, *sam],
        ),
        "a plan": ("plan.yaml", ["plan", "preview", "FILE", "--base", root]),
        "terms": ("terms.yaml", ["agree", "draft", place.case, "FILE", *jo]),
        "an agreement": ("case.fairshare", ["agree", "show", "FILE"]),
        "an agreement to take": ("case.fairshare", ["agree", "take", place.case, "FILE", *jo]),
        "an archive": ("case.fairshare", ["verify", "FILE", *trust]),
        "an archive to show": ("case.fairshare", ["case", "show", "FILE"]),
        "trusted keys": ("desk/trusted-keys.json", ["verify", root / "case.fairshare", "--trust", "FILE"]),
        "keys to trust": ("police.public.json", ["keys", "trust", "FILE", *desk]),
        "a reader's key to record": (
            "reader.key.public.txt",
            ["keys", "reader", "FILE", "--of", "Northshire Police", "--checked-by", "Jo Heron", "--how", "rang", *desk],
        ),
        "keys to show": ("police.public.json", ["keys", "show", "FILE"]),
        "a signing key": (
            "police.json",
            ["agree", "countersign", root / "case.fairshare", "--key", "FILE", *trust, "--out", root / "out.json"],
        ),
        "a receipt": ("case.fairshare", ["release", "take-receipt", place.case, "FILE", *sam]),
    }


NAMES = list(commands(type("P", (), {"root": SMALL, "case": "c"})))


@st.composite
def damage(draw, good):
    """A good file with a part cut out, doubled or replaced."""
    start = draw(st.integers(0, len(good)))
    end = draw(st.integers(start, min(len(good), start + 40)))
    put = draw(
        st.one_of(st.binary(max_size=12), st.sampled_from([b"", b"\0", b"{", b": ", b"\n- ", b'"', b"9" * 400, b"&a"]))
    )
    return good[:start] + put + good[end:]


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_end_in_a_value_or_an_error_with_a_code_and_a_fix(place, name):
    example, words = commands(place)[name]
    good = (place.root / example).read_bytes()

    @FEW
    @given(st.one_of(st.binary(max_size=200), st.text(max_size=80).map(str.encode), damage(good)))
    def check(raw):
        path = place.write("damaged" + "".join(place.root.joinpath(example).suffixes[-1:]), raw)
        (place.root / "new.json").unlink(missing_ok=True)
        done = run_app(*(path if each == "FILE" else each for each in words), "--json", typed="")
        assert done.exit_code in ENDS, (raw, done.out)
        found = json.loads(done.out)
        if "error" in found:
            assert found["error"]["code"] not in ("UNEXPECTED", "FAIRSHARE")
            assert found["error"]["fix"].strip()

    check()


def test_the_good_examples_are_taken(place):
    """Otherwise the damage above would not be to anything."""
    taken = {
        name
        for name, (example, words) in commands(place).items()
        if run_app(*(place.root / example if each == "FILE" else each for each in words), "--json", typed="").exit_code
        == 0
    }
    assert taken >= set(NAMES) - {
        "a reader's key",
        "terms",
        "an agreement",
        "an agreement to take",
        "a signing key",
        "a receipt",
    }
