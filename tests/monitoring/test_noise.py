"""Weeks without drift raise no alarm, weeks with drift do: measured, since a threshold is a promise about noise."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from monitoring.drift import find_drift
from tests.monitoring.daily import rates
from tests.monitoring.study import FINE, Columns, count, describe, draw, make_world

# A sample of the study; TEST_WORLDS=40 is the whole of it, 200 weeks at each size, and 80 that are looked at daily.
WHOLE = 40
WORLDS, WEEKS = int(os.environ.get("TEST_WORLDS", "10")), 5


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("rows", [200, 2000, 20_000])
def test_at_most_five_in_a_hundred_weeks_without_drift_raise_an_alarm_over_all_features_together(rows: int) -> None:
    alarms = 0
    for seed in range(WORLDS):
        world = make_world(seed)
        weeks = [draw(np.random.default_rng(1000 * seed + week + 1), rows) for week in range(WEEKS)]
        alarms += sum("DRIFT" in world.states(week).values() for week in weeks)
    print(f"{rows:,} rows: {alarms} of {WORLDS * WEEKS} weeks raised an alarm")
    assert alarms <= 0.05 * WORLDS * WEEKS


def shifted(columns: Columns, random: np.random.Generator) -> Columns:
    return columns | {"smooth 2": pc.add(columns["smooth 2"], 1.5)}  # half a standard deviation


def rescored(columns: Columns, random: np.random.Generator) -> Columns:
    return columns | {"(score)": pc.multiply(columns["(score)"], 1.5)}


def replaced(columns: Columns, random: np.random.Generator) -> Columns:
    new = random.random(len(columns["place"])) < 0.05
    return columns | {"place": pc.if_else(pa.array(new), "a new place", columns["place"])}


def emptied(columns: Columns, random: np.random.Generator) -> Columns:
    gone = random.random(len(columns["hour"])) < 0.05
    return columns | {"hour": pc.if_else(pa.array(gone), None, columns["hour"])}


def spoilt(columns: Columns, random: np.random.Generator) -> Columns:
    wrong = random.random(len(columns["smooth 1"])) < 0.05
    return columns | {"smooth 1": pc.if_else(pa.array(wrong), -9999.0, columns["smooth 1"])}


@pytest.mark.parametrize(
    ("change", "feature", "rules"),
    [
        (shifted, "smooth 2", {"psi", "jensen_shannon", "wasserstein"}),
        (rescored, "(score)", {"psi", "jensen_shannon", "wasserstein"}),
        (replaced, "place", {"unseen_share", "psi"}),
        (emptied, "hour", {"null_share"}),
        (spoilt, "smooth 1", {"out_of_range_share", "wasserstein"}),
    ],
)
def test_a_planted_drift_is_found_where_it_is_and_nowhere_else(change, feature, rules) -> None:
    random = np.random.default_rng(8)
    states = make_world(7).states(change(draw(random, 5000), random))
    drifted = {(name, rule) for (name, rule), state in states.items() if state == "DRIFT"}
    assert {name for name, _ in drifted} == {feature}
    assert rules <= {rule for _, rule in drifted}


@pytest.mark.parametrize("kind", ["category", "number"])
def test_what_was_rare_and_becomes_common_is_seen_also_where_nearly_all_rows_were_the_same(kind: str) -> None:
    random = np.random.default_rng(3)
    values, name = {"category": (np.array(["no", "yes"]), "flag"), "number": (np.array([0.0, 1.0]), "zeros")}[kind]
    before, now = (values[(random.random(rows) < share).astype(int)] for rows, share in ((8400, 0.03), (2000, 0.2)))
    described = describe({name: pa.array(before)}, 42)
    week = count({name: pa.array(now)}, 7, {name: described[name][0]})
    states = {one.rule: one.state for one in find_drift("training", described, week, FINE, 2000).findings}
    assert (states["psi"], states["jensen_shannon"]) == ("DRIFT", "DRIFT")


def days_apart(seed: int, days: int) -> Columns:
    """A feature whose days differ as much as the rows of one day do."""
    random = np.random.default_rng(seed)
    return {"weather": pa.array(random.normal(size=days * 200) + np.repeat(random.normal(size=days), 200))}


@pytest.mark.parametrize("days", [1, 7, 35])
def test_days_that_differ_by_nature_are_noise_also_in_a_window_longer_than_the_baseline(days: int) -> None:
    alarms = 0
    for seed in range(10):
        described = describe(days_apart(seed, 28), 28)
        current = count(days_apart(100 + seed, days), days, {name: bins for name, (bins, _) in described.items()})
        found = find_drift("served", described, current, FINE, days * 200).findings
        alarms += any(one.state == "DRIFT" for one in found)
    assert alarms <= 2


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("rows", [200, 2000, 20_000] if WORLDS >= WHOLE else [200])
def test_at_most_five_in_a_hundred_weeks_raise_an_alarm_by_both_baselines_looked_at_daily_though_days_differ_by_nature(
    rows: int,
) -> None:
    _, weeks = rates(rows, 2 * WORLDS, kept=0.3)
    print(f"{rows:,} rows: {weeks:.1%} of {2 * WORLDS} weeks raised an alarm")
    assert weeks <= 0.05
