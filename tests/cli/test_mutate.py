"""`fairshare rules mutate`: who notices small mistakes in the rules."""

import pytest

SEALED = """
scenarios:
  - id: sealed_address
    says: The address is sealed by a court.
    tool: share
    items: {address: p1}
    answers: {item.sealed: yes}
    case: REFUSE_PROHIBITED
    only_if: {share.barred: {item.sealed: [yes]}}
"""


@pytest.fixture
def scenarios(tmp_path):
    (tmp_path / "sealed.yaml").write_text(SEALED, "utf-8")
    return tmp_path


def test_figures_add_up_and_survivors_are_named_with_their_lines(run, small, scenarios):
    found = run("rules", "mutate", "--rules", small, "--scenarios", scenarios, "--json").document
    whole = found["all"]
    assert whole["made"] == sum(each["made"] for each in found["operators"])
    assert whole["by_cases"] >= 3
    assert whole["made"] == whole["equivalent"] + whole["by_cases"] + whole["by_properties"] + whole["alive"]
    assert len(found["alive"]) == whole["alive"]
    assert "gates/sharing.yaml:25" in {each["where"] for each in found["alive"]}
    assert "share.barred.sealed" not in {each["subject"] for each in found["alive"]}
    assert (found["cases"], found["turns"], found["failing"]) == (1, 3, [])


def test_one_operator_one_tool_and_a_sample_can_be_chosen(run, small, scenarios):
    words = ("rules", "mutate", "--rules", small, "--scenarios", scenarios, "--json")
    assert [each["operator"] for each in run(*words, "--operator", "drop-rule").document["operators"]] == ["drop-rule"]
    assert run(*words, "--tool", "share", "--sample", "5", "--seed", "3").document["all"]["made"] == 5


def test_people_see_a_table_and_what_is_left(run, small, scenarios):
    found = run("rules", "mutate", "--rules", small, "--scenarios", scenarios, "--operator", "drop-rule")
    assert "caught" in found.out
    assert "share.no.not_needed: drop-rule: the rule is dropped." in " ".join(found.out.split())
    assert found.exit_code == 0


def test_too_little_caught_is_told_by_the_exit_status(run, small, scenarios):
    words = ("rules", "mutate", "--rules", small, "--scenarios", scenarios, "--operator", "drop-rule")
    assert run(*words, "--at-least", "99").exit_code == 5


def test_a_scenario_that_fails_by_itself_is_named(run, small, scenarios):
    (scenarios / "sealed.yaml").write_text(SEALED.replace("REFUSE_PROHIBITED", "SHARE_FULL"), "utf-8")
    words = ("rules", "mutate", "--rules", small, "--scenarios", scenarios, "--operator", "drop-row", "--json")
    found = run(*words)
    assert found.document["failing"] == ["sealed_address"]
    assert found.exit_code == 5


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--operator", "other"), "BAD_INPUT"),
        (("--tool", "other"), "TOOL_NOT_FOUND"),
        (("--scenarios", "nowhere"), "NOT_FOUND"),
    ],
)
def test_what_does_not_exist_is_refused(run, small, scenarios, words, code):
    options = {"--scenarios": str(scenarios)} | {words[0]: words[1]}
    given = [part for pair in options.items() for part in pair]
    assert run("rules", "mutate", "--rules", small, "--json", *given).error["code"] == code
