"""Alerts and the events that tell of them are written together or not at all, and a damaged store says so."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from artifacts import alerts
from artifacts.alerts import Alert, Event, Watch
from artifacts.errors import Damaged, Unavailable
from artifacts.finding import Finding, Reason
from artifacts.places import REPOSITORY

MOVED = Finding("psi", "distance", "DRIFT", Reason("drift.psi", "Moved."), 900, 28000, 0.42, 0.1, baseline="training")
NOON = datetime(2013, 12, 2)
ALERT = Alert("late_arrival", 3, "DRIFT", MOVED.key, 1, NOON, datetime(2013, 12, 1), NOON, NOON, MOVED)
WATCH = Watch("late_arrival", 3, "log", datetime(2013, 12, 1), NOON, "late_arrival/a", frozenset({"b"}), (ALERT,))
DAYS = timedelta(days=28)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'alerts' / 'alerts.db'}"


def opened(url: str) -> None:
    after = {(3, "log"): WATCH}
    alerts.change(url, "late_arrival", "late_arrival/a", lambda _: (after, [Event("opened", NOON, ALERT)]))  # type: ignore[arg-type, return-value]


def test_before_the_first_alert_there_is_nothing_and_reading_leaves_no_file(url: str, tmp_path: Path) -> None:
    assert alerts.history(url, "late_arrival") == ()
    assert alerts.incident_days(url, "late_arrival", 3, NOON, NOON + DAYS, longest=DAYS) == {}
    assert alerts.newest_window(url, "late_arrival") is None
    assert (alerts.waiting(url, "webhook"), alerts.undelivered(url)) == ((), 0)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_comes_back_whole(url: str) -> None:
    opened(url)
    alerts.change(url, "late_arrival", "b", lambda before: ({**before, **{(3, "log"): before[3, "log"]}}, []))
    seen = {}
    alerts.change(url, "late_arrival", "b", lambda before: (seen.update(before) or before, []))
    assert seen == {(3, "log"): WATCH}
    alerts.enlist(url, ["webhook"])
    [batch] = alerts.waiting(url, "webhook")
    assert batch.events == (Event("opened", NOON, ALERT),)
    assert alerts.newest_window(url, "late_arrival") == NOON
    assert alerts.taken_to(url, "late_arrival") == {(3, "log"): NOON}


def test_a_change_that_breaks_midway_writes_neither_alerts_nor_events(url: str) -> None:
    opened(url)
    other = Watch("late_arrival", 4, "log", alerts=(ALERT,))
    with pytest.raises(ZeroDivisionError):
        alerts.change(url, "late_arrival", "b", lambda _: ({(4, "log"): other}, [1 // 0]))  # type: ignore[list-item]
    with pytest.raises(AttributeError):
        alerts.change(url, "late_arrival", "b", lambda _: ({(4, "log"): other}, [None]))  # type: ignore[list-item]
    assert [one.version for one in alerts.history(url, "late_arrival")] == [3]
    assert alerts.undelivered(url) == 1


def test_a_failure_is_counted_and_what_was_delivered_stays_so(url: str) -> None:
    opened(url)
    alerts.enlist(url, ["webhook"])
    [batch] = alerts.waiting(url, "webhook")
    alerts.failed(url, batch.key, "webhook", "status 503")
    assert alerts.waiting(url, "webhook") == (batch,)
    alerts.delivered(url, batch.key, "webhook")
    alerts.failed(url, batch.key, "webhook", "a second run was late")
    assert (alerts.waiting(url, "webhook"), alerts.undelivered(url)) == ((), 0)


def test_a_row_that_cannot_be_read_is_damage_not_an_empty_list(url: str) -> None:
    opened(url)
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text("update alerts set told = '{}'"))
    with pytest.raises(Damaged, match="cannot be read") as refused:
        alerts.history(url, "late_arrival")
    assert refused.value.code == "alerts.damaged"


def test_a_place_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        alerts.history(f"sqlite:///{tmp_path}", "late_arrival")
    assert refused.value.code == "alerts.unavailable"


RACER = """
import sys
from datetime import timedelta
from artifacts import alerts
from monitoring.alert_steps import Patience
from monitoring.alerts import take
from tests.monitoring.found import MOVED, found
made, patience = found(2, MOVED), Patience(timedelta(7), timedelta(14), timedelta(3), timedelta(21), timedelta(28))
sys.stdin.readline()
print(len(alerts.change(sys.argv[1], made.model, made.id, lambda before: take(before, made, 3, patience))))
"""


def test_of_processes_that_take_the_same_findings_at_once_one_tells_of_them(url: str) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, url],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    assert sorted(racer.communicate()[0].strip() for racer in racers) == ["0", "0", "0", "1"]
    assert alerts.undelivered(url) == 1


def test_a_retraining_is_claimed_once_a_cooldown_by_the_time_of_windows(url: str) -> None:
    def claim(day: int, findings: str, model: str = "late_arrival") -> datetime | None:
        return alerts.claim_retraining(url, model, datetime(2013, 12, day), findings, DAYS)

    assert claim(2, "a") is None
    assert claim(2, "a") is None
    assert claim(3, "b") == datetime(2013, 12, 2)
    assert claim(29, "c") == datetime(2013, 12, 2)
    assert claim(30, "d") is None
    assert claim(2, "a") == datetime(2013, 12, 30)
    assert claim(3, "b", "another") is None
