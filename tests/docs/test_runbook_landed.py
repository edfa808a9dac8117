"""Faults around months that have landed: planted, named by their codes, and gone after what a section says."""

from pathlib import Path

import pytest

from artifacts.raw import landed_through
from tests.docs import runbook
from tests.docs.test_runbook_landing import BUILD, LAND, home
from tests.ingestion.conftest import example
from tests.ingestion.small_source import CALM, ON_TIME, Example
from tests.ingestion.test_adding_a_source import SALES, bakery

__all__ = ["bakery", "example", "home"]

CALM_IN_FEBRUARY = CALM.replace("2013,1,", "2013,2,").replace("2013-01", "2013-02")
CORRECT = "python -m ingestion correct --source SOURCE --table TABLE --month MONTH --known-at TIME --fact FACT=FILE.csv"
RESTATED = "flight_id,arrived_at,arrival_delay_minutes,air_time_minutes\nEWR-UA-1545-{day}T10:15,{day}T14:49:00,30,NA\n"


def restated(folder: Path, month: str) -> dict[str, str]:
    """A file with a flight's arrival as the source has it now, and what the reader fills in about it."""
    (folder / "restated.csv").write_text(RESTATED.format(day=f"{month}-01"))
    about = {"TIME": f"{month}-20T12:00", "FACT": "arrival", "FILE": str(folder / "restated")}
    return {**runbook.EXAMPLES, **about, "MONTH": month}


def follow(code: str, values: dict[str, str], capsys: pytest.CaptureFixture[str]) -> list[int]:
    return [runbook.run(runbook.filled(one, values), capsys)[0] for one in runbook.section(code).commands]


def test_a_month_without_a_row_lands_once_its_file_has_some(
    bakery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {"SOURCE": "bakery", "MONTH": "2013-03"}
    assert "ingestion.month_empty: " in runbook.run(runbook.filled(LAND, values), capsys)[1]
    (bakery / "sales.csv").write_text(SALES.replace("2013-01", "2013-03"))
    assert follow("ingestion.month_empty", values, capsys) == [0]
    assert landed_through(str(tmp_path / "raw"), "bakery") == "2013-03"


def test_what_a_source_says_otherwise_by_now_is_handed_in_as_a_correction(
    home: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.land()
    home.flights(ON_TIME.replace(",830,819,11,", ",849,819,30,"))
    values = restated(tmp_path, "2013-01")
    assert "raw.conflict: " in runbook.run(runbook.filled(LAND, values), capsys)[1]
    assert follow("raw.conflict", values, capsys) == [0]
    assert [one.revision.split("-")[0] for one in home.landed() if one.key.table == "flights"] == ["base", "correction"]


def test_a_month_that_has_not_landed_is_landed_and_then_corrected_or_built_from(
    home: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.weather(CALM, CALM_IN_FEBRUARY).land()
    values = restated(tmp_path, "2013-02")
    assert "raw.not_landed: " in runbook.run(runbook.filled(CORRECT, values), capsys)[1]
    assert "Land 2013-02: " in runbook.run(runbook.filled(BUILD, values | {"DAY": "2013-03-01"}), capsys)[1]
    assert follow("features.not_landed", values, capsys) == [0]
    assert follow("raw.not_landed", values, capsys) == [0, 0]
    assert "features.not_landed: " in runbook.run(runbook.filled(BUILD, values), capsys)[1]
