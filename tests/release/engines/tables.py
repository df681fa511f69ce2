"""Random tables and random plans that suit them, for tests that compare engines."""

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import strategies as st

from fairshare.release.engines import EngineReport, run_plan
from fairshare.release.engines.session import as_glob, quote_text
from fairshare.release.plan import Plan
from fairshare.words import FairshareError

KEYS = {"k1": b"0123456789abcdef", "k2": b"\x00" * 32, "k3": b"longer than a block " * 5}


class FixedKeys:
    """Keys that every test knows."""

    def key_for(self, key_id: str) -> bytes:
        return KEYS[key_id]


TYPES = {
    "name": "VARCHAR",
    "postcode": "VARCHAR",
    "sex": "VARCHAR",
    "visits": "INTEGER",
    "big": "BIGINT",
    "cost": "DECIMAL(9,2)",
    "weight": "DOUBLE",
    "born": "DATE",
    "seen": "TIMESTAMP",
    "consent": "BOOLEAN",
    "bytes": "BLOB",
}

odd_text = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(
        [
            "=1+1",
            "-3",
            "+x",
            "@a",
            "'",
            "''",
            "\t",
            "\r\n",
            'a"b',
            "a,b",
            "",
            " ",
            "＝x",
            "e\u0301",
            "👨‍👩‍👧",
            "nul\x00l",
        ]
    ),
)
postcodes = st.one_of(
    st.sampled_from(
        [
            "SW1A 1AA",
            "sw1a1aa",
            "M1 1AE",
            " B33  8TH ",
            "CR2 6XH",
            "DN55 1PT",
            "GIR 0AA",
            "W1A 0AX",
            "M1",
            "SW1A",
            "ASCN 1ZZ",
            "M1 1AE\n",
            "M1\u00a01AE",
            "ſW1A 1AA",
            "M１ 1AE",
            "12345",
            "Manchester",
            "",
        ]
    ),
    st.text("ABCabc019 ", max_size=8),
)
leap_days = st.sampled_from(
    [date(2000, 2, 29), date(2004, 2, 29), date(1900, 2, 28), date(1, 1, 1), date(9999, 12, 31)]
)
dates = st.one_of(st.dates(), st.dates(date(1930, 1, 1), date(2026, 12, 31)), leap_days)
moments = st.datetimes()

CELLS = {
    "name": odd_text,
    "postcode": postcodes,
    "sex": st.sampled_from(["F", "M", "X"]),
    "visits": st.integers(-3, 12) | st.integers(-(2**31), 2**31 - 1),
    "big": st.integers(-(2**63), 2**63 - 1),
    "cost": st.decimals(-9999, 9999, places=2),
    "weight": st.floats(),
    "born": dates,
    "seen": moments,
    "consent": st.booleans(),
    "bytes": st.binary(max_size=4),
}


def rows_of(names: Iterable[str]) -> st.SearchStrategy[list[tuple[object, ...]]]:
    """Tables with these columns, nulls among the cells, repeated rows among the rows."""
    row = st.tuples(*(st.none() | CELLS[name] for name in names))
    return st.lists(row, max_size=12).flatmap(
        lambda rows: (
            st.lists(st.sampled_from(rows), max_size=8).map(lambda more: rows + more) if rows else st.just(rows)
        )
    )


LISTS = {
    "name": "F\nM\n=1+1\n\u00e9\na,b\n'\nx",
    "visits": "0\n1\n-3\n7\n5",
    "cost": "1.5\n0\n-3.10\n12",
    "born": "2000-02-29\n2004-02-29\n0001-01-01\n1950-05-21",
}
LISTS |= {"postcode": "SW1A 1AA\nm1 1ae\nB33\nManchester", "sex": LISTS["name"], "big": LISTS["visits"]}
LISTS |= {"day": LISTS["born"]}
"""What a list of values of each column holds."""


def write_lists(base: Path) -> None:
    """The list files that random plans name."""
    for name, lines in LISTS.items():
        (base / f"list {name}.txt").write_text(lines)


def treatments_of(name: str) -> st.SearchStrategy[dict[str, object]]:
    """Treatments that suit a column."""
    if name == "bytes":
        return st.just({"treatment": "drop"})
    levels = LEVELS.get(name, ())
    wider = [{"treatment": "generalise", "to": "all_alike"}]
    wider += [
        {"treatment": "generalise", "to": "hierarchy", "hierarchy": hierarchy, "level": level}
        for hierarchy, each in levels
        for level in each
    ]
    if name in ("name", "sex", "postcode", "visits", "big"):
        wider += [{"treatment": "generalise", "to": "first_characters", "keep": keep} for keep in (1, 2, 4)]
    if name in ("name", "sex", "postcode", "visits", "consent"):
        labels = {"F": "one", "M": "two", "1": "one", "0": "=two", "true": "one", "SW1A 1AA": "one", "x": "two"}
        wider += [{"treatment": "generalise", "to": "label", "labels": labels, "other": "rest"}]
    if name == "postcode":
        areas = {"SW": "South", "M": "North", "B": "Middle"}
        wider += [
            {"treatment": "generalise", "to": "label", "labels": areas, "other": "rest", "by": "postcode_area"},
            *({"treatment": "generalise", "to": f"postcode_{to}"} for to in ("unit", "sector")),
        ]
    if name in ("born", "seen", "day"):
        wider += [{"treatment": "generalise", "to": to} for to in ("day", "quarter", "decade")]
    return first_treatments_of(name) | st.sampled_from(wider)


DATE_LEVELS = [("dates", ("day", "month", "quarter", "year", "decade", "*"))]
LEVELS = {
    "postcode": [("postcodes", ("unit", "sector", "district", "area", "region", "nation", "*"))],
    **dict.fromkeys(("born", "seen", "day"), DATE_LEVELS),
    **{name: [("ages", ("width_5", "width_10", "width_30", "*"))] for name in ("visits", "cost")},
    "sex": [("values", ("value", "*"))],
}
"""The built-in hierarchies that suit a column, each with its levels."""


def first_treatments_of(name: str) -> st.SearchStrategy[dict[str, object]]:
    """The plainer treatments of a column."""
    keep = st.just({"treatment": "keep"})
    pseudonymise = st.sampled_from([{"treatment": "pseudonymise", "key": key} for key in KEYS])
    mask = st.builds(
        lambda a, b: {"treatment": "mask", "keep_first": a, "keep_last": b}, st.integers(0, 3), st.integers(0, 3)
    )
    dated = st.sampled_from([{"treatment": "generalise", "to": "month"}, {"treatment": "generalise", "to": "year"}])
    ages = st.builds(
        lambda on, edges: {"treatment": "generalise", "to": "age_band", "on": on.isoformat(), "edges": sorted(edges)},
        dates,
        st.sets(st.integers(0, 120), min_size=1, max_size=4),
    )
    edge = (
        st.integers(-100, 100)
        if name in ("visits", "big")
        else st.integers(-100, 100) | st.floats(-99, 99).map(lambda each: round(each, 2))
    )
    bands = st.builds(
        lambda edges: {"treatment": "generalise", "to": "bands", "edges": sorted(edges)},
        st.sets(edge, min_size=1, max_size=4),
    )
    place = st.sampled_from(
        [{"treatment": "generalise", "to": "postcode_district"}, {"treatment": "generalise", "to": "postcode_area"}]
    )
    match name:
        case "day":
            return keep | pseudonymise | dated | ages
        case "name" | "sex":
            return keep | pseudonymise | mask
        case "postcode":
            return keep | pseudonymise | mask | place
        case "visits" | "big":
            return keep | pseudonymise | mask | bands
        case "cost":
            return keep | pseudonymise | bands
        case "weight":
            return keep | bands
        case "born" | "seen":
            return keep | pseudonymise | dated | ages
        case "consent":
            return keep
    return st.just({"treatment": "drop"})


def given_of(name: str) -> st.SearchStrategy[object]:
    """Values as a plan writes them, for tests on a column."""
    match name:
        case "born" | "day":
            return dates.map(date.isoformat)
        case "seen":
            return dates.map(date.isoformat) | moments.map(lambda each: each.isoformat(timespec="microseconds"))
        case "cost":
            return st.integers(-99, 99) | st.decimals(-99, 99, places=2).map(str)
        case "big":
            return st.integers(-(2**53) + 1, 2**53 - 1)
        case "weight":
            return st.floats(-99, 99) | st.integers(-99, 99)
    return CELLS[name]


def tests_of(name: str) -> st.SearchStrategy[dict[str, object]]:
    """Row tests that suit a column."""
    nulls = st.sampled_from([{"test": "is_null"}, {"test": "not_null"}])
    if name == "bytes":
        return nulls
    given = given_of(name)
    options = [nulls]
    if name != "weight":
        options += [
            st.builds(
                lambda test, value: {"test": test, "value": value}, st.sampled_from(["equals", "not_equals"]), given
            ),
            st.builds(
                lambda test, values: {"test": test, "values": values},
                st.sampled_from(["one_of", "none_of"]),
                st.lists(given, min_size=1, max_size=3),
            ),
        ]
    if name in ("visits", "big", "cost", "weight", "born", "day", "seen"):
        options += [
            st.builds(
                lambda test, value: {"test": test, "value": value},
                st.sampled_from(["less_than", "at_most", "more_than", "at_least"]),
                given,
            ),
            st.builds(lambda first, last: {"test": "between", "first": first, "last": last}, given, st.none() | given),
        ]
    if name in LISTS:
        listing = {"path": f"list {name}.txt"}
        options.append(st.sampled_from([{"test": "listed"} | listing, {"test": "not_listed"} | listing]))
    return st.one_of(options)


def opt_outs_of(names: list[str]) -> st.SearchStrategy[list[dict[str, object]]]:
    """At most one list of people who opted out, which reaches the release or not."""
    found = [name for name in names if name in LISTS]
    reach = st.sampled_from([{}, {}, {"recipients": ["Somebody else"], "out_of_scope": True}, {"effect": "column"}])
    one = st.builds(
        lambda name, reach: {
            "name": "those who opted out",
            "kind": "local_list",
            "path": f"list {name}.txt",
            "sha256": sha256(LISTS[name].encode()).hexdigest(),
            "column": name,
            **reach,
            **({"columns": [name]} if "effect" in reach else {}),
        },
        st.sampled_from(found),
        reach,
    )
    return st.just([]) | one.map(lambda each: [each]) if found else st.just([])


ORDERED = ("visits", "big", "cost", "weight", "born", "seen", "day")


@st.composite
def groups_of(draw: st.DrawFn, columns: list[dict[str, object]]) -> dict[str, object]:
    """A group treatment of some model over columns that are sent; most hold rows back, some refuse."""
    sent = {column["sent_as"]: column for column in columns if "sent_as" in column}
    chosen = draw(st.lists(st.sampled_from(list(sent)), min_size=1, max_size=2, unique=True))
    others = [name for name in sent if name not in chosen]
    verb = draw(st.sampled_from(["suppress", "suppress", "suppress", "check"]))
    models = ["k", "k", "delta"] + (["l", "l", "t", "t"] if others else [])
    model = draw(st.sampled_from(models))
    if model == "k":
        name = "suppress_small_groups" if verb == "suppress" else "check_k_anonymity"
        return {"treatment": name, "columns": chosen, "k": draw(st.integers(2, 4))}
    to = "_to_" if verb == "suppress" else "_"
    if model == "delta":
        value = st.sampled_from([None, "*", "F", "M", "one", "rest", "2000", "SW1A", "0", "true"])
        counts = draw(st.dictionaries(st.tuples(*(value for _ in chosen)), st.integers(0, 9), min_size=1, max_size=4))
        return {
            "treatment": f"{verb}{to}delta_presence",
            "columns": chosen,
            "most": draw(st.sampled_from([0.2, 0.5, 1])),
            "counts": [{"values": values, "people": people} for values, people in counts.items()],
        }
    sensitive = draw(st.sampled_from(others))
    shared = {"columns": chosen, "sensitive": sensitive}
    if model == "t":
        kept = sent[sensitive]
        ordered = kept["treatment"] == "keep" and kept["column"] in ORDERED
        distance = draw(st.sampled_from(["equal", "ordered"] if ordered else ["equal"]))
        t = draw(st.sampled_from([0, 0.1, 0.25, 0.5, 1]))
        return {"treatment": f"{verb}{to}t_closeness", **shared, "t": t, "distance": distance}
    measure = draw(st.sampled_from(["distinct", "entropy", "recursive"]))
    more = {"c": draw(st.sampled_from([0.5, 1, 2]))} if measure == "recursive" else {}
    return {"treatment": f"{verb}{to}l_diversity", **shared, "l": draw(st.integers(2, 3)), "measure": measure, **more}


@st.composite
def plans(draw: st.DrawFn, source: dict[str, object], names: list[str]) -> Plan:
    """A plan that suits a source with these columns."""
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=6))
    columns = [
        {"column": name, "sent_as": f"out {place}", **draw(treatments_of(name))} for place, name in enumerate(chosen)
    ]
    for column in columns:
        if column["treatment"] == "drop":
            del column["sent_as"]
    dropped = {column["column"] for column in columns if column["treatment"] == "drop"}
    columns = [column for column in columns if column["treatment"] == "drop" or column["column"] not in dropped]
    # A column never goes both as it is and pseudonymised.
    hidden = {column["column"] for column in columns if column["treatment"] == "pseudonymise"}
    columns = [column for column in columns if column["treatment"] != "keep" or column["column"] not in hidden]
    if not any("sent_as" in column for column in columns):
        columns.append({"column": names[0], "sent_as": "out", "treatment": "keep"})
    rows = [{"column": name, **draw(tests_of(name))} for name in draw(st.lists(st.sampled_from(names), max_size=2))]
    groups = [draw(groups_of(columns)) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))]
    plan = {"name": "random", "source": source, "columns": columns, "rows": rows, "groups": groups}
    return Plan.model_validate(plan | {"opt_outs": draw(opt_outs_of(names))})


def make_table(
    session: duckdb.DuckDBPyConnection, names: list[str], rows: list[tuple[object, ...]], table: str = "made"
) -> None:
    """A DuckDB table with these rows."""
    session.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {TYPES[name]}' for name in names)})")
    if rows:
        session.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in names)})", rows)


def write_parquet(path: Path, names: list[str], rows: list[tuple[object, ...]]) -> None:
    """A Parquet file with these rows."""
    with duckdb.connect() as session:
        make_table(session, names, rows)
        session.execute(f"COPY made TO {quote_text(str(path))} (FORMAT parquet)")


def read_csv_cells(raw: bytes) -> list[tuple[str | None, ...]]:
    """The rows of a CSV file as we write it: every cell in quotation marks, a null as nothing."""
    text, rows, row = raw.decode(), [], []
    at = 0
    while at < len(text):
        found = re.compile(r'(?:"((?:[^"]|"")*)")?([,\n])').match(text, at)
        assert found, f"not our CSV at {at}"
        row.append(None if found[1] is None else found[1].replace('""', '"'))
        if found[2] == "\n":
            rows.append(tuple(row))
            row = []
        at = found.end()
    assert not row
    return rows


def read_rows(path: Path) -> tuple[object, Counter[tuple[object, ...]]]:
    """The header or types of an output file, and its rows with how often each stands there."""
    if path.suffix == ".csv":
        header, *rows = read_csv_cells(path.read_bytes())
        return header, Counter(rows)
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        relation = f"read_parquet({quote_text(as_glob(path))})"
        types = session.execute(f"DESCRIBE FROM {relation}").fetchall()
        return types, Counter(session.execute(f"FROM {relation}").fetchall())


@contextmanager
def a_folder() -> Iterable[Path]:
    """A folder for one example."""
    with TemporaryDirectory() as name:
        yield Path(name)


def run_both(plan: Plan, base: Path, output: str, **more: object) -> tuple[EngineReport, Counter[tuple[object, ...]]]:
    """Runs a plan by the two engines that need no cluster, and checks that they agree."""
    return run_all(plan, base, output, engines=("memory", "duckdb"), **more)


def run_all(
    plan: Plan, base: Path, output: str, *, engines: tuple[str, ...], **more: object
) -> tuple[EngineReport, Counter[tuple[object, ...]]]:
    """Runs a plan by several engines, checks that they agree in every row and count, and gives what the last gave."""
    found, refused = {}, {}
    for engine in engines:
        out = base / f"out-{engine}.{output}"
        out.unlink(missing_ok=True)
        try:
            report = run_plan(plan, engine=engine, keys=FixedKeys(), write_to=out, format=output, base=base, **more)
        except FairshareError as error:
            refused[engine] = error
        else:
            found[engine] = (report, *read_rows(out))
    if refused:
        assert not found, f"{refused} and {[*found]} did not refuse"
        assert len({str(each) for each in refused.values()}) == 1, refused
        raise refused[engines[0]]
    first, *others = found.values()
    for other in others:
        assert other[1] == first[1]
        assert other[2] == first[2]
        assert vars(other[0]) | {"engine": ""} == vars(first[0]) | {"engine": ""}
    report, _, rows = found[engines[-1]]
    assert report.rows_read == report.rows_rejected + report.rows_filtered + report.rows_suppressed + report.rows_sent
    assert report.rows_sent == rows.total()
    return report, rows


def run_random(
    plan: Plan, base: Path, output: str, *, engines: tuple[str, ...] = ("memory", "duckdb"), **more: object
) -> EngineReport | None:
    """The same for a random plan; None if every engine found, in the same words, groups that it had to refuse."""
    write_lists(base)
    try:
        return run_all(plan, base, output, engines=engines, **more)[0]
    except FairshareError as error:
        if error.code not in ("SMALL_GROUPS", "TELLING_GROUPS"):
            raise
        return None


def as_decimal(number: float) -> Decimal:
    """A number as it is written."""
    return Decimal(str(number))


CSV_TYPES = ["text", "integer", "decimal", "date", "date DD/MM/YYYY", "date YYYYMMDD", "datetime"]
CSV_NAMES = ["name", "postcode", "visits", "cost", "born", "day", "seen"]
CSV_DECLARED = {"visits": "integer", "cost": "decimal", "born": "date DD/MM/YYYY", "day": "date", "seen": "datetime"}
csv_text = st.text(st.characters(codec="cp1252", exclude_characters="\x00"), max_size=6) | st.sampled_from(
    ["=1+1", " ", "  x ", '"', "a,b", "\n", "\r\n", "\r", "a;b", " ", "x\ty", "1", "£5", "''"]
)
CSV_CELLS = {
    "name": csv_text,
    "postcode": st.sampled_from(["SW1A 1AA", "m1 1ae", "B33", "", "Zürich"]),
    "visits": st.integers(-5, 10**18).map(str)
    | st.sampled_from(["007", "-0", "1e3", " 1", "1.0", "+1", "9" * 18, "9" * 19, "१"]),
    "cost": st.decimals(-999, 999, places=2).map(str)
    | st.sampled_from(["1.50", "-0.0", "1,50", ".5", "5.", "1." + "1" * 11]),
    "born": dates.map(lambda each: f"{each.day:02}/{each.month:02}/{each.year:04}")
    | st.sampled_from(["29/02/2023", "1/2/2020", "00/00/0000", "01/01/0000", "2020-01-01", "31/04/2020"]),
    "day": dates.map(date.isoformat)
    | st.sampled_from(["0000-01-01", "2023-02-29", "2020-1-1", "infinity", "20200101"]),
    "seen": moments.map(lambda each: each.isoformat(sep=" ", timespec="seconds"))
    | moments.map(datetime.isoformat)
    | st.sampled_from(
        [
            "2020-01-01",
            "2020-01-01T24:00:00",
            "2020-01-01T10:00:60",
            "2020-01-01T10:00:00Z",
            "epoch",
            "2020-01-01T10:00:00.5",
            "2020-02-30T10:00:00",
        ]
    ),
}


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[dict[str, object], bytes]:
    """A CSV source and its bytes: sound in structure, with ragged rows, blank lines, bad cells and odd quoting."""
    delimiter, end = draw(st.sampled_from([",", ",", ";", "\t", "|"])), draw(st.sampled_from(["\n", "\r\n"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "windows-1252"]))

    def write(cell: str) -> str:
        try:
            cell.encode(encoding)
        except UnicodeEncodeError:
            cell = "x"
        if draw(st.booleans()) or any(each in cell for each in f'{delimiter}"\r\n'):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    lines = [delimiter.join(write(name) for name in CSV_NAMES)]
    for _ in range(draw(st.integers(0, 6))):
        cells = [draw(st.just("") | CSV_CELLS[name]) for name in CSV_NAMES]
        shape = draw(st.sampled_from(["whole", "whole", "whole", "blank", "short", "long", "padded"]))
        if shape == "short":
            cells = cells[: draw(st.integers(1, len(cells) - 1))]
        if shape == "blank":
            lines.append("")
            continue
        cells += {"long": ["more"], "padded": ["", ""]}.get(shape, [])
        lines.append(delimiter.join(write(cell) for cell in cells))
    text = end.join(lines) + draw(st.sampled_from(["", end, end * 3]))
    source = {
        "format": "csv",
        "path": "source.csv",
        "delimiter": delimiter,
        "trim": draw(st.booleans()),
        "encoding": "utf-8" if encoding == "utf-8-sig" else encoding,
        "types": CSV_DECLARED,
    }
    return source, text.encode(encoding)
