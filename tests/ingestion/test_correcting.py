"""A correction says what can be, of what has landed, once for each moment."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import raw
from artifacts.errors import BadInput
from ingestion.correct import correct_from_files
from ingestion.sources import nycflights13
from ingestion.sources.nycflights13.restated import KEYS
from tests.ingestion.small_source import CALM, Example
from tests.ingestion.test_landing import LAND, home, run

__all__ = ["home"]

LATE = "EWR-UA-1545-2013-01-01T10:15,2013-01-01T14:49:00,30"
LEFT_LATE = "EWR-UA-1545-2013-01-01T10:15,2013-01-01T10:25:00,10"
IMPOSSIBLE = {
    "arrival known before it landed": (
        "2013-01-01T14:00",
        f"arrival={LATE},NA",
        "line 2: arrived_at is 2013-01-01 14:49",
    ),
    "departure known before it left": (
        "2013-01-01T10:20",
        f"departure={LEFT_LATE}",
        "line 2: departed_at is 2013-01-01 10:25",
    ),
    "delay that no flight can have": (
        "2013-03-05",
        f"departure={LEFT_LATE}".replace(",10", ",-9999"),
        "is -9999, wanted",
    ),
    "arrival delay that no flight can have": ("2013-03-05", f"arrival={LATE},NA".replace(",30", ",2881"), "is 2881, w"),
    "cancellation known before it landed": (
        "2013-01-02T21:00",
        "cancellation=EWR-UA-4308-2013-01-01T21:30,cancelled",
        "wanted after 2013-01-02 21:30",
    ),
    "moment that is yet to come": ("2099-03-05", f"arrival={LATE},NA", "which is yet to come"),
}
ELSEWHERE = LATE.replace("UA-1545", "UA-1554")
KEYED_WRONGLY = {
    "same flight twice": (
        f"{LATE},NA\n{LATE.replace(',30', ',31')},NA",
        "line 3: flight_id EWR-UA-1545-2013-01-01T10:15 stands in line 2",
    ),
    "no flight": (f"NA{LATE[28:]},NA", "line 2: column flight_id is NA, wanted a value"),
    "no delay": (f"{LATE},NA".replace(",30", ",NA"), "line 2: column arrival_delay_minutes is NA, wanted a value"),
    "flight that is mistyped": (
        f"{ELSEWHERE},NA",
        "EWR-UA-1554-2013-01-01T10:15 is of no schedule that landed in 2013-01",
    ),
    "flight of another month": (
        f"{LATE},NA".replace("2013-01-01T", "2013-02-01T"),
        "that landed in 2013-01, wanted one",
    ),
}
HEADERS = {
    "arrival": "flight_id,arrived_at,arrival_delay_minutes,air_time_minutes",
    "cancellation": "flight_id,outcome",
    "departure": "flight_id,departed_at,departure_delay_minutes",
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_a_correction_that_cannot_be_is_refused_with_its_line_and_not_published(
    home: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    run(*LAND, "--month", "2013-01")
    known_at, restated, said = IMPOSSIBLE[what]
    fact, _, row = restated.partition("=")
    (home / "restated.csv").write_text(f"{HEADERS[fact]}\n{row}\n")
    of_flights = ("--source", "nycflights13", "--table", "flights", "--month", "2013-01")
    assert run("correct", *of_flights, "--known-at", known_at, "--fact", f"{fact}={home / 'restated.csv'}") == 2
    assert said in capsys.readouterr().err
    assert not list(home.glob("raw/nycflights13/flights/2013-01/correction-*"))


def test_weather_is_not_known_before_its_hour(home: Path, example: Example) -> None:
    example.weather(CALM).land()
    observed = raw.landed_rows(
        str(example.raw), raw.Key("nycflights13", "weather", "2013-01"), "observation"
    ).column_names
    columns = [name for name in observed if name != "known_at"]
    row = [{"origin": "EWR", "observed_hour_at": "2013-01-31T06:00:00"}.get(name, "NA") for name in columns]
    (home / "restated.csv").write_text(f"{','.join(columns)}\n{','.join(row)}\n")
    of_weather = ("correct", "--source", "nycflights13", "--table", "weather", "--month", "2013-01")
    told = ("--fact", f"observation={home / 'restated.csv'}", "--known-at")
    assert [run(*of_weather, *told, f"2013-01-31T0{hour}:00") for hour in (5, 7)] == [2, 0]


ARRIVAL = "2013-01-02T00:10:00"


def publish(home: Path, fact: str, rows: str, known_at: str = "2013-03-05T06:00") -> int:
    (home / "restated.csv").write_text(f"{HEADERS[fact]}\n{rows}\n")
    of_flights = ("--source", "nycflights13", "--table", "flights", "--month", "2013-01")
    return run("correct", *of_flights, "--known-at", known_at, "--fact", f"{fact}={home / 'restated.csv'}")


def corrections(home: Path) -> int:
    return len(list(home.glob("raw/nycflights13/flights/2013-01/correction-*")))


@pytest.mark.parametrize("what", KEYED_WRONGLY)
def test_a_row_that_names_nothing_or_the_same_twice_is_refused_with_its_line_and_not_published(
    home: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    run(*LAND, "--months", "2013-01..2013-02")
    rows, said = KEYED_WRONGLY[what]
    assert publish(home, "arrival", rows) == 2
    assert said in (told := capsys.readouterr().err) and "restated.csv" in told
    assert corrections(home) == 0


def test_a_wrong_value_is_put_right_by_a_later_moment_and_not_by_the_same(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*LAND, "--month", "2013-01")
    assert publish(home, "arrival", f"{LATE},NA") == 0
    right = f"{LATE},NA".replace("14:49:00,30", "14:52:00,33")
    assert publish(home, "arrival", right) == 2
    said = capsys.readouterr().err
    assert "has a row known at 2013-03-05 06:00:00 already, in correction-2013-03-" in said
    assert "publish this with a later --known-at" in said
    assert publish(home, "arrival", f"{LATE},NA") == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert publish(home, "arrival", right, "2013-03-05T06:01") == 0
    assert corrections(home) == 2


def test_the_same_row_beside_others_is_no_second_one_of_its_moment(home: Path) -> None:
    run(*LAND, "--month", "2013-01")
    assert publish(home, "departure", LEFT_LATE) == 0
    assert publish(home, "departure", f"{LEFT_LATE}\nLGA-UA-4525-2013-01-01T20:30,2013-01-01T20:35:00,5") == 2
    assert corrections(home) == 1


def test_what_comes_first_by_a_correction_is_told_as_new(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(*LAND, "--month", "2013-01")
    assert publish(home, "arrival", f"{LATE},NA\nLGA-UA-4525-2013-01-01T20:30,{ARRIVAL},5,NA") == 0
    assert "New, since no row with such a key was there to be corrected: 1 arrival." in capsys.readouterr().out
    assert publish(home, "arrival", f"{LATE},NA", "2013-03-06") == 0
    assert "New" not in capsys.readouterr().out


def test_two_corrections_of_one_moment_at_once_are_not_both_published(home: Path) -> None:
    run(*LAND, "--month", "2013-01")
    key, root = raw.Key("nycflights13", "flights", "2013-01"), str(home / "raw")

    def try_to_publish(delay: int) -> str:
        file = home / f"{delay}.csv"
        file.write_text(f"{HEADERS['arrival']}\n{LATE.replace('14:49:00,30', f'14:{19 + delay}:00,{delay}')},NA\n")
        try:
            correct_from_files(root, key, datetime(2013, 3, 5), {"arrival": file})
        except BadInput as refusal:
            return refusal.code
        return "published"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(try_to_publish, range(4)))
    assert outcomes == ["published", *["raw.correction_invalid"] * 3]


@pytest.mark.parametrize(("spoilt", "moment"), [(False, "2013-03-05T06:00:00"), (True, "TIME")])
def test_a_correction_that_lost_its_manifest_is_to_be_published_again_and_is_there_then(
    home: Path, capsys: pytest.CaptureFixture[str], spoilt: bool, moment: str
) -> None:
    run(*LAND, "--month", "2013-01")
    publish(home, "arrival", f"{LATE},NA")
    [folder] = home.glob("raw/nycflights13/flights/2013-01/correction-*")
    (folder / "manifest.json").unlink()
    if spoilt:
        (folder / "arrival.parquet").write_bytes(b"PAR1")
    assert run("verify", "--source", "nycflights13") == 4
    said = capsys.readouterr().err
    again = f"--table flights --month 2013-01 --known-at {moment} --fact arrival=FILE.csv"
    assert "raw.unpublished" in said and "publish that correction again: python -m ingestion correct" in said
    assert again in said and "land that month" not in said
    shutil.rmtree(folder)
    assert publish(home, "arrival", f"{LATE},NA") == 0
    assert run("verify", "--source", "nycflights13") == 0


def test_a_correction_of_two_facts_that_lost_its_manifest_is_to_be_published_with_both(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*LAND, "--month", "2013-01")
    publish(home, "arrival", f"{LATE},NA")
    [folder] = home.glob("raw/nycflights13/flights/2013-01/correction-*")
    (folder / "manifest.json").unlink()
    shutil.copy(folder / "arrival.parquet", folder / "departure.parquet")
    assert run("verify", "--source", "nycflights13") == 4
    assert "--fact arrival=FILE.csv --fact departure=FILE.csv" in capsys.readouterr().err


def test_every_fact_that_lands_is_one_of_which_a_correction_can_be_judged(example: Example) -> None:
    landed = {(partition.key.table, fact) for partition in example.land() for fact in partition.rows}
    assert landed == set(KEYS)


def test_what_names_a_row_and_what_may_be_null_are_columns_of_the_fact(example: Example) -> None:
    for partition in example.land():
        for fact in partition.rows:
            named = KEYS[partition.key.table, fact]
            columns = raw.landed_rows(str(example.raw), partition.key, fact).column_names
            assert {*named.columns, *named.nullable} < {*columns}
            assert named.of in {None, *partition.rows}


UA_1545 = "EWR-UA-1545-2013-01-01T10:15"
SCHEDULE = (
    "flight_id,carrier,flight_number,origin,dest,tailnum,scheduled_departure_at,scheduled_arrival_at,"
    "scheduled_local_date,scheduled_local_minute,distance_miles"
)
SCHEDULED = f"{UA_1545},UA,1545,EWR,IAH,N14228,2013-01-01T10:15:00,2013-01-01T14:19:00,2013-01-01,315,1400"
OBSERVATION = (
    "origin,observed_hour_at,temp_f,dew_point_f,humidity_pct,wind_dir_deg,wind_speed_mph,wind_gust_mph,precip_in,"
    "pressure_hpa,visibility_miles"
)
OBSERVED = "EWR,2013-01-01T06:00:00,39.02,26.06,59.37,270,10.357,NA,0,1012,10"
PLANE = "tailnum,manufacture_year,plane_type,manufacturer,model,engines,seats,engine"
BUILT = "N14228,1999,Fixed wing multi engine,BOEING,737-824,2,149,Turbo-fan"
AIRPORT = "airport,airport_name,latitude,longitude,altitude_ft,time_zone,is_supplement"
HOUSTON = "IAH,George Bush Intercontinental,29.984433,-95.341442,97,America/Chicago,false"
HEADERS |= {"schedule": SCHEDULE, "observation": OBSERVATION, "plane": PLANE, "airport": AIRPORT}
TABLES = {"observation": "weather", "plane": "planes", "airport": "airports"}
# By the reasons for which landing sets a row aside: the fact, the restated row, and what is said of it.
SET_ASIDE = [
    ("unknown_airport", "schedule", SCHEDULED.replace("IAH", "QQQ"), "dest is QQQ, wanted an airport that landed"),
    ("origin_elsewhere", "schedule", SCHEDULED.replace(",EWR,", ",IAH,"), "origin is IAH, wanted EWR, JFK or LGA"),
    ("unknown_carrier", "schedule", SCHEDULED.replace(",UA,", ",XX,"), "carrier is XX, wanted an airline that landed"),
    ("distance_impossible", "schedule", SCHEDULED.replace("1400", "0"), "distance_miles is 0, wanted more than 0"),
    ("duplicate_key", "departure", f"{LEFT_LATE}\n{LEFT_LATE}", "stands in line 2 too"),
    ("departure_half_recorded", "departure", LEFT_LATE.replace(",10", ",NA"), "is NA, wanted a value"),
    ("arrival_half_recorded", "arrival", f"{UA_1545},NA,30,NA", "arrived_at is NA, wanted a value"),
    (
        "arrival_without_departure",
        "arrival",
        "EWR-UA-4308-2013-01-01T21:30,2013-01-02T00:15:00,0,NA",
        "arrived_at is 2013-01-02 00:15:00, but the flight has no departure",
    ),
    (
        "arrival_before_departure",
        "departure",
        f"{UA_1545},2013-01-01T14:35:00,260",
        "arrived_at is 2013-01-01 14:30:00, wanted after departed_at 2013-01-01 14:35:00",
    ),
    ("delay_impossible", "arrival", f"{UA_1545},2013-01-03T14:20:00,2881,NA", "is 2881, wanted -240 to 2880"),
    (
        "clock_contradicts_delay",
        "arrival",
        f"{UA_1545},2013-01-01T14:30:00,60,NA",
        "arrived_at is 2013-01-01 14:30:00, wanted 2013-01-01 15:19:00, which is scheduled_arrival_at",
    ),
    (
        "clock_contradicts_delay",
        "departure",
        f"{UA_1545},2013-01-01T10:17:00,60",
        "departed_at is 2013-01-01 10:17:00, wanted 2013-01-01 11:15:00, which is scheduled_departure_at",
    ),
    (
        "clock_contradicts_delay",
        "schedule",
        SCHEDULED.replace("T14:19", "T14:20"),
        "arrived_at is 2013-01-01 14:30:00, wanted 2013-01-01 14:31:00",
    ),
    ("air_time_impossible", "arrival", f"{LATE},0", "air_time_minutes is 0, wanted 1 to 272"),
    ("air_time_too_long", "arrival", f"{LATE},273", "air_time_minutes is 273, wanted 1 to 272"),
    ("origin_elsewhere", "observation", OBSERVED.replace("EWR", "IAH"), "origin is IAH, wanted one of EWR, JFK, LGA"),
    (
        "temperature_impossible",
        "observation",
        OBSERVED.replace("39.02", "390"),
        "temp_f is 390.0, wanted -130 to 140",
    ),
    ("temperature_impossible", "observation", OBSERVED.replace("26.06", "-131"), "dew_point_f is -131.0, wanted"),
    (
        "humidity_impossible",
        "observation",
        OBSERVED.replace("59.37", "101"),
        "humidity_pct is 101.0, wanted 0 to 100",
    ),
    ("wind_impossible", "observation", OBSERVED.replace("270", "361"), "wind_dir_deg is 361, wanted 0 to 360"),
    ("wind_impossible", "observation", OBSERVED.replace("10.357", "1048"), "wind_speed_mph is 1048.0, wanted 0 to 2"),
    ("wind_impossible", "observation", OBSERVED.replace(",NA,", ",261,"), "wind_gust_mph is 261.0, wanted 0 to 260"),
    ("precipitation_impossible", "observation", OBSERVED.replace(",0,", ",16,"), "precip_in is 16.0, wanted 0 to 15"),
    ("pressure_impossible", "observation", OBSERVED.replace("1012", "1101"), "pressure_hpa is 1101.0, wanted 850 to"),
    ("visibility_impossible", "observation", f"{OBSERVED}1", "visibility_miles is 101.0, wanted 0 to 100"),
    ("year_impossible", "plane", BUILT.replace("1999", "2014"), "manufacture_year is 2014, wanted 1903 to 2013"),
    ("count_impossible", "plane", BUILT.replace("149", "-1"), "seats is -1, wanted 0 or more"),
    ("count_impossible", "plane", BUILT.replace(",2,", ",-2,"), "engines is -2, wanted 0 or more"),
    ("time_zone_unknown", "airport", HOUSTON.replace("Chicago", "Atlantis"), "time_zone is America/Atlantis, wanted"),
    ("position_impossible", "airport", HOUSTON.replace("29.9", "129.9"), "latitude is 129.984433, wanted -90 to 90"),
    ("position_impossible", "airport", HOUSTON.replace("-95", "-195"), "longitude is -195.341442, wanted -180 to 180"),
]


def restate(home: Path, *facts: tuple[str, str]) -> int:
    """The exit code of a correction of `facts`, each with its rows."""
    told = []
    for fact, rows in facts:
        (home / f"{fact}.csv").write_text(f"{HEADERS[fact]}\n{rows}\n")
        told += ["--fact", f"{fact}={home / fact}.csv"]
    table = TABLES.get(facts[0][0], "flights")
    of_month = ("--source", "nycflights13", "--table", table, "--month", "2013-01", "--known-at", "2013-03-05T06:00")
    return run("correct", *of_month, *told)


@pytest.mark.parametrize("case", SET_ASIDE, ids=[f"{case[0]} of {case[1]}" for case in SET_ASIDE])
def test_what_landing_sets_aside_no_correction_brings_in(
    home: Path, capsys: pytest.CaptureFixture[str], case: tuple[str, str, str, str]
) -> None:
    run(*LAND, "--month", "2013-01")
    _, fact, rows, said = case
    assert restate(home, (fact, rows)) == 2
    told = capsys.readouterr().err
    assert said in told and f"{fact}.csv: line " in told
    assert not list(home.glob("raw/nycflights13/*/2013-01/correction-*"))


def test_every_reason_for_which_landing_sets_a_row_aside_is_one_of_those() -> None:
    module = Path(nycflights13.__file__).parent
    rules = "".join((module / name).read_text() for name in ("flights.sql", "weather.py", "reference.py"))
    assert {*re.findall(r"then '(\w+)'", rules)} == {reason for reason, *_ in SET_ASIDE}


@pytest.mark.parametrize(
    ("fact", "row"), [("observation", OBSERVED), ("plane", BUILT), ("airport", HOUSTON), ("schedule", SCHEDULED)]
)
def test_a_row_that_could_land_can_correct_one(home: Path, fact: str, row: str) -> None:
    run(*LAND, "--month", "2013-01")
    assert restate(home, (fact, row)) == 0


def test_a_flight_is_held_against_what_the_same_correction_says_of_it(home: Path) -> None:
    run(*LAND, "--month", "2013-01")
    retimed = ("schedule", SCHEDULED.replace("T14:19", "T14:49"))
    arrived = ("arrival", f"{UA_1545},2013-01-01T14:49:00,0,NA")
    assert [restate(home, *facts) for facts in ([retimed], [arrived], [retimed, arrived])] == [2, 2, 0]
    assert restate(home, ("cancellation", "LGA-UA-4525-2013-01-01T20:30,diverted")) == 0


def test_a_table_that_the_source_has_not_is_told_those_that_it_has(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*LAND, "--month", "2013-01")
    (home / "a.csv").write_text("x\n1\n")
    of_month = ("--source", "nycflights13", "--table", "flight", "--month", "2013-01", "--known-at", "2013-03-05T06:00")
    assert run("correct", *of_month, "--fact", f"arrival={home / 'a.csv'}") == 2
    said = capsys.readouterr().err
    assert "nycflights13 has no table flight. Name one of its tables: airlines, airports, flights, planes, w" in said
