"""What the search says is best is what plain Python finds by trying everything; and its plan does what it says."""

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fairshare.release.deidentify.hierarchies import find_built_in, list_built_in
from fairshare.release.deidentify.lattice import NoLevelsPass
from fairshare.release.deidentify.search import Quasi, Question, make_groups, open_lattice, search_plan
from fairshare.release.deidentify.settle import make_treatment
from fairshare.release.deidentify.suggesting import make_intervals
from fairshare.release.engines.memory import treat_cell, treat_null
from fairshare.release.engines.memory_groups import divide, hold_back_small_groups
from fairshare.release.plan import Plan
from fairshare.release.sources import ParquetFile
from fairshare.words import FairshareError
from tests.release.engines.tables import a_folder, run_both, write_parquet

PARQUET = ParquetFile(format="parquet", path="source.parquet")
NAMES = ["sex", "visits", "born", "name", "big"]
QUASI = ("sex", "visits", "born")
rows_of_people = st.lists(
    st.tuples(
        st.sampled_from(["F", "M", None]),
        st.sampled_from([1, 3, 7, 22, None]),
        st.sampled_from([date(1980, 1, 1), date(1980, 2, 1), date(1981, 2, 1), date(1995, 2, 1), None]),
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from([1, 2, 9, None]),
    ),
    min_size=3,
    max_size=25,
)
K = {"treatment": "suppress_small_groups"}
L = {"treatment": "suppress_to_l_diversity", "sensitive": "name"}
MODELS = [
    ({**K, "k": 2},),
    ({**K, "k": 3}, {**L, "l": 2}),
    ({**K, "k": 2}, {**L, "l": 1.5, "measure": "entropy"}),
    ({**L, "l": 2, "c": 2, "measure": "recursive"},),
    ({**K, "k": 2}, {"treatment": "suppress_to_t_closeness", "sensitive": "big", "t": 0.3, "distance": "ordered"}),
    ({**L, "l": 2}, {"treatment": "suppress_to_t_closeness", "sensitive": "name", "t": 0.35}),
]
HIERARCHIES = {"sex": "values", "visits": "ages", "born": "dates"}


def treat_rows(rows, node):
    """The rows at a node, in plain Python."""
    treatments = []
    for column, level in zip(QUASI, node, strict=True):
        hierarchy = find_built_in(HIERARCHIES[column])
        treatments.append(make_treatment(column, hierarchy.treat(hierarchy.levels[level])))

    def treat(treatment, cell):
        return treat_null(treatment) if cell is None else treat_cell(treatment, cell, {})

    return [tuple(treat(*each) for each in zip(treatments, row, strict=False)) + row[3:] for row in rows]


def measure(loss, rows, treated, kept, node, k):
    """Each loss, as its definition says."""
    heights = [len(list_built_in()[HIERARCHIES[name]].levels) - 1 for name in QUASI]
    held = len(rows) - len(kept)
    if loss == "precision":
        share = sum(level / height for level, height in zip(node, heights, strict=True)) / len(node)
        return (share * len(kept) + held) / len(rows)
    sizes = Counter(row[: len(QUASI)] for row in kept)
    if loss == "discernibility":
        return (sum(size**2 for size in sizes.values()) + held * len(rows)) / len(rows) ** 2
    if loss == "class_size":
        return len(rows) / len(sizes) / k if sizes else float("inf")
    lowest = treat_rows(rows, (0,) * len(node))
    lost = 0.0
    for column in range(len(QUASI)):
        domain = len({row[column] for row in lowest})
        covers = {}
        for fine, coarse in zip(lowest, treated, strict=True):
            covers.setdefault(coarse[column], set()).add(fine[column])
        lost += sum((len(covers[row[column]]) - 1) / max(domain - 1, 1) for row in kept) + held
    return lost / len(rows) / len(QUASI)


def try_everything(rows, models, share, loss):
    """The least loss of any node that passes, and how many rows each passing node holds back."""
    groups = make_groups(QUASI, models)
    k = next((model["k"] for model in models if "k" in model), 1)
    plan = Plan.model_construct(columns=[make_treatment(name, {"treatment": "keep"}) for name in NAMES], groups=groups)
    found = {}
    for node in product(*(range(len(list_built_in()[HIERARCHIES[name]].levels)) for name in QUASI)):
        treated = treat_rows(rows, node)
        kept, _ = hold_back_small_groups(plan, treated)
        if len(rows) - len(kept) <= int(share * len(rows)):
            found[node] = (measure(loss, rows, treated, kept, node, k), len(rows) - len(kept))
    return found


def ask(models, share=Decimal("0.01"), loss="precision"):
    quasi = tuple(Quasi(name, HIERARCHIES[name]) for name in QUASI)
    return Question(PARQUET, quasi, models, share, loss)


@settings(max_examples=16, phases=[Phase.generate])
@given(
    rows=rows_of_people,
    models=st.sampled_from(MODELS),
    share=st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("0.4")]),
    loss=st.sampled_from(["precision", "ncp", "discernibility", "class_size"]),
    way=st.sampled_from(["optimal", "optimal", "fast"]),
)
def test_the_best_is_what_trying_everything_finds(rows, models, share, loss, way):
    everything = try_everything(rows, models, share, loss)
    with a_folder() as base:
        write_parquet(base / "source.parquet", NAMES, rows)
        try:
            found = search_plan(ask(models, share, loss), base, way=way)
        except NoLevelsPass:
            top = tuple(len(list_built_in()[HIERARCHIES[name]].levels) - 1 for name in QUASI)
            assert not everything or (way == "fast" and top not in everything)
            return
        levels = [list_built_in()[HIERARCHIES[name]].levels.index(found.best.levels[name]) for name in QUASI]
        loss_here, held_here = everything[tuple(levels)]
        assert found.best.loss == pytest.approx(loss_here)
        assert found.best.rows_held_back == held_here
        if way == "optimal":
            assert found.best.loss == pytest.approx(min(loss for loss, _ in everything.values()))
        treated = treat_rows(rows, (0, 0, 0))
        classes = divide(make_groups(QUASI, models)[0], NAMES, treated)
        assert found.sizes == tuple(sorted(Counter(map(len, classes.values())).items()))
        if found.best.rows_held_back < len(rows):
            report, _ = run_both(found.plan, base, "csv")
            assert report.rows_suppressed == held_here


def test_delta_presence_is_searched_with_a_population(tmp_path):
    rows = [("F", visits, date(1980, 1, 1), "a", 1) for visits in (1, 3, 7, 22) for _ in range(4)]
    write_parquet(tmp_path / "source.parquet", NAMES, rows)
    counts = "".join(f"F,{visits},1980-01-01,{people}\n" for visits, people in ((1, 4), (3, 16), (7, 20), (22, 40)))
    (tmp_path / "people.csv").write_text("sex,visits,born,people\n" + counts + "M,80,1980-01-01,99\n")
    model = {"treatment": "suppress_to_delta_presence", "most": 0.5, "population": "people.csv"}
    quasi = tuple(Quasi(name, HIERARCHIES[name]) for name in QUASI)
    found = search_plan(Question(PARQUET, quasi, (model,), Decimal(0), population="people.csv"), tmp_path)
    # One and three visits have 8 of 20 people together; one visit alone has all 4 of 4.
    assert found.best.levels == {"sex": "F" and "value", "visits": "width_5", "born": "day"}
    report, _ = run_both(found.plan, tmp_path, "csv")
    assert report.groups[0].found_sent == 0.4


@pytest.mark.parametrize(("rows", "question", "code"), [
    ([], ask(MODELS[0]), "TOO_FEW_ROWS"),
    ([("F", 1, date(1980, 1, 1), "a", 1)], ask(MODELS[0]), "TOO_FEW_ROWS"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, ask(({**K, "k": 10},)), "TOO_FEW_ROWS"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, ask(MODELS[1]), "NO_LEVELS_PASS"),
    ([("F", 1, date(1980, 1, 1), None, 1)] * 9, ask(MODELS[1]), "NO_LEVELS_PASS"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, ask(({**K, "k": 1},)), "GROUP_UNFIT"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, Question(PARQUET, (), MODELS[0]), "QUASI_UNFIT"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, Question(PARQUET, (Quasi("sex"),) * 2, MODELS[0]), "QUASI_UNFIT"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, Question(PARQUET, (Quasi("absent"),), MODELS[0]), "UNKNOWN_COLUMN"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, Question(PARQUET, (Quasi("sex", "dates"),), MODELS[0]),
     "HIERARCHY_UNFIT"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, Question(PARQUET, (Quasi("sex", "absent.csv"),), MODELS[0]),
     "NOT_FOUND"),
    ([("F", 1, date(1980, 1, 1), "a", 1)] * 9, Question(PARQUET, (Quasi("sex", "tree.csv"),), MODELS[0]),
     "LABEL_MISSING"),
])  # fmt: skip
def test_what_cannot_be_searched_is_refused_with_a_next_step(tmp_path, rows, question, code):
    write_parquet(tmp_path / "source.parquet", NAMES, rows)
    (tmp_path / "tree.csv").write_text("value;all\nM;person\n")
    with pytest.raises(FairshareError) as refused:
        search_plan(question, tmp_path)
    assert refused.value.code == code
    assert refused.value.fix


def test_a_column_that_is_null_throughout_is_one_class(tmp_path):
    write_parquet(tmp_path / "source.parquet", NAMES, [(None, None, None, "a", 1), (None, None, None, "b", 1)] * 5)
    found = search_plan(ask(MODELS[1]), tmp_path)
    assert found.best.loss == 0
    assert found.sizes_sent == ((10, 1),)


def test_intervals_are_made_where_no_hierarchy_was_chosen(tmp_path):
    write_parquet(tmp_path / "source.parquet", ["visits"], [(each,) for each in range(100)])
    found = search_plan(Question(PARQUET, (Quasi("visits"),), ({**K, "k": 10},), Decimal(0)), tmp_path)
    assert found.best.levels == {"visits": "width_10"}
    assert found.proved
    assert make_intervals(0.0, 1.0, whole=False).widths == (0.05, 0.1, 0.5)


@pytest.mark.parametrize(("models", "share", "keeps"), [
    (MODELS[0], "0.4", True), (MODELS[1], "0.4", True), (MODELS[2], "0.4", False), (MODELS[3], "0.4", False),
    (MODELS[4], "0.4", False), (MODELS[2], "0", True), (MODELS[4], "0", True),
])  # fmt: skip
def test_nothing_is_ruled_out_unseen_where_merging_classes_can_make_them_fail(tmp_path, models, share, keeps):
    """One a and one b are 2-diverse by entropy; with nine more of a they are not, though the nine may be held back."""
    rows = [("F", 1, date(1980, 1, 1), name, 1) for name in "ab"] + [("F", 3, date(1980, 1, 1), "a", 1)] * 9
    write_parquet(tmp_path / "source.parquet", NAMES, rows)
    with open_lattice(ask(models, Decimal(share)), tmp_path) as (lattice, _):
        assert lattice.merges_keep_passing is keeps
