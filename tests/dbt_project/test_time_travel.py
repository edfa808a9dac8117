"""What is known later never changes a row: features up to T, and a training set as of T, are the same without it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.dbt_project.rawfiles import Facts, Flight, at, facts_of, land, land_flights, surroundings
from tests.dbt_project.warehouse import TRAINING_SETS, Warehouse

T = at("2013-01-20 12:00")
MIDDAY = [  # twice an hour around T, from four aircraft, so that the windows of every feature hold something
    Flight(
        f"2013-01-{day} {hour}:{minute}",
        hour % 5 * 7 - 3,
        hour % 7 * 6 - 5,
        origin,
        number=hour,
        tailnum=f"N{hour % 4}",
    )
    for day in (18, 19, 20, 21)
    for hour in range(10, 20)
    for minute, origin in (("05", "EWR"), ("40", "JFK"))
]
AT_T = Flight("2013-01-20 11:40", departure_delay=20, number=90, tailnum="N1")
OBSERVED_AT_T = Flight("2013-01-20 14:00", number=91, tailnum="N1")
LATE_ROW = Flight("2013-01-20 09:30", departure_delay=33, number=92, tailnum="N1")
NEVER = at("9999-12-31")
DEPARTURE = ("flights", "departure")


def land_history(raw: Path, until: datetime = NEVER) -> None:
    """A month without LATE_ROW's departure, then corrections: it is learned at T, and every delay restated after T."""
    flights = [*MIDDAY, AT_T, OBSERVED_AT_T]
    facts: Facts = {**facts_of(flights), **surroundings("2013-01")}
    facts["flights", "schedule"] += facts_of([LATE_ROW])["flights", "schedule"]
    land(raw, "2013-01", {kind: [row for row in rows if row["known_at"] < until] for kind, rows in facts.items()})
    restated = [{**row, "departure_delay_minutes": 500} for row in facts[DEPARTURE]]
    for rows, moment in ((facts_of([LATE_ROW])[DEPARTURE], T), (restated, T + timedelta(hours=3))):
        if moment < until:
            land(raw, "2013-01", {DEPARTURE: rows}, moment)


@pytest.fixture(scope="module")
def with_and_without_later(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Warehouse]:
    everything, earlier = (Warehouse(tmp_path_factory.mktemp(name)) for name in ("everything", "earlier"))
    for warehouse, until in ((everything, NEVER), (earlier, T)):
        land_history(warehouse.raw, until)
        warehouse.build(as_of=T)
    return everything, earlier


def test_features_observed_up_to_t_are_equal_without_what_was_known_at_t_or_later(with_and_without_later):
    everything, earlier = with_and_without_later
    for model in everything.features():
        rows = everything.content(model, f"observed_at <= '{T}'")
        assert len(rows) > 40
        assert rows == earlier.content(model, f"observed_at <= '{T}'"), model


def test_a_training_set_as_of_t_is_equal_without_what_was_known_at_t_or_later(with_and_without_later):
    everything, earlier = with_and_without_later
    for name in TRAINING_SETS:
        assert everything.content(name) == earlier.content(name) != []


def test_a_fact_at_the_very_moment_of_prediction_is_not_used_and_one_a_minute_older_is(warehouse):
    asked = Flight("2013-01-20 14:00", number=1)
    land_flights(warehouse.raw, [asked, Flight("2013-01-20 12:00", number=2), Flight("2013-01-20 11:59", number=3)])
    warehouse.build("+origin_delays")
    departures = f"select origin_departures_1h from origin_delays where flight_id = '{asked.flight_id}'"
    assert warehouse.query(departures) == [(1,)]


def test_a_training_set_as_of_t_is_equal_however_much_landed_later(warehouse):
    land_flights(warehouse.raw, [Flight("2013-01-05 14:00", departure_delay=None)])
    warehouse.build("+cancellation", as_of="2013-02-01")
    before = warehouse.content("cancellation")
    land_flights(warehouse.raw, [Flight("2013-02-03 14:00", number=2)])
    corrected = facts_of([Flight("2013-01-05 14:00", departure_delay=9)])[DEPARTURE]
    land(warehouse.raw, "2013-01", {DEPARTURE: corrected}, at("2013-02-01"))
    warehouse.build("+cancellation", as_of="2013-02-01")
    assert warehouse.content("cancellation") == before
    warehouse.build("+cancellation", as_of="2013-02-01 00:00:01")
    assert warehouse.query("select is_cancelled from cancellation") == [(False,)]


def test_a_label_known_at_the_very_moment_of_as_of_is_not_in_the_training_set(warehouse):
    land_flights(warehouse.raw, [Flight("2013-01-05 14:00", number=1)])
    warehouse.build("+cancellation", as_of="2013-01-05 14:00:00")
    assert warehouse.content("cancellation") == []
    warehouse.build("+cancellation", as_of="2013-01-05 14:00:01")
    assert len(warehouse.content("cancellation")) == 1


def test_a_row_observed_at_the_very_moment_of_as_of_is_not_in_the_training_set_whatever_its_label(warehouse):
    left_before_it_was_asked = Flight("2013-01-05 14:00", departure_delay=-180)
    land_flights(warehouse.raw, [left_before_it_was_asked])
    warehouse.build("+cancellation", as_of="2013-01-05 12:00:00")
    assert warehouse.content("cancellation") == []
    warehouse.build("+cancellation", as_of="2013-01-05 12:00:01")
    assert len(warehouse.content("cancellation")) == 1


@pytest.mark.parametrize("name", TRAINING_SETS)
def test_the_lately_observed_are_in_the_training_set_as_of_t_or_upcoming_and_never_in_both(
    with_and_without_later, name
):
    everything, _ = with_and_without_later
    upcoming, known = (
        {row for (row,) in everything.query(f"select flight_id from {table}")} for table in (f"{name}_upcoming", name)
    )
    lately = f"select flight_id from spine where observed_at < '{T}' and observed_at >= '{T - timedelta(days=2)}'"
    assert upcoming
    assert not upcoming & known
    assert upcoming | known >= {row for (row,) in everything.query(lately)} >= upcoming


@pytest.mark.parametrize("name", TRAINING_SETS)
def test_upcoming_rows_as_of_t_are_equal_without_what_was_known_at_t_or_later(with_and_without_later, name):
    both = [each.query(f"select * from {name}_upcoming order by flight_id") for each in with_and_without_later]
    assert both[0] == both[1] != []
