"""The pages about verifying a case say what the code does."""

import re
from pathlib import Path

from fairshare.ledger import faults
from fairshare.records import NotCanonical, parse_keys
from fairshare.words import ExitCode, FairshareError

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "verify-a-case.md").read_text(encoding="utf-8")


def test_the_example_of_trusted_keys_is_one() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert [key.name for key in parse_keys(example.encode())] == ["Harbour Homes"]


def test_every_code_on_the_page_is_one_that_a_report_can_give() -> None:
    errors = {each.code for each in FairshareError.__subclasses__() for each in [each, *each.__subclasses__()]}
    named = set(re.findall(r"`([A-Z_]{6,})`", PAGE))
    assert named <= errors
    assert {faults.BadSeal.code, faults.WrongSigner.code, NotCanonical.code} <= named


def test_every_exit_code_on_the_page_has_the_meaning_that_it_says() -> None:
    found = {int(code): words for code, words in re.findall(r"^\| (\d) \| (.*) \|$", PAGE, re.MULTILINE)}
    assert set(found) == {ExitCode.DONE, ExitCode.SIGNERS_UNKNOWN, ExitCode.UNSOUND, ExitCode.BAD_INPUT}
    assert "signers unknown" in found[ExitCode.SIGNERS_UNKNOWN]
