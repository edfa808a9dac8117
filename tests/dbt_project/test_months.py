"""Months are built when they are stale and only then; whatever happened before, the next build heals it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dbt_project.rawfiles import Flight, at, facts_of, land, land_flights, land_many
from tests.dbt_project.warehouse import TRAINING_SETS, Warehouse

JANUARY, FEBRUARY, MARCH, APRIL, MAY = (
    Flight(f"2013-0{month}-15 14:00", departure_delay=month) for month in range(1, 6)
)
ROWS = ("late_arrival_rows", "cancellation_rows")
LAST_EVENING = Flight(
    "2013-03-01 03:30", number=2
)  # 28 February in New York: in February's partition, observed in March (UTC)


def tables(warehouse: Warehouse) -> dict[str, list]:
    return {name: warehouse.content(name) for name in ["spine", *warehouse.features(), *ROWS, *TRAINING_SETS]}


def build_delays(warehouse: Warehouse, **options: bool) -> dict[str, int]:
    return warehouse.build("+origin_delays", "+label_cancellation", "+label_late_arrival", **options)


def test_landing_one_more_month_builds_that_month_and_what_spilled_into_it(warehouse):
    land_flights(warehouse.raw, [JANUARY, FEBRUARY, LAST_EVENING])
    warehouse.build()
    land_flights(warehouse.raw, [MARCH])
    written = warehouse.build()
    assert written["stg_nycflights13__flights_departed"] == written["flight_departures"] == 1
    for model in ["spine", "label_late_arrival", "label_cancellation", *warehouse.features(), *ROWS]:
        assert written[model] == 2, model


def test_a_build_with_nothing_new_writes_nothing(warehouse):
    land_flights(warehouse.raw, [JANUARY, FEBRUARY])
    warehouse.build()
    written = warehouse.build()
    assert {name: rows for name, rows in written.items() if rows and name not in TRAINING_SETS} == {}


def test_a_correction_reopens_the_months_that_it_touches(warehouse):
    land_flights(warehouse.raw, [JANUARY, FEBRUARY, MARCH, APRIL, MAY])
    build_delays(warehouse)
    land(
        warehouse.raw,
        "2013-01",
        {("flights", "departure"): facts_of([JANUARY])["flights", "departure"]},
        at("2013-02-10"),
    )
    written = build_delays(warehouse)
    assert written["stg_nycflights13__flights_departed"] == 2
    assert written["spine"] == written["label_late_arrival"] == 0
    assert written["origin_delays"] == written["label_cancellation"] - 1 == 4


def test_a_build_of_one_model_alone_does_not_pass_for_a_build_of_what_is_above_it(warehouse):
    land_flights(warehouse.raw, [JANUARY, FEBRUARY])
    build_delays(warehouse)
    changed = facts_of([Flight(JANUARY.scheduled, departure_delay=55, number=7)])
    land(warehouse.raw, "2013-01", {kind: rows for kind, rows in changed.items() if rows}, at("2013-01-14"))
    warehouse.build("origin_delays")
    assert build_delays(warehouse)["origin_delays"] > 0
    healed = warehouse.content("origin_delays")
    build_delays(warehouse, full_refresh=True)
    assert warehouse.content("origin_delays") == healed


def test_months_built_one_by_one_equal_a_full_refresh(warehouse):
    for month in (JANUARY, FEBRUARY, MARCH):
        land_flights(warehouse.raw, [month, LAST_EVENING] if month is FEBRUARY else [month])
        warehouse.build()
    one_by_one = tables(warehouse)
    warehouse.build(full_refresh=True)
    assert tables(warehouse) == one_by_one


def test_a_rebuild_of_two_months_at_a_time_equals_one_of_all_at_once(warehouse):
    land_flights(warehouse.raw, [JANUARY, FEBRUARY, LAST_EVENING, MARCH, APRIL, MAY])
    written = warehouse.build()
    at_once = tables(warehouse)
    by_two = warehouse.edited("dbt_project.yml", "months_at_once: 24", "months_at_once: 2")
    assert by_two.build(full_refresh=True) == written
    assert tables(warehouse) == at_once
    again = by_two.edited("models/features/origin_delays.sql", "select * from", "select *\nfrom").build()
    assert again["origin_delays"] == written["origin_delays"] == 6
    assert tables(warehouse) == at_once


def test_how_many_months_a_table_is_built_from_is_no_reason_to_build_it_anew(warehouse):
    land_flights(warehouse.raw, [JANUARY, FEBRUARY, MARCH])
    warehouse.edited("dbt_project.yml", "months_at_once: 24", "months_at_once: 1").build()
    assert {name for name, rows in warehouse.build().items() if rows} == set(TRAINING_SETS)


@pytest.mark.parametrize("given", ["0", "-2", "many"])
def test_months_at_once_must_be_a_number_that_leaves_none_out(warehouse, given):
    land_flights(warehouse.raw, [JANUARY])
    wrong = warehouse.edited("dbt_project.yml", "months_at_once: 24", f"months_at_once: {given}")
    done = wrong.dbt("run", "--select", "stg_nycflights13__flights_scheduled")
    assert not done.success
    assert f"months_at_once is {given}; wanted a whole number from 1" in done.result.results[0].message


def test_an_edited_model_is_built_anew_and_what_is_beside_it_is_not(warehouse):
    land_flights(warehouse.raw, [JANUARY, FEBRUARY])
    build_delays(warehouse)
    edited = warehouse.edited("models/features/origin_delays.sql", "select * from", "select *\nfrom")
    written = build_delays(edited)
    assert written["origin_delays"] == 2
    assert written["spine"] == written["label_late_arrival"] == 0


def test_a_model_that_fails_keeps_the_rows_that_it_had(warehouse):
    land_flights(warehouse.raw, [JANUARY])
    build_delays(warehouse)
    before = warehouse.content("origin_delays")
    broken = warehouse.edited("models/features/origin_delays.sql", "from spine\n", "from spine where error('no')\n")
    assert not broken.dbt("run", "--select", "origin_delays").success
    assert warehouse.content("origin_delays") == before


@pytest.mark.slow
@pytest.mark.parametrize("built", ["spine", "origin_delays"])
def test_a_build_that_was_killed_is_completed_by_the_next_one(warehouse, built):
    land_many(warehouse.raw, "2013-01", 5_000)
    warehouse.build()
    land_many(warehouse.raw, "2013-02", 5_000)
    dbt = [str(Path(sys.executable).with_name("dbt")), "run", "--vars", "{as_of: 2013-12-31}"]
    environment = {**os.environ, **warehouse.environment(), "DBT_LOG_LEVEL": "info"}
    killed = subprocess.Popen(dbt, env=environment, stdout=subprocess.PIPE, text=True)
    assert any(f"OK created sql incremental model main.{built} " in line for line in killed.stdout)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    warehouse.build()
    healed = tables(warehouse)
    warehouse.build(full_refresh=True)
    assert tables(warehouse) == healed


@pytest.mark.slow
def test_one_two_and_four_threads_build_the_same_rows(warehouse):
    land_many(warehouse.raw, "2013-01", 250_000)  # three row groups of DuckDB's, so that four threads have work
    built = []
    for threads in (1, 2, 4):
        warehouse.build(full_refresh=True, duckdb_threads=threads)
        built.append({name: warehouse.row_hash(name) for name in ["spine", *warehouse.features(), *TRAINING_SETS]})
    assert built[0] == built[1] == built[2]


@pytest.mark.parametrize("lead", ["15 day", "-30 day"])
def test_a_row_that_no_build_would_look_for_ends_the_build_instead_of_being_lost(warehouse, lead):
    early = Flight("2013-02-10 14:00")
    land_flights(warehouse.raw, [JANUARY, early if lead == "15 day" else Flight("2013-01-31 14:00", number=7)])
    land_flights(warehouse.raw, [MARCH])
    wrong = warehouse.edited("models/spine/spine.sql", "- interval 2 hour", f"- interval '{lead}'")
    wrong.build("stg_nycflights13__flights_scheduled")
    done = wrong.dbt("run", "--select", "spine")
    assert not done.success
    said = done.result.results[0].message
    assert "a row must be observed in that month or the next" in said and "landed with the month of 2013-0" in said
