"""Conventions of the dbt project: one owner of time, short models with a grain, and one description of each column."""

import re
from pathlib import Path

import pytest
import yaml

from plugins.on_call.set_sql import giving
from tests.dbt_project.rawfiles import Flight, land_flights
from tests.dbt_project.warehouse import PROJECT, Warehouse

MODELS = sorted((PROJECT / "models").rglob("*.sql"))
SQL = sorted(path for folder in ("models", "macros", "tests") for path in (PROJECT / folder).rglob("*.sql"))
MOMENT = r"\b(?:\w+\.)?(?:observed_at|as_of)\b"
OPERATOR = r"(?:<=?|>=?|!=|(?<![<>=!])=(?!\s*')|\bbetween\b|\bin\b|\bis\s+(?:not\s+)?distinct\b)"
COMPARED = re.compile(
    rf"{OPERATOR}\s*\(*(?:\{{\{{\s*)?{MOMENT}|{MOMENT}(?:\(\)\s*\}}\}})?\)*(?:\s*[-+]\s*(?:interval[\w\s']*|\w+\([^)]*\)))?\s*{OPERATOR}",
    re.I,
)
ORIGIN_DELAYS, LAST_COLUMN = "models/features/origin_delays.sql", "        spine.observed_month,"
FIRST_FEATURE = "      - name: origin_departures_1h"
KEPT = {"flight_id", "observed_month", "month_fingerprint"}


def described() -> dict[str, dict]:
    found = [
        each
        for path in (PROJECT / "models").rglob("*.yml")
        for each in yaml.safe_load(path.read_text()).get("models", [])
    ]
    return {each["name"]: each for each in found}


def described_elsewhere(model: str) -> list[dict]:
    """Upcoming rows have the columns of their training set but the label's, and the lookup key's."""
    of = described()[model.removesuffix("_upcoming")]
    lookup = [each for each in of["config"]["meta"]["upcoming"]["lookup"] if isinstance(each, dict)]
    return lookup + [c for c in of["columns"] if not c["config"]["meta"]["role"].startswith("label")]


def joined(model: str) -> set[str]:
    """What a model of rows reads."""
    return set(re.findall(r"(?:from \{\{ |stale_rows_of\()ref\('(\w+)'", (PROJECT / f"models/rows/{model}.sql").read_text()))


def test_rows_are_the_spine_with_the_columns_of_each_feature_model_that_they_join(built):
    for model in ("late_arrival_rows", "cancellation_rows"):
        parts = "', '".join(joined(model))
        of_parts = built.query(
            f"select distinct column_name from information_schema.columns where table_name in ('{parts}')"
        )
        whole = built.query(f"select column_name from information_schema.columns where table_name = '{model}'")
        assert "spine" in parts and len(joined(model)) > 3
        assert sorted(whole) == sorted(of_parts)


def contract_columns() -> set[str]:
    columns = [
        c for path in (PROJECT / "models/training_sets").glob("*.sql") for c in described()[path.stem]["columns"]
    ]
    return {c["name"] for c in columns if c["config"]["meta"]["role"] == "feature"}


@pytest.mark.parametrize("path", [path for path in SQL if path.name != "time.sql"], ids=lambda path: path.stem)
def test_only_one_file_compares_times_with_observed_at_or_as_of(path: Path):
    assert COMPARED.findall(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "where known_at < observed_at",
        "on a.known_at <= spine.observed_at",
        "where observed_at - interval 3 hour > known_at",
        "where observed_at between a and b",
        "where x.observed_at >= a",
        "asof join f on f.k = s.k and f.known_at < s.observed_at",
        "where label_known_at < {{ as_of() }}",
        "where {{ as_of() }} > label_known_at",
    ],
)
def test_a_comparison_with_time_is_seen(text):
    assert COMPARED.search(text)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_is_short_and_says_its_grain(path: Path):
    assert len(path.read_text().splitlines()) <= 80
    assert re.search(r"Grain: one row per|One row per", described()[path.stem]["description"])


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_ends_with_its_last_step_and_reads_no_clock(path: Path):
    text = path.read_text()
    assert re.search(r"\nselect \* from \w+(?: -- noqa: AM04)?\n$", text)
    assert not re.search(
        r"\b((now|today|random|uuid|get_current_timestamp)\s*\(|current_(date|time|timestamp)\b)", text, re.I
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("built"))
    land_flights(
        warehouse.raw, [Flight("2013-01-05 14:00"), Flight("2013-01-06 14:00", None, None, number=2, tailnum=None)]
    )
    warehouse.build(verb="build", as_of="2013-01-07")
    return warehouse


def test_every_column_of_every_model_is_described_once_and_the_reverse(built):
    tables = {model: entry for model, entry in described().items() if not model.endswith("_rows")}
    for model, entry in tables.items():
        named = built.query(f"select column_name from information_schema.columns where table_name = '{model}'")
        columns = {name for (name,) in named if model not in built.features() or name in KEPT}
        written = entry.get("columns") or described_elsewhere(model)
        assert {column["name"] for column in written if column["description"]} == columns, model


@pytest.mark.parametrize("name", ["late_arrival", "cancellation"])
def test_a_page_finds_the_one_model_that_gives_a_feature_to_its_set(built, name):
    compiled = {path.stem: path.read_text() for path in (built.home / "target/compiled").rglob("models/*/*.sql")}
    features = [c["name"] for c in described()[name]["columns"] if c["config"]["meta"]["role"] == "feature"]
    found = {feature: set(giving(name, compiled, feature)) for feature in features}
    assert {feature: models for feature, models in found.items() if len(models) > 1} == {}
    assert {f: m for f, m in found.items() if not m <= {"spine", *built.features()}} == {}
    assert len(set.union(*found.values())) > 3


def test_every_feature_in_sql_is_in_a_contract_and_the_reverse(built):
    models = "', '".join(built.features())
    found = built.query(f"select column_name from information_schema.columns where table_name in ('{models}')")
    names = [name for (name,) in found if name not in KEPT]
    assert len(names) == len(set(names)), "a column name stands in two feature models"
    spine = {
        name for (name,) in built.query("select column_name from information_schema.columns where table_name = 'spine'")
    }
    assert set(names) <= contract_columns() <= set(names) | spine


def test_a_feature_that_no_contract_describes_fails_the_build(built):
    more = built.edited(ORIGIN_DELAYS, LAST_COLUMN, "        1 as surprise,\n" + LAST_COLUMN)
    done = more.dbt("build", "--select", "origin_delays", "late_arrival")
    [failed] = [each.node for each in done.result.results if each.status == "fail"]
    assert failed.name == "every_feature_is_described_late_arrival_"
    assert more.query(failed.compiled_code) == [("origin_delays", "surprise")]


def test_a_contract_column_that_no_sql_has_fails_the_build(built):
    extra = "      - {name: never_made, data_type: integer, description: Nothing., config: {meta: {role: feature}}}\n"
    more = built.edited("models/training_sets/late_arrival.yml", FIRST_FEATURE, extra + FIRST_FEATURE)
    done = more.dbt("run", "--select", "late_arrival")
    assert not done.success
    assert "never_made" in done.result.results[0].message


def test_a_feature_is_added_by_one_line_of_sql_and_its_description(warehouse):
    land_flights(warehouse.raw, [Flight("2013-01-05 14:00")])
    warehouse.build("+late_arrival")
    meta = "config: {meta: {role: feature, unit: one, bounds: [42, 42]}}"
    column = f"      - {{name: origin_answer, data_type: integer, description: Forty-two., {meta}}}\n"
    more = warehouse.edited(ORIGIN_DELAYS, LAST_COLUMN, "        42 as origin_answer,\n" + LAST_COLUMN)
    more.edited("models/training_sets/late_arrival.yml", FIRST_FEATURE, column + FIRST_FEATURE)
    more.build("origin_delays", "late_arrival_rows", "late_arrival", verb="build")
    assert more.query("select origin_answer from late_arrival") == [(42,)]


def test_one_feature_builds_in_a_warehouse_that_has_only_what_one_training_set_needs(warehouse):
    land_flights(warehouse.raw, [Flight("2013-01-05 14:00")])
    warehouse.build("+late_arrival", verb="build")
    assert warehouse.dbt("build", "-s", "+origin_delays", as_of=None).success


def failed_tests(done) -> set[str]:
    return {each.node.name for each in done.result.results if each.status == "fail"}


def test_a_carrier_or_airport_that_nobody_described_fails_the_build_of_a_training_set(warehouse):
    land_flights(warehouse.raw, [Flight("2013-01-05 14:00", carrier="ZZ", dest="NIL")])
    failed = " ".join(failed_tests(warehouse.dbt("build", "--select", "+cancellation")))
    assert "carrier__carrier__ref_stg_nycflights13__airlines" in failed
    assert "dest__airport__ref_stg_nycflights13__airports" in failed


def test_a_feature_model_that_loses_a_row_of_the_spine_fails_the_build(built):
    fewer = built.edited(ORIGIN_DELAYS, "    from spine\n", "    from (select * from spine limit 1) as spine\n")
    done = fewer.dbt("build", "--select", "spine", "origin_delays")
    assert failed_tests(done) == {"as_many_rows_as_origin_delays_ref_spine_"}


def test_a_longer_lookback_is_said_in_one_place(built):
    longer = built.edited("macros/time.sql", "return(35)", "return(60)").edited(ORIGIN_DELAYS, "'1h'", "'59d'")
    assert longer.dbt("compile", "--select", "origin_delays").success


def test_a_window_longer_than_the_longest_lookback_is_refused(built):
    longer = built.edited(ORIGIN_DELAYS, "'1h'", "'36d'")
    done = longer.dbt("run", "--select", "origin_delays")
    assert not done.success
    assert "at most 35 days" in str(done.exception or done.result.results[0].message)


def test_cancellation_uses_nothing_that_comes_from_the_tail_number():
    parents = re.findall(r"ref\('(\w+)'\)", (PROJECT / "models/rows/cancellation_rows.sql").read_text())
    texts = [path.read_text() for path in MODELS if path.stem in parents and path.parent.name == "features"]
    assert texts
    assert not any("tailnum" in text for text in texts)


@pytest.mark.parametrize("path", sorted((PROJECT / "models/upcoming").glob("*.sql")), ids=lambda path: path.stem)
def test_upcoming_rows_and_their_training_set_read_the_same_rows_and_tell_empty_from_nothing_landed(path: Path):
    name = path.stem.removesuffix("_upcoming")
    training_set = (PROJECT / f"models/training_sets/{name}.sql").read_text()
    for text in (path.read_text(), training_set):
        assert set(re.findall(r"ref\('(\w+)'\)", text)) == {f"{name}_rows", f"label_{name}"}
    guard = {"rows": f"ref('{name}_rows')", "training_set": name}
    assert described()[path.stem]["data_tests"] == [{"some_were_observed_lately": {"arguments": guard}}]


def test_no_upcoming_row_for_want_of_rows_fails_the_build_and_for_want_of_open_labels_does_not(warehouse):
    land_flights(warehouse.raw, [Flight("2013-01-05 14:00")])
    warehouse.build("+late_arrival_upcoming", verb="build", as_of="2013-01-05 18:00")
    assert warehouse.query("select count(*) from late_arrival_upcoming") == [(0,)]
    done = warehouse.dbt("build", "--select", "+late_arrival_upcoming", as_of="2013-01-09")
    [failed] = failed_tests(done)
    assert failed.startswith("some_were_observed_lately_late_arrival_upcoming")
