"""A row of the source becomes facts, each with the moment at which it became known (UTC)."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.ingestion.small_source import AIRPORTS, CALM, DIVERTED, HOUSTON, LA_GUARDIA, NEWARK, ON_TIME, Example

PALM_BEACH = "PBI,Palm Beach Intl,26.683161,-80.095589,19,-5,A,America/New_York"
PHOENIX = "PHX,Phoenix Sky Harbor Intl,33.434278,-112.011583,1135,-7,N,America/Phoenix"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def only(rows: list[dict[str, object]]) -> dict[str, object]:
    (row,) = rows
    return row


def test_a_flight_that_flew_is_known_three_times(example: Example) -> None:
    example.flights(ON_TIME).land()
    assert only(example.rows("flights", "schedule")) == {
        "flight_id": "EWR-UA-1545-2013-01-01T10:15",
        "known_at": at("2012-12-02 10:15"),
        "carrier": "UA",
        "flight_number": 1545,
        "origin": "EWR",
        "dest": "IAH",
        "tailnum": "N14228",
        "scheduled_departure_at": at("2013-01-01 10:15"),
        "scheduled_arrival_at": at("2013-01-01 14:19"),
        "scheduled_local_date": date(2013, 1, 1),
        "scheduled_local_minute": 315,
        "distance_miles": 1400,
    }
    assert only(example.rows("flights", "departure")) == {
        "flight_id": "EWR-UA-1545-2013-01-01T10:15",
        "known_at": at("2013-01-01 10:17"),
        "departed_at": at("2013-01-01 10:17"),
        "departure_delay_minutes": 2,
    }
    assert only(example.rows("flights", "arrival")) == {
        "flight_id": "EWR-UA-1545-2013-01-01T10:15",
        "known_at": at("2013-01-01 14:30"),
        "arrived_at": at("2013-01-01 14:30"),
        "arrival_delay_minutes": 11,
        "air_time_minutes": 227,
    }
    assert example.rows("flights", "cancellation") == []


def test_a_flight_that_never_arrived_is_known_a_day_after_its_schedule(example: Example) -> None:
    example.land()
    assert example.rows("flights", "cancellation") == [
        {"flight_id": "LGA-UA-4525-2013-01-01T20:30", "known_at": at("2013-01-02 20:30"), "outcome": "diverted"},
        {"flight_id": "EWR-UA-4308-2013-01-01T21:30", "known_at": at("2013-01-02 21:30"), "outcome": "cancelled"},
    ]
    assert len(example.rows("flights", "departure")) == 2
    assert len(example.rows("flights", "schedule")) == 3


def test_a_flight_that_left_more_than_a_day_late_is_not_given_up_before_it_left(example: Example) -> None:
    example.flights(DIVERTED.replace(",1525,1530,-5,", ",1630,1530,1500,")).land()
    assert only(example.rows("flights", "cancellation"))["known_at"] == at("2013-01-02 21:30")


def test_a_clock_that_the_destination_has_passed_at_departure_means_the_next_time_it_shows_it(example: Example) -> None:
    to_san_juan = "2013,1,1,NA,2330,NA,NA,10,NA,UA,725,NA,LGA,SJU,NA,1576,23,30,2013-01-02T04:00:00Z"
    example.flights(to_san_juan).land()
    assert only(example.rows("flights", "schedule"))["scheduled_arrival_at"] == at("2013-01-03 04:10")


def test_weather_is_known_an_hour_after_its_hour_and_has_no_floating_digits(example: Example) -> None:
    example.land()
    row = only(example.rows("weather", "observation"))
    assert (row["observed_hour_at"], row["known_at"]) == (at("2013-01-01 06:00"), at("2013-01-01 07:00"))
    assert (row["wind_speed_mph"], row["wind_gust_mph"], row["pressure_hpa"]) == (Decimal("10.357"), None, 1012)


def test_what_is_looked_up_is_known_before_the_month(example: Example) -> None:
    example.land()
    for table, fact in [("planes", "plane"), ("airlines", "airline"), ("airports", "airport")]:
        assert {row["known_at"] for row in example.rows(table, fact)} == {at("2012-12-02 00:00")}


def test_airports_that_the_file_leaves_out_are_supplemented_marked_and_counted(example: Example) -> None:
    to_san_juan = "2013,1,1,544,545,-1,1004,1022,-18,UA,725,N804JB,LGA,SJU,183,1576,5,45,2013-01-01T10:00:00Z"
    made = {partition.key.table: partition for partition in example.flights(to_san_juan).land()}
    assert only(example.rows("flights", "arrival"))["arrived_at"] == at("2013-01-01 14:04")
    marked = sorted(str(row["airport"]) for row in example.rows("airports", "airport") if row["is_supplement"])
    assert marked == ["BQN", "PSE", "SJU", "STT"]
    assert made["airports"].provenance["supplemented"] == 4


def test_an_airport_of_the_supplement_that_the_file_has_is_the_files(example: Example) -> None:
    own = "SJU,Our San Juan,18.4,-66.0,9,-4,A,America/Puerto_Rico"
    example.write("airports.csv", AIRPORTS, NEWARK, LA_GUARDIA, HOUSTON, own).land()
    found = [row for row in example.rows("airports", "airport") if row["airport"] == "SJU"]
    assert [(row["airport_name"], row["is_supplement"]) for row in found] == [("Our San Juan", False)]


@pytest.mark.parametrize(
    ("row", "scheduled", "arrived"),
    [
        # Lands after the clocks went forward: half past midnight EST plus 89 minutes is three minutes past three EDT.
        (
            "2013,3,9,2306,2145,81,203,34,89,UA,1,NA,LGA,PBI,150,1035,21,45,2013-03-10T02:00:00Z",
            "2013-03-10 05:34",
            "2013-03-10 07:03",
        ),
        # Departs before the change and is due after it: five o'clock EDT.
        (
            "2013,3,10,100,100,0,500,500,0,UA,1,NA,LGA,PBI,150,1035,1,0,2013-03-10T06:00:00Z",
            "2013-03-10 09:00",
            "2013-03-10 09:00",
        ),
        # Arizona keeps its clocks: seven hours behind UTC in summer, too.
        (
            "2013,3,10,1000,1000,0,1230,1230,0,UA,1,NA,LGA,PHX,300,2133,10,0,2013-03-10T14:00:00Z",
            "2013-03-10 19:30",
            "2013-03-10 19:30",
        ),
        # Due at an hour that comes twice that night: the first pass, since it is the first after departure.
        (
            "2013,11,2,2200,2200,0,130,130,0,UA,1,NA,LGA,PBI,150,1035,22,0,2013-11-03T02:00:00Z",
            "2013-11-03 05:30",
            "2013-11-03 05:30",
        ),
        # Departs in the second pass of that hour.
        (
            "2013,11,3,130,130,0,400,400,0,UA,1,NA,LGA,PBI,150,1035,1,30,2013-11-03T06:00:00Z",
            "2013-11-03 09:00",
            "2013-11-03 09:00",
        ),
    ],
)
def test_nights_in_which_the_clocks_change(example: Example, row: str, scheduled: str, arrived: str) -> None:
    month = row.split(",")
    period = f"2013-{int(month[1]):02}"
    example.write("airports.csv", AIRPORTS, NEWARK, LA_GUARDIA, PALM_BEACH, PHOENIX)
    example.weather(
        CALM.replace("2013,1,", f"2013,{month[1]},").replace("2013-01-01T06", f"{period}-01T0{_hour(month[1])}")
    )
    example.flights(row).land(period)
    assert only(example.rows("flights", "schedule"))["scheduled_arrival_at"] == at(scheduled)
    assert only(example.rows("flights", "arrival"))["arrived_at"] == at(arrived)


def _hour(month: str) -> int:
    return 5 if month == "11" else 6


def test_both_passes_of_the_hour_that_comes_twice_have_their_weather(example: Example) -> None:
    first = "EWR,2013,11,3,1,52,40,60,270,5,NA,0,1012,10,2013-11-03T05:00:00Z"
    second = "EWR,2013,11,3,1,50,40,60,270,5,NA,0,1012,10,2013-11-03T06:00:00Z"
    flight = "2013,11,3,1000,1000,0,1230,1230,0,UA,1,NA,EWR,IAH,200,1400,10,0,2013-11-03T15:00:00Z"
    example.weather(first, second).flights(flight).land("2013-11")
    assert [row["observed_hour_at"] for row in example.rows("weather", "observation")] == [
        at("2013-11-03 05:00"),
        at("2013-11-03 06:00"),
    ]


def test_a_red_eye_arrives_the_next_day_and_midnight_may_be_written_2400(example: Example) -> None:
    red_eye = "2013,1,31,2400,2359,1,508,437,31,UA,1,NA,EWR,IAH,200,1400,23,59,2013-02-01T04:00:00Z"
    example.flights(red_eye).land()
    assert only(example.rows("flights", "schedule"))["scheduled_arrival_at"] == at("2013-02-01 10:37")
    assert only(example.rows("flights", "departure"))["departed_at"] == at("2013-02-01 05:00")
