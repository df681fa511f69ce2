"""One family of errors: each with a code that never changes, an exit code and a page."""

import re

from fairshare.words import ExitCode
from tools.reference import describe, find_errors


def test_no_two_errors_share_a_code():
    codes = [error.code for error in find_errors()]
    assert sorted(codes) == sorted(set(codes))


def test_every_code_is_upper_case_words():
    assert [error for error in find_errors() if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", error.code)] == []


def test_every_exit_code_has_a_meaning():
    assert {error.exit_code for error in find_errors()} <= set(ExitCode) - {ExitCode.DONE, ExitCode.USAGE}


def test_every_error_says_in_a_sentence_what_it_means():
    assert [error for error in find_errors() if not describe(error).endswith(".")] == []
