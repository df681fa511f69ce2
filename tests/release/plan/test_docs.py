"""What the documentation says of plans is so: its examples are run, and its tables name everything there is."""

import re
from pathlib import Path

import pytest

from fairshare.release import filters, sources, tables, treatments, treatments_groups
from fairshare.release.engines import run_plan
from fairshare.release.pets import private_statistics
from fairshare.release.plan import Plan, read_plan
from fairshare.words.values import Value
from tools.reference import find_errors

DOCS = Path(__file__).parents[3] / "docs"
HOW_TO = (DOCS / "how-to" / "write-a-plan.md").read_text("utf-8")
REFERENCE = (DOCS / "reference" / "plan.md").read_text("utf-8")
CODE = " ".join(re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", REFERENCE, flags=re.MULTILINE | re.DOTALL)))
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", HOW_TO, re.MULTILINE | re.DOTALL)
EXAMPLES = [(BLOCKS[at][1], BLOCKS[at + 1][1]) for at, (sort, _) in enumerate(BLOCKS) if sort == "yaml"]


class DocumentedKey:
    """The key that the how-to's pseudonyms are made with."""

    def key_for(self, key_id):
        assert key_id == "agreement-7"
        return b"the key of the how-to, 32 bytes!"


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
@pytest.mark.parametrize(("plan", "rows"), EXAMPLES)
def test_each_example_gives_the_rows_that_stand_under_it(tmp_path, engine, plan, rows):
    (tmp_path / "pupils.csv").write_text(next(text for sort, text in BLOCKS if sort == "csv"))
    (tmp_path / "agreed.txt").write_text("A804\nA802\n")
    run_plan(read_plan(plan.encode(), where="how-to"), engine=engine, keys=DocumentedKey(), base=tmp_path,
             write_to=tmp_path / "out.csv", format="csv")  # fmt: skip
    header, *found = (tmp_path / "out.csv").read_text().splitlines()
    expected_header, *expected = rows.splitlines()
    assert header == expected_header
    assert sorted(found) == sorted(expected)


def test_there_are_examples():
    assert len(EXAMPLES) == 6


def find_models():
    """Every value that the plan language is made of."""
    for module in (filters, private_statistics, sources, tables, treatments, treatments_groups):
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, Value) and each.__module__ == module.__name__:
                yield each


@pytest.mark.parametrize("model", [Plan, *find_models()], ids=lambda model: model.__name__)
def test_the_reference_names_every_field_and_every_word(model):
    code = set(re.findall(r"[\w-]+", CODE))
    for name, field in model.model_fields.items():
        assert name in code
        literal = re.findall(r"'([\w-]+)'", str(field.annotation)) if "Literal" in str(field.annotation) else []
        assert set(literal) - code == set()


ROOMS = ("engines", "plan", "filters", "sources", "treatments")


def test_the_reference_names_every_error_of_plans_and_engines():
    ours = tuple(f"fairshare.release.{room}" for room in ROOMS)
    named = set(re.findall(r"\b[A-Z_]{6,}\b", CODE))
    assert {each.code for each in find_errors() if each.__module__.startswith(ours)} <= named
    settings = {"FAIRSHARE_SPARK_MASTER", "FAIRSHARE_SPARK_PROPERTIES"}
    assert named - {each.code for each in find_errors()} == {"YYYYMMDD", "TIMESTAMP", *settings}
