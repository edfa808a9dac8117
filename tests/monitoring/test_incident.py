"""Thirty days of a model, a day at a time, with an incident of three days in them, and the same again a week later."""

from datetime import date, timedelta

import pytest

from artifacts import ledger
from artifacts.alerts import Event
from artifacts.errors import Missing
from artifacts.findings import publish_findings
from artifacts.lost_alerts import alerts_of
from artifacts.prediction_log import compact
from monitoring.alert_settings import AlertSettings
from monitoring.left_out import left_out_by_alerts
from monitoring.update import update_alerts
from monitoring.window import parse_window
from tests.monitoring.world import NOW, SETTINGS, WEEK, World, of

FIRST, DAYS = date(2013, 2, 24), 30
GOOD, AFTER = ("2013-02-10..2013-03-03", "2013-03-06..2013-03-13"), "2013-03-16..2013-03-26"
# A window of a day has some hundred rows; a hundred draws tell 1 % from more.
DAILY = SETTINGS.model_copy(update={"min_rows": 50, "replicates": 100})
KEY = "wasserstein|delay_mean|training|-"


def replay(world: World, bad: list[str]) -> list[Event]:
    """What is told of thirty windows of a day each; in the `bad` ones the delays are an hour."""
    for spoilt, good in zip(bad, GOOD, strict=True):
        world.log(world.answers(good))
        world.log(world.answers(spoilt, lambda row: {**row, "delay_mean": 60.0}))
    world.log(world.answers(AFTER))
    compact(world.places.predictions, world.places.prediction_parts)
    told: list[Event] = []
    for day in (FIRST + timedelta(days=number) for number in range(DAYS)):
        window = parse_window(f"{day}..{day + timedelta(days=1)}")
        left_out = left_out_by_alerts(world.places, world.run.model, 1, window, DAILY)
        found = world.check(f"{day}..{day + timedelta(days=1)}", settings=DAILY, left_out=left_out)
        publish_findings(world.places.findings, found)
        told += update_alerts(world.places, AlertSettings(), found.id).events
    return told


def test_three_bad_days_are_opened_and_resolved_once_and_alarm_again_a_week_later(world: World) -> None:
    told = replay(world, bad=["2013-03-03..2013-03-06", "2013-03-13..2013-03-16"])
    drift = [event for event in told if (event.alert.kind, event.alert.key) == ("DRIFT", KEY)]
    days = [(event.step, f"{event.at:%m-%d}", event.alert.incident) for event in drift]
    assert days == [
        ("opened", "03-04", 1),
        ("resolved", "03-07", 1),
        ("opened", "03-14", 2),
        ("resolved", "03-17", 2),
    ]
    assert {event.alert.finding.feature for event in told if event.alert.kind == "DRIFT"} == {"delay_mean"}


def test_where_the_incidents_are_not_known_nothing_is_held_against_the_days_before(world: World) -> None:
    ledger.promote(
        world.places.ledger, model=world.run.model, version=1, run_id=world.run.run_id, expected=None,
        decided_at=NOW, decided_by="test", reason="better",
    )  # fmt: skip
    world.log(world.answers("2013-03-01..2013-03-27"))
    checked = []
    for window in ("2013-03-13..2013-03-20", WEEK):
        left_out = left_out_by_alerts(world.places, world.run.model, 1, parse_window(window), SETTINGS)
        checked.append(publish_findings(world.places.findings, world.check(window, left_out=left_out)))
    first, blind = checked
    assert {one.baseline for one in first.findings} >= {"training", "served"}
    told = of(blind, "baseline", baseline="served")
    assert (told.state, told.reason.code, told.required) == ("UNKNOWN", "alerts.lost", False)
    assert {one.rule for one in blind.findings if one.baseline == "served"} == {"baseline"}
    # What was found without the incidents is no substitute for what was found before.
    both = f"update --findings {first.id} --findings {blind.id}"
    assert (told.reason.next_step or "").endswith(f"update --findings {first.id}")
    with pytest.raises(Missing) as refused:
        alerts_of(world.places, world.run.model)
    assert refused.value.next_step.endswith(both)
