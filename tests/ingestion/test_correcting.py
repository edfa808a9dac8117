"""A correction says what can be, of what has landed, once for each moment."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import raw
from artifacts.errors import BadInput
from ingestion.correct import correct_from_files
from ingestion.sources.nycflights13.restated import KEYS
from tests.ingestion.small_source import CALM, Example
from tests.ingestion.test_landing import LAND, home, run

__all__ = ["home"]

LATE = "EWR-UA-1545-2013-01-01T10:15,2013-01-31T14:49:00,30"
IMPOSSIBLE = {
    "arrival known before it landed": ("2013-01-05T06:00", f"arrival={LATE},NA", "line 2: arrived_at is 2013-01-31"),
    "departure known before it left": ("2013-01-05T06:00", f"departure={LATE}", "line 2: departed_at is 2013-01-31"),
    "delay that no flight can have": ("2013-03-05", f"departure={LATE}".replace(",30", ",-9999"), "is -9999, wanted"),
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


ARRIVAL = "2013-01-31T14:49:00"


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
    right = f"{LATE},NA".replace(",30", ",33")
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
    assert publish(home, "departure", LATE) == 0
    assert publish(home, "departure", f"{LATE}\nLGA-UA-4525-2013-01-01T20:30,{ARRIVAL},5") == 2
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
        file.write_text(f"{HEADERS['arrival']}\n{LATE.replace(',30', f',{delay}')},NA\n")
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
