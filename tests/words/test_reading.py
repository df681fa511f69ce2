"""Reading bytes that somebody else wrote: a value, or an error of the one family."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairshare.words import BadInput, FairshareError, NotFound, Organisation
from fairshare.words.reading import MAX_DEPTH, MAX_INTEGER, build, check_depth, parse_json, parse_yaml, read_file

JSON_LIKE = st.text(alphabet='{}[]":,\\u0d8 \n-+.eE123456789truefalsn', max_size=60).map(str.encode)
YAML_LIKE = st.text(alphabet="{}[]:,-#&*!|>'\"%@`? \n\tab01.~", max_size=60).map(str.encode)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


def assert_plain(value: object) -> None:
    """Fails unless a value can be written as JSON in UTF-8, which every record must be."""
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("parse", [parse_json, parse_yaml])
@given(raw=st.binary(max_size=200) | JSON_LIKE | YAML_LIKE)
@example(raw=b'"\\ud800"')
@example(raw=b"[" * 100_000)
@example(raw=b'{"a":' * 100_000)
@example(raw=b"- " * 5_000)
@example(raw=b"9" * 5_000)
@example(raw=b'"\\UFFFFFFFF"')
@example(raw=b"? " * 2_000)
@example(raw=b"!!python/object/apply:os.system [true]")
@example(raw=b"\xef\xbb\xbf")
@example(raw=b"\x00")
@example(raw=b"")
def test_any_bytes_give_a_plain_value_or_an_error_of_the_family(parse, raw):
    try:
        found = parse(raw, where="input")
    except FairshareError as error:
        refused = error
    else:
        check_depth(found, where="input")
        assert_plain(found)
        return
    assert refused.fix
    assert str(refused.where).startswith("input")


@pytest.mark.parametrize("parse", [parse_json, parse_yaml])
def test_a_byte_order_mark_is_left_aside(parse):
    assert parse(b"\xef\xbb\xbf[1]", where="input") == [1]


@given(value=PLAIN)
def test_json_that_python_wrote_is_read_back_as_it_was(value):
    assert parse_json(json.dumps(value).encode(), where="input") == value


@given(value=st.dictionaries(st.text(string.ascii_letters, min_size=1), st.booleans() | st.integers(-999, 999)))
def test_yaml_of_plain_keys_and_values_is_read_back_as_it_was(value):
    text = "\n".join(f"{key}: {json.dumps(each)}" for key, each in value.items()) or "{}"
    assert parse_yaml(text.encode(), where="input") == value


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"9007199254740992", "2**53"),
        (b"-9007199254740992", "2**53"),
        (b"1e400", "too large"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deep"),
        (b'"\\ud800"', "surrogate|escape"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'"\xff"', "UTF-8"),
        (b"[1,]", "not JSON"),
        (b"", "not JSON"),
        (b"1 2", "not JSON"),
    ],
)
def test_json_that_readers_disagree_about_is_refused(raw, says):
    with pytest.raises(BadInput, match=says.replace("*", r"\*")):
        parse_json(raw, where="input")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"a: &x 1\nb: 2", "anchors and tags"),
        (b"a: *x", "aliases"),
        (b"a: !!python/name:os.system x", "anchors and tags"),
        (b"a: !secret x", "anchors and tags"),
        (b"a: 1\na: 2", "twice"),
        (b"[1, 2]: 3", "plain text"),
        (b"{a: 1}: 3", "plain text"),
        (b"--- 1\n--- 2", "one document"),
        (b"a:\n\t- 1", "not YAML"),
        (b"a: b: c", "not YAML"),
        (b'"\\ud800"', "surrogate|escape"),
        (b"\xff", "UTF-8"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deep"),
    ],
)
def test_the_tricks_of_yaml_are_refused(raw, says):
    with pytest.raises(BadInput, match=says):
        parse_yaml(raw, where="input")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"no", "no"),
        (b"yes", "yes"),
        (b"2026-02-05", "2026-02-05"),
        (b"010", "010"),
        (b"0x1f", "0x1f"),
        (b"1_000", "1_000"),
        (b"12:30:45", "12:30:45"),
        (b"1e3", "1e3"),
        (b".inf", ".inf"),
        (b"<<: a", {"<<": "a"}),
        (b"no: 1", {"no": 1}),
        (b"3: x", {"3": "x"}),
        (b"true: ~", {"true": None}),
        (b"-7", -7),
        (b"1.50", 1.5),
        (b"9007199254740993", "9007199254740993"),
        (b"", None),
    ],
)
def test_yaml_turns_only_plain_numbers_true_false_and_null_into_anything_but_text(raw, value):
    found = parse_yaml(raw, where="input")
    assert found == value
    assert type(found) is type(value)


def test_errors_name_the_line_and_column():
    with pytest.raises(BadInput) as json_error:
        parse_json(b'{\n "a": }', where="answers.json")
    assert json_error.value.where == "answers.json:2:7"
    with pytest.raises(BadInput) as yaml_error:
        parse_yaml(b"a: 1\nb: [", where="answers.yaml")
    assert yaml_error.value.where is not None
    assert yaml_error.value.where.startswith("answers.yaml:")


def test_a_file_is_read_up_to_the_limit_and_not_past_it(tmp_path: Path):
    path = tmp_path / "answers.json"
    path.write_bytes(b"12345")
    assert read_file(path, max_bytes=5) == b"12345"
    with pytest.raises(BadInput, match="larger"):
        read_file(path, max_bytes=4)


@pytest.mark.parametrize("name", ["absent", "", "a\0b", "x" * 5_000])
def test_a_path_that_is_no_file_is_an_error_of_the_family(tmp_path: Path, name: str):
    with pytest.raises((NotFound, BadInput)):
        read_file(tmp_path / name)


@given(found=PLAIN)
def test_building_a_value_from_anything_gives_it_or_an_error_of_the_family(found):
    try:
        built = build(Organisation, found, where="input")
    except FairshareError as error:
        built, refused = None, error
    assert built or refused.where == "input"


def test_building_names_each_faulty_field_and_repeats_no_value():
    with pytest.raises(BadInput) as error:
        build(Organisation, {"name": "", "country": "Ruritania", "colour": "Magenta"}, where="input")
    assert {"name", "country", "colour"} <= set(error.value.message.replace(":", " ").split())
    assert "Ruritania" not in str(error.value)
    assert "Magenta" not in str(error.value)
