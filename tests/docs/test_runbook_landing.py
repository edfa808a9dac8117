"""Faults of a delivery: each is planted, named by its code, and what its section says to run lands the month."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from artifacts.raw import landed_through
from tests.docs import runbook
from tests.ingestion.conftest import example
from tests.ingestion.small_source import AIRLINES, CALM, CALM_LAST_DAY, IN_FEBRUARY, LAST_DAY, ON_TIME, WEATHER, Example

__all__ = ["example"]

LAND = "python -m ingestion land --source SOURCE --month MONTH"
VERIFY = "python -m ingestion verify --source SOURCE"
BUILD = "python -m features build --name NAME --as-of DAY"
OTHER = ON_TIME.replace("1545", "7")


def a_folder_instead(one: Example) -> None:
    (one.folder / "weather.csv").unlink()
    (one.folder / "weather.csv").mkdir()


FAULTS: dict[str, Callable[[Example], object]] = {
    "source.file_missing": lambda one: (one.folder / "weather.csv").unlink(),
    "source.file_unreadable": a_folder_instead,
    "source.file_empty": lambda one: one.write("weather.csv"),
    "source.archive_damaged": lambda one: (one.folder / "flights.csv.zip").write_bytes(b"no archive"),
    "source.columns_wrong": lambda one: one.write("weather.csv", WEATHER.replace("origin", "place"), CALM),
    "source.line_ragged": lambda one: one.weather(f"{CALM},1"),
    "source.value_wrong": lambda one: one.weather(CALM.replace("39.02", "warm")),
    "source.value_missing": lambda one: one.write("airlines.csv", AIRLINES, "NA,United Air Lines Inc."),
    "source.time_impossible": lambda one: one.flights(ON_TIME.replace(",517,", ",2460,", 1)),
    "source.time_in_future": lambda one: one.flights(
        ON_TIME, ON_TIME.replace("2013,1,", "2099,1,").replace("2013-01", "2099-01")
    ),
    "source.month_missing": lambda one: one.flights(IN_FEBRUARY),
    "ingestion.quarantine_share": lambda one: one.flights(OTHER, ON_TIME.replace("IAH", "QQQ")),
}


@pytest.fixture
def home(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Example:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("INGESTION_NYCFLIGHTS13_FOLDER", str(example.folder))
    monkeypatch.setenv("INGESTION_NYCFLIGHTS13_MAX_DAYS_SHORT", "31")
    shutil.copytree(example.folder, tmp_path / "mended")
    return example


def follow(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    return runbook.run(runbook.filled(command, runbook.EXAMPLES), capsys)


@pytest.mark.parametrize("code", FAULTS)
def test_what_the_section_says_to_run_lands_the_month_once_the_file_is_mended(
    code: str, home: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FAULTS[code](home)
    ended, said = follow(LAND, capsys)
    assert (ended, said.startswith(f"{code}: ")) == (3 if code == "ingestion.quarantine_share" else 2, True), said
    assert landed_through(str(home.raw), "nycflights13") is None
    shutil.rmtree(home.folder)
    (tmp_path / "mended").rename(home.folder)
    [command] = runbook.section(code).commands
    assert follow(command.replace("FOLDER=FOLDER", f"FOLDER={home.folder}"), capsys)[0] == 0
    assert landed_through(str(home.raw), "nycflights13") == "2013-01"


@pytest.mark.parametrize(("code", "no"), [("raw.nothing_landed", VERIFY), ("features.nothing_landed", BUILD)])
def test_a_home_without_rows_says_so_and_the_command_lands_some(
    code: str, no: str, home: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    assert follow(no, capsys)[1].startswith(f"{code}: ")
    [command] = runbook.section(code).commands
    assert follow(command, capsys)[0] == 0


def test_a_file_that_nobody_published_is_named_and_gone_after_what_the_section_says(
    home: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    home.land()
    landed = next(home.raw.glob("nycflights13/weather/*/*/*.parquet"))
    stray = landed.parent.with_name("stray")
    stray.mkdir()
    shutil.copy(landed, stray)
    assert "raw.unpublished: " in follow(VERIFY, capsys)[1]
    shutil.rmtree(stray)
    assert [follow(command, capsys)[0] for command in runbook.section("raw.unpublished").commands] == [0, 0]


def test_a_damaged_partition_is_named_and_landed_again(home: Example, capsys: pytest.CaptureFixture[str]) -> None:
    home.land()
    landed = next(home.raw.glob("nycflights13/weather/*/*/*.parquet"))
    landed.write_bytes(landed.read_bytes()[:-1])
    verify = runbook.section("publish.damaged").commands[0]
    assert "publish.damaged: " in follow(verify, capsys)[1]
    shutil.rmtree(landed.parent)
    assert follow(LAND, capsys)[0] == 0
    assert follow(verify, capsys)[0] == 0


def test_a_month_that_the_files_do_not_hold_is_landed_from_the_folder_that_the_section_has_a_reader_name(
    home: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.flights(IN_FEBRUARY)
    assert "holds 2013-02 only" in follow(LAND, capsys)[1]
    [command] = runbook.section("source.month_missing").commands
    assert follow(command.replace("FOLDER=FOLDER", f"FOLDER={tmp_path / 'mended'}"), capsys)[0] == 0


def test_a_month_that_broke_off_lands_once_the_folder_holds_the_whole_of_it(
    home: Example, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGESTION_NYCFLIGHTS13_MAX_DAYS_SHORT", "1")
    assert follow(LAND, capsys)[1].startswith("source.month_unfinished: ")
    home.flights(ON_TIME, LAST_DAY).weather(CALM, CALM_LAST_DAY)
    *_, command = runbook.section("source.month_unfinished").commands
    assert follow(command.replace("FOLDER=FOLDER", f"FOLDER={home.folder}"), capsys)[0] == 0
