"""Thirty days of a model, a day at a time, with an incident of three days in them, and the same again a week later."""

from datetime import date, timedelta

from artifacts.alerts import Event
from artifacts.findings import publish_findings
from artifacts.prediction_log import compact
from monitoring.alert_settings import AlertSettings
from monitoring.served import left_out_by_alerts
from monitoring.update import update_alerts
from monitoring.window import parse_window
from tests.monitoring.world import SETTINGS, World

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
