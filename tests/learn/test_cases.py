"""The runnable case studies: each comes out as a person expected before the tool was run."""

import pytest

from fairshare.learn.cases import load_cases
from fairshare.learn.running import run_case

CASES = load_cases()


@pytest.mark.parametrize("name", CASES)
def test_a_case_comes_out_as_a_person_expected(name):
    case = CASES[name]
    found = run_case(case).differences
    if case.disputed:
        assert found, "it comes out as expected: take the mark `disputed` away"
    else:
        assert not found, "\n" + "\n".join(f"{each.about}: {each.expected}, found {each.found}" for each in found)
