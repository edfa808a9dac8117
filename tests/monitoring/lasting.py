"""Alerts of a model that serves for months, looked at daily: `.venv/bin/python -m tests.monitoring.lasting 200 20`.

Twenty times a model serves for eighteen weeks at 200 rows a week. On each day from the fifth week on, the week that
ends then is held against both baselines by the real thresholds; alerts follow by the real rules, and leave days out of
the trailing windows to come. Days are not alike. In some worlds one feature moves: for three days, and again two weeks
later, for good, for a month, or slowly.
"""

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from artifacts.alerts import Alert, Event, Incidents, days_of_incidents
from artifacts.binning import Bins
from artifacts.counting import Counted
from artifacts.finding import Finding
from artifacts.findings import Findings
from monitoring.alerts import Watches, take
from monitoring.drift import Described, hold_against, measured_bounds
from monitoring.served import days_back
from monitoring.settings import MonitoringSettings
from tests.monitoring.daily import APART, SERVED, TRAINED, WEEK, Rows, learn, likeness

MODEL, BEGAN, MOVED = "toy", datetime(2013, 9, 1), "feature 3"
DAYS, MOVES = SERVED + 14 * WEEK, 8 * WEEK
SETTINGS = MonitoringSettings(replicates=300)
REACH = SERVED + SETTINGS.incident_days
LeaveOut = Callable[[Sequence[Alert], datetime, datetime], Incidents]
# By day of serving, how many of its own spreads the feature lies away.
WORLDS: Mapping[str, Callable[[int], float]] = {
    "nothing moves": lambda _: 0.0,
    "three days, twice": lambda day: 4.0 * (MOVES <= day < MOVES + 3 or MOVES + 14 <= day < MOVES + 17),
    "for good": lambda day: 2.0 * (day >= MOVES),
    "for a month": lambda day: 2.0 * (MOVES <= day < MOVES + 30),
    "slowly": lambda day: 2.0 * min(max(day - MOVES, 0), 42) / 42,
}


@dataclass(frozen=True)
class Days:
    """A feature's counts by day; any of its days together are a baseline or a window."""

    bins: Bins
    counts: np.ndarray
    sums: np.ndarray

    def of(self, chosen: Sequence[int]) -> Counted:
        """Those days of it, counted."""
        zeros, at = np.zeros(len(chosen), np.int64), list(chosen)
        days = tuple((BEGAN + timedelta(days=day)).date() for day in chosen)
        return Counted(days, self.counts[at], zeros, zeros, self.sums[at].sum(axis=0))


def by_feature(alerts: Sequence[Alert], start: datetime, end: datetime) -> Incidents:
    """The rule as it is."""
    return days_of_incidents(alerts, 1, start, end, SETTINGS.longest_incident)


@dataclass(frozen=True)
class Told:
    """What a world led to: events, the days on which anything was DRIFT, and on how many nobody judged what moves."""

    events: Sequence[Event]
    alarms: Mapping[str, set[int]]
    blind: int


def serve(seed: int, rows: int, how: Callable[[int], float], leave_out: LeaveOut = by_feature) -> Told:
    """Go through the days of a world."""
    trained, log = _world(np.random.default_rng(seed), rows // WEEK, how)
    watches: Watches = {}
    known: dict[tuple[str, str, int], Alert] = {}
    events: list[Event] = []
    alarms: dict[str, set[int]] = {"training": set(), "served": set()}
    bounds, blind = None, 0
    for day in range(SERVED + WEEK, DAYS + 1):
        week = {name: one.of(range(day - WEEK, day)) for name, one in log.items()}
        bounds = bounds or measured_bounds(trained, week, SETTINGS, rows)
        found = list(hold_against("training", trained, week, bounds).findings)
        start, end = (BEGAN + timedelta(days=one) for one in (day - WEEK - REACH, day - WEEK))
        served = _served(log, day - WEEK, leave_out(list(known.values()), start, end))
        blind += MOVED not in served
        if served:
            there = {name: week[name] for name in served}
            found += hold_against("served", served, there, measured_bounds(served, there, SETTINGS, rows)).findings
        for one in found:
            if one.state == "DRIFT":
                alarms[one.baseline or ""].add(day)
        watches, told = take(watches, _findings(day, found), 1, SETTINGS.patience)
        events += told
        known |= {(one.kind, one.key, one.incident): one for watch in watches.values() for one in watch.alerts}
    return Told(events, alarms, blind)


def _world(random: np.random.Generator, a_day: int, how: Callable[[int], float]) -> tuple[Described, dict[str, Days]]:
    apart = likeness(random, TRAINED + DAYS, 0.0)
    trained, log = {}, {}
    for at, spread in enumerate(APART):
        name = f"feature {at}"
        values: Rows = apart[at][:, None] + random.normal(size=(TRAINED + DAYS, a_day))
        if name == MOVED:
            far = np.array([how(day) for day in range(DAYS)]) * np.hypot(1.0, spread)
            values[TRAINED:] += far[:, None]
        bins = learn(name, values[:TRAINED])
        of_training, log[name] = (_count(bins, part) for part in (values[:TRAINED], values[TRAINED:]))
        trained[name] = (bins, of_training.of(range(TRAINED)))
    return trained, log


def _count(bins: Bins, values: Rows) -> Days:
    code = np.searchsorted(bins.edges, values, side="left")
    far = (values - bins.edges[0]) / bins.unit
    sums = [np.bincount(one, weights=each, minlength=bins.width) for one, each in zip(code, far, strict=True)]
    return Days(bins, np.stack([np.bincount(one, minlength=bins.width) for one in code]), np.stack(sums))


def _served(log: Mapping[str, Days], end: int, incidents: Incidents) -> Described:
    described, first = {}, (BEGAN + timedelta(days=end)).date()
    for name, one in log.items():
        out = incidents.get(name, frozenset())
        back = days_back(first, out, wanted=SERVED, most=min(REACH, end))
        left = [day for day in range(end - back, end) if (BEGAN + timedelta(days=day)).date() not in out]
        if len(left) >= SETTINGS.min_baseline_days:
            described[name] = (one.bins, one.of(left))
    return described


def _findings(day: int, found: Sequence[Finding]) -> Findings:
    end = BEGAN + timedelta(days=day)
    made = datetime(2026, 1, 1)
    about = f"{MODEL}/2013-10-01.3f9a5b1c2d3e"
    return Findings(MODEL, 1, about, end - timedelta(days=WEEK), end, 900, made, tuple(found))


def summary(told: Sequence[Told]) -> str:
    """Weeks with a false alarm, and what became of the alerts that the trailing window opened."""
    weeks = range(SERVED + WEEK, DAYS + 1 - WEEK, WEEK)
    share = {
        baseline: np.mean(
            [bool(one.alarms[baseline] & set(range(week, week + WEEK))) for one in told for week in weeks]
        )
        for baseline in ("training", "served")
    }
    steps = Counter(event.step for one in told for event in one.events if event.alert.finding.baseline == "served")
    still = steps["opened"] - steps["resolved"] - steps["settled"]
    days = [
        (event.at - event.alert.opened).days
        for one in told
        for event in one.events
        if event.step in {"resolved", "settled"} and event.alert.finding.baseline == "served"
    ]
    return (
        f"weeks with an alarm: training {share['training']:.1%}, served {share['served']:.1%}; served alerts a world: "
        f"{steps['opened'] / len(told):.1f} opened, {steps['resolved'] / len(told):.1f} resolved, "
        f"{steps['settled'] / len(told):.1f} settled, {still / len(told):.1f} open at the end; "
        f"longest {max(days, default=0)} days; days not judged {np.mean([one.blind for one in told]):.1f}"
    )


if __name__ == "__main__":
    for name, how in WORLDS.items():
        print(
            f"{name}: {summary([serve(seed, int(sys.argv[1]), how) for seed in range(int(sys.argv[2]))])}", flush=True
        )
