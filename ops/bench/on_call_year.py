"""A year of one model for the on-call pages: findings a day, alerts of them, and compacted predictions."""

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from artifacts import alerts
from artifacts.alerts import Alert, Event, Watch
from artifacts.alerts.store import Watches
from artifacts.finding import SCORE, BaselineKind, Finding, Reason, Rule, State
from artifacts.findings import Findings, publish_findings
from artifacts.places import Places
from artifacts.prediction_log import LogSettings, LogWriter, Prediction, compact

RULES: tuple[Rule, ...] = ("psi", "jensen_shannon", "wasserstein", "null_share", "unseen_share", "out_of_range_share")
BASELINES: tuple[BaselineKind, ...] = ("training", "served")
WINDOW, LABELLED, SEED = timedelta(days=7), 7, 20130101
PROMISED: dict[Rule, float] = {"log_loss": 0.39, "roc_auc": 0.72}
# Which features break, in which part of the year; and of how many days the log has none of one.
BREAKS, SILENT = {1: (0.45, 0.55), 2: (0.93, 1.0)}, 97


def write_year(places: Places, names: list[str], about: Prediction, *, days: int, a_day: int) -> None:
    """Findings for each of `days` windows up to the day of `about`, on which `a_day` predictions like it were asked."""
    drawn = random.Random(SEED)  # noqa: S311  a picture, no secret
    last = about.asked_at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    told = []
    for at in range(1, days + 1):
        found = _window(names, about, last - timedelta(days=days - at), at / days, drawn)
        if at % LABELLED == 0:
            found = replace(found, findings=(*found.findings, *_performance(at / days, drawn)))
        publish_findings(places.findings, found)
        told.append(found)
    _alerts(places.alerts, about.model, told)
    _predictions(places, about, [last - timedelta(days=days - at) for at in range(days)], a_day, drawn)


def _window(names: list[str], about: Prediction, end: datetime, share: float, drawn: random.Random) -> Findings:
    found = [
        _finding(rule, name, baseline, _far(place, share, drawn))
        for place, name in enumerate((*names, SCORE))
        for rule in RULES
        for baseline in BASELINES
    ]
    return Findings(about.model, about.version, about.training_set, end - WINDOW, end, 5000, end, tuple(found))


def _far(place: int, share: float, drawn: random.Random) -> float | None:
    """In thresholds, `share` of the year being over: noise, and by feature a season or a break."""
    if drawn.random() < (0.02 if place % 11 else 0.2):
        return None
    season = 1.1 * max(math.sin(2 * math.pi * (share - 0.1 * (place % 4))), 0) if place % 5 == 0 else 0.0
    broken = BREAKS.get(place % 8)
    return min(
        0.08 + 0.35 * drawn.random() ** 3 + season + (2.6 if broken and broken[0] < share <= broken[1] else 0), 40
    )


def _finding(rule: Rule, name: str, baseline: BaselineKind, far: float | None) -> Finding:
    if far is None:
        reason = Reason("values.none", "No value on one side.")
        return Finding(rule, name, "UNKNOWN", reason, 5000, 9000, baseline=baseline)
    state: State = "DRIFT" if far > 1 else "OK"
    reason = Reason(f"drift.{rule}", f"{rule} of {name} is {0.1 * far:.4g}; at most 0.1 is noise.")
    return Finding(rule, name, state, reason, 5000, 9000, round(0.1 * far, 6), 0.1, baseline)


def _performance(share: float, drawn: random.Random) -> list[Finding]:
    found: list[Finding] = []
    for rule, promised in PROMISED.items():
        value = promised + 0.02 * math.sin(7 * share) + 0.01 * drawn.random()
        reason = Reason("performance.kept", f"{rule} is as promised.")
        ends = (value - 0.02, value + 0.02)
        found.append(Finding(rule, None, "OK", reason, 5000, 0, value, value + 0.05, "holdout", *ends))
    return found


def _alerts(url: str, model: str, told: list[Findings]) -> None:
    """An alert for each feature that drifted, closed at its first window without, as the DAG would have told it."""
    opened: dict[str, Alert] = {}
    done: list[Alert] = []
    for found in told:
        bad = {one.key: one for one in found.findings if one.state == "DRIFT" and one.rule == "psi"}
        over = [opened.pop(key) for key in list(opened) if key not in bad]
        done += [replace(one, closed=found.end, until=found.start) for one in over]
        for key, one in bad.items():
            before = opened.get(key)
            number = 1 + sum(other.key == key for other in done)
            fresh = Alert(model, found.version, "DRIFT", key, number, found.end, found.start, found.end, found.end, one)
            opened[key] = replace(before, seen=found.end, finding=one) if before else fresh
    every = (*done, *opened.values())

    def take(_: Watches) -> tuple[Watches, list[Event]]:
        newest = told[-1]
        watch = Watch(model, newest.version, "log", newest.start, newest.end, newest.id, frozenset(), every)
        events = [Event("resolved" if one.closed else "opened", one.seen, one) for one in every]
        return {(newest.version, "log"): watch}, events

    alerts.change(url, model, told[-1].id, take)


def _predictions(places: Places, about: Prediction, days: list[datetime], a_day: int, drawn: random.Random) -> None:
    """Logged through the writer and compacted, a part a day; on some days nobody asks."""
    with LogWriter(places.predictions, LogSettings(durability="interval")) as log:
        for at, begin in enumerate(days, start=1):
            if at % SILENT:
                log.append(list(_asked(about, begin, int(a_day * (0.6 + 0.8 * drawn.random())), drawn)))
    compact(Path(places.predictions), places.prediction_parts)


def _asked(about: Prediction, begin: datetime, count: int, drawn: random.Random) -> Iterator[Prediction]:
    for _ in range(count):
        moment = begin + timedelta(seconds=drawn.randrange(86_400))
        yield replace(about, prediction_id=f"{drawn.getrandbits(128):032x}", request_id="year", asked_at=moment)
