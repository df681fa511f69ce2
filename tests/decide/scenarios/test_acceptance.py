"""The acceptance scenarios of the emergency and safeguarding tools are all in the table, for all four nations."""

from pathlib import Path

from fairshare.words.reading import parse_yaml

TABLE = parse_yaml((Path(__file__).parent / "emergencies.yaml").read_bytes(), where="emergencies.yaml")["scenarios"]
SETS = parse_yaml((Path(__file__).parent / "answers.yaml").read_bytes(), where="answers.yaml")["sets"]
ELSEWHERE = {9, 10}
"""The phone without a signal and the poster in Wales: not decisions of a tool."""


def test_every_acceptance_scenario_that_is_a_decision_is_in_the_table() -> None:
    assert {each["acceptance"] for each in TABLE if "acceptance" in each} == set(range(1, 13)) - ELSEWHERE


def test_every_tool_is_tried_in_every_nation() -> None:
    tried = set()
    for each in TABLE:
        given: dict[str, object] = {}
        for name in each.get("use", []):
            given |= SETS[name]
        tried.add((each["tool"], (given | each["answers"]).get("nation")))
    nations = ("england", "wales", "scotland", "northern_ireland")
    tools = {each["tool"] for each in TABLE}
    assert tools == {"em.sixty_seconds", "sg.children", "em.university", "em.work", "readiness"}
    assert {(tool, nation) for tool in tools for nation in nations} <= tried
