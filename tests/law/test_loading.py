"""Law files that are malformed or hostile are refused with an error of the one family, and say where."""

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fairshare.law import MalformedLaw, UnknownProvision, load_law
from fairshare.law.checking import Source, parse_sources
from fairshare.law.gateways import parse_gateways
from fairshare.law.library import HERE
from fairshare.law.provisions import parse_provisions
from fairshare.law.register import parse_about, parse_entries
from fairshare.words import BadInput, FairshareError, NotFound

SOURCES = {
    "memory": Source(id="memory", title="nothing", on=date(2026, 11, 22)),
    "act": Source(id="act", title="the Act", on=date(2026, 11, 22)),
}
PARSERS: dict[str, Callable[[bytes], object]] = {
    "sources": lambda raw: parse_sources(raw, where="x"),
    "provisions": lambda raw: parse_provisions(raw, SOURCES, where="x"),
    "entries": lambda raw: parse_entries(raw, SOURCES, where="x"),
    "about": lambda raw: parse_about(raw, where="x"),
    "gateways": lambda raw: parse_gateways(raw, SOURCES, where="x"),
}
every_parser = pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
SHIPPED = [path.read_bytes()[:6_000] for path in sorted(HERE.rglob("*.yaml"))]

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


def write(
    version: str = "from: 2020-01-01",
    check: str = "{how: read, text: act}",
    provision_id: str = "act.s1",
    link: str = "link: https://www.legislation.gov.uk/ukpga/2020/1",
) -> bytes:
    return f"""
instruments:
- id: act
  kind: statute
  name: The Act
  name_cy: Y Ddeddf
  {link}
  nations: [E]
  provisions:
  - id: {provision_id}
    pinpoint: section 1
    page: section/1
    title: One
    says_cy: Un
    versions:
    - {version}
      says: It says so.
      checked: {check}
""".encode()


def find_refusal(parse: Callable[[bytes], object], raw: bytes) -> FairshareError | None:
    """The error of the family with which a parser refuses the bytes; anything else that it raises fails the test."""
    try:
        parse(raw)
    except FairshareError as error:
        return error
    return None


@every_parser
@given(raw=st.binary(max_size=300))
def test_any_bytes_give_a_value_or_an_error_of_the_family(parse: Callable[[bytes], object], raw: bytes) -> None:
    refusal = find_refusal(parse, raw)
    assert refusal is None or refusal.fix


@every_parser
@given(found=plain)
def test_any_plain_yaml_gives_a_value_or_an_error_of_the_family(
    parse: Callable[[bytes], object], found: object
) -> None:
    refusal = find_refusal(parse, yaml.safe_dump(found, allow_unicode=True).encode())
    assert refusal is None or refusal.fix


@every_parser
@given(raw=st.sampled_from(SHIPPED), at=st.integers(0, 5_999), put=st.binary(max_size=3), cut=st.booleans())
def test_a_damaged_shipped_file_gives_a_value_or_an_error_of_the_family(
    parse: Callable[[bytes], object], raw: bytes, at: int, put: bytes, cut: bool
) -> None:
    refusal = find_refusal(parse, raw[:at] + put + (b"" if cut else raw[at + len(put) :]))
    assert refusal is None or refusal.fix


def test_a_small_file_of_ones_own_is_read() -> None:
    (provision,) = parse_provisions(write(), SOURCES, where="x")
    assert provision.link == "https://www.legislation.gov.uk/ukpga/2020/1/section/1"
    assert provision.citation == "The Act, section 1"
    assert provision.status_at(date(2020, 1, 1)) == "in_force"


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (write(version="from: 2020-01-02\n      to: 2020-01-01"), "ends before it starts"),
        (write(version="from: 2020-01-02\n      status: repealed"), "needs its last day"),
        (write(version="from: 2020-01-02\n      status: unconfirmed"), "has no dates"),
        (write(version="from: 2020-02-30"), "from"),
        (write(version="from: 2020-01-01\n      status: perhaps"), "status"),
        (write(check="{how: read, text: other}"), "does not list"),
        (write(check="{how: remembered, text: act}"), "names a text"),
        (write(check="{how: read}"), "names a text"),
        (write(check="{how: guessed}"), "how"),
        (write(provision_id="other.s1"), "does not start with its instrument"),
        (write(provision_id="act"), "id"),
        (write(link="nothing: 1"), "nothing"),
        (write().replace(b"nations: [E]", b"nations: [E, E]"), "each once"),
        (write().replace(b"nations: [E]", b"nations: []"), "at least one"),
        (write().replace(b"  link: https://www.legislation.gov.uk/ukpga/2020/1\n", b""), "needs a link"),
        (
            write().replace(
                b"    versions:", b"    versions:\n    - {from: 2019-01-01, says: Old., checked: {how: remembered}}"
            ),
            "in force on one day",
        ),
        (write().replace(b"title: One", b"title: !!python/object:os.system One"), "tags are not allowed"),
        (b"instruments: &a [*a]", "not"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_provision_that_breaks_a_rule_is_refused_and_named(raw: bytes, complaint: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_provisions(raw, SOURCES, where="my-file.yaml")
    assert re.search(complaint, caught.value.message)
    assert (caught.value.where or "").startswith("my-file.yaml")


@pytest.fixture
def law_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "law"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def test_a_copy_of_the_law_has_the_same_digest_and_version(law_folder: Path) -> None:
    assert load_law(law_folder).digest == load_law().digest
    assert load_law(law_folder).register.version == load_law().register.version


def test_one_changed_word_gives_another_digest_and_register_version(law_folder: Path) -> None:
    entry = law_folder / "register" / "by-function.yaml"
    entry.write_text(entry.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert load_law(law_folder).digest != load_law().digest
    assert load_law(law_folder).register.version != load_law().register.version


def test_a_missing_file_is_named(law_folder: Path) -> None:
    (law_folder / "texts.yaml").unlink()
    with pytest.raises(NotFound):
        load_law(law_folder)


def test_one_id_in_two_files_is_refused(law_folder: Path) -> None:
    shutil.copy(law_folder / "provisions" / "bars.yaml", law_folder / "provisions" / "bars-again.yaml")
    with pytest.raises(MalformedLaw, match="stands twice"):
        load_law(law_folder)


def test_a_gateway_that_rests_on_nothing_is_refused(law_folder: Path) -> None:
    gateways = law_folder / "gateways.yaml"
    gateways.write_text(gateways.read_text(encoding="utf-8").replace("cta2008.s20]", "cta2008.s99]"), encoding="utf-8")
    with pytest.raises(UnknownProvision) as caught:
        load_law(law_folder)
    assert caught.value.where == "gateways.yaml:intelligence-services"
