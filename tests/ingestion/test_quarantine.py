"""A row that breaks a rule is set aside with its reason; too many of them close the gate."""

import json

import pytest

from artifacts.errors import GateClosed
from tests.ingestion.small_source import (
    AIRLINE,
    AIRLINES,
    AIRPORTS,
    CALM,
    HOUSTON,
    LA_GUARDIA,
    NEWARK,
    ON_TIME,
    PLANE,
    PLANES,
    Example,
)

OTHER = ON_TIME.replace("1545", "7")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ON_TIME.replace("IAH", "QQQ"), "unknown_airport"),
        (ON_TIME.replace("EWR", "QQQ"), "unknown_airport"),
        (ON_TIME.replace("EWR", "IAH"), "origin_elsewhere"),
        (ON_TIME.replace("UA", "XX"), "unknown_carrier"),
        (ON_TIME.replace(",1400,", ",-1400,"), "distance_impossible"),
        (ON_TIME.replace(",517,", ",NA,"), "departure_half_recorded"),
        (ON_TIME.replace(",517,515,2,", ",517,515,NA,"), "departure_half_recorded"),
        (ON_TIME.replace(",517,515,2,", ",NA,515,NA,"), "arrival_without_departure"),
        (ON_TIME.replace(",830,", ",NA,"), "arrival_half_recorded"),
        (ON_TIME.replace(",2,830,", ",3,830,"), "clock_contradicts_delay"),
        (ON_TIME.replace(",830,", ",831,"), "clock_contradicts_delay"),
        (ON_TIME.replace(",830,819,11,", ",1130,819,11,"), "clock_contradicts_delay"),
        (ON_TIME.replace(",517,515,2,830,819,11,", ",1017,515,302,830,819,11,"), "arrival_before_departure"),
        (ON_TIME.replace(",517,515,2,830,819,11,", ",515,515,4320,819,819,4320,"), "delay_impossible"),
        (ON_TIME.replace(",227,", ",0,"), "air_time_impossible"),
        (ON_TIME.replace(",227,", ",-5,"), "air_time_impossible"),
        (ON_TIME.replace(",227,", ",270,"), "air_time_too_long"),
    ],
)
def test_a_flight_that_breaks_a_rule_is_set_aside_with_its_line(example: Example, row: str, reason: str) -> None:
    made = {partition.key.table: partition for partition in example.flights(OTHER, row).land(share=0.5)}
    assert made["flights"].quarantined_by_reason == {reason: 1}
    (aside,) = example.rows("flights", "quarantine")
    assert (aside["file"], aside["line"], aside["reason"]) == ("flights.csv.zip", 3, reason)
    assert json.loads(aside["row"])["flight"] == 1545
    assert [row["flight_number"] for row in example.rows("flights", "schedule")] == [7]
    assert len(example.rows("flights", "arrival")) == 1


def test_every_row_of_a_flight_that_comes_twice_is_set_aside(example: Example) -> None:
    made = example.flights(ON_TIME, OTHER, ON_TIME.replace(",227,", ",226,")).land(share=0.9)
    (flights,) = (partition for partition in made if partition.key.table == "flights")
    assert flights.quarantined_by_reason == {"duplicate_key": 2}
    assert [row["flight_number"] for row in example.rows("flights", "schedule")] == [7]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (CALM.replace("EWR", "IAH"), "origin_elsewhere"),
        (CALM.replace("EWR", "QQQ"), "origin_elsewhere"),
        (CALM.replace("10.357019999999999", "1048.36"), "wind_impossible"),
        (CALM.replace(",270,", ",361,"), "wind_impossible"),
        (CALM.replace("39.02", "390.2"), "temperature_impossible"),
        (CALM.replace("26.06", "nan"), "temperature_impossible"),
        (CALM.replace("59.37", "101"), "humidity_impossible"),
        (CALM.replace(",0,1012,", ",-1,1012,"), "precipitation_impossible"),
        (CALM.replace("1012", "10120"), "pressure_impossible"),
        (CALM.replace(",10,2013-", ",inf,2013-"), "visibility_impossible"),
    ],
)
def test_weather_that_no_instrument_can_have_seen_is_set_aside(example: Example, row: str, reason: str) -> None:
    made = example.weather(CALM.replace("EWR", "JFK"), row).land(share=0.5)
    (weather,) = (partition for partition in made if partition.key.table == "weather")
    assert weather.quarantined_by_reason == {reason: 1}
    assert [row["origin"] for row in example.rows("weather", "observation")] == ["JFK"]


def test_an_hour_of_weather_that_comes_twice_is_set_aside(example: Example) -> None:
    example.weather(CALM, CALM.replace("39.02", "40"), CALM.replace("EWR", "JFK")).land(share=0.9)
    assert [row["reason"] for row in example.rows("weather", "quarantine")] == ["duplicate_key"] * 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("YAK,Yakutat,59.3,-139.4,33,-9,A,NA", "time_zone_unknown"),
        ("YAK,Yakutat,59.3,-139.4,33,-9,A,America/Atlantis", "time_zone_unknown"),
        ("YAK,Yakutat,159.3,-139.4,33,-9,A,America/Anchorage", "position_impossible"),
    ],
)
def test_an_airport_that_breaks_a_rule_is_set_aside(example: Example, row: str, reason: str) -> None:
    example.write("airports.csv", AIRPORTS, NEWARK, LA_GUARDIA, HOUSTON, row).land(share=0.5)
    assert [aside["reason"] for aside in example.rows("airports", "quarantine")] == [reason]
    assert "YAK" not in {airport["airport"] for airport in example.rows("airports", "airport")}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (PLANE.replace("N14228", "N1").replace("1999", "2014"), "year_impossible"),
        (PLANE.replace("N14228", "N1").replace(",149,", ",-1,"), "count_impossible"),
    ],
)
def test_a_plane_that_breaks_a_rule_is_set_aside(example: Example, row: str, reason: str) -> None:
    example.write("planes.csv", PLANES, PLANE, row).land(share=0.5)
    assert [aside["reason"] for aside in example.rows("planes", "quarantine")] == [reason]


@pytest.mark.parametrize(
    ("file", "header", "once", "twice"),
    [
        ("airports.csv", AIRPORTS, HOUSTON, LA_GUARDIA),
        ("airlines.csv", AIRLINES, AIRLINE, "AA,American Airlines Inc."),
        ("planes.csv", PLANES, PLANE, PLANE.replace("N14228", "N1")),
    ],
)
def test_what_is_looked_up_and_comes_twice_is_set_aside(
    example: Example, file: str, header: str, once: str, twice: str
) -> None:
    lines = [header, once, twice, twice, *([NEWARK] if file == "airports.csv" else [])]
    example.write(file, *lines).flights(ON_TIME).land(share=0.9)
    aside = example.rows(file.removesuffix(".csv"), "quarantine")
    assert [(row["line"], row["reason"]) for row in aside] == [(3, "duplicate_key"), (4, "duplicate_key")]


def test_above_the_share_the_month_is_refused_and_nothing_lands(example: Example) -> None:
    example.flights(OTHER, ON_TIME.replace("IAH", "QQQ"))
    with pytest.raises(GateClosed, match=r"1 of 2 rows are broken \(1 unknown_airport\)") as refusal:
        example.land(share=0.49)
    assert refusal.value.code == "ingestion.quarantine_share"
    assert f"the first is {example.folder}/flights.csv.zip: line 3" in refusal.value.message
    assert not example.raw.exists()


def test_what_is_broken_elsewhere_is_named_beside_the_rows_that_break_by_it(example: Example) -> None:
    example.write("airports.csv", AIRPORTS, HOUSTON, LA_GUARDIA, NEWARK, NEWARK).flights(OTHER, ON_TIME)
    with pytest.raises(GateClosed) as refusal:
        example.land(share=0.6)
    assert "2 of 2 rows are broken (2 unknown_airport)" in refusal.value.message
    assert refusal.value.message.endswith(
        " Broken too, which may be why: airports 2 duplicate_key, first in airports.csv, line 4."
    )


def test_at_the_share_the_month_lands(example: Example) -> None:
    example.flights(OTHER, ON_TIME.replace("IAH", "QQQ")).land(share=0.5)
    assert len(example.landed()) == 5
