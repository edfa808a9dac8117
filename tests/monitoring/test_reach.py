"""A rule that no window can break is not told as kept: the most that each can show is known beforehand."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.binning import Bins
from artifacts.counting import Counted
from artifacts.grouping import grouping
from monitoring.drift import find_drift, hold_against
from monitoring.noise import Sample, observed, statistics
from monitoring.reach import most
from monitoring.settings import MonitoringSettings
from tests.monitoring.daily import learn

NUMBER = Bins("x", "number", edges=(0.0, 1.0, 2.0, 3.0, 4.0), spread=1.0, low=0.0, high=4.0)
TEXT = Bins("x", "category", categories=("a", "b", "c", "d", "e"))
BOOLEAN = Bins("x", "category", categories=("false", "true"))
Drawn = st.lists(st.integers(0, 500), min_size=8, max_size=8)


def counted(bins: Bins, told: list[int], days: int = 1) -> Counted:
    """Counts by bin, then nulls and rows beyond the bounds, the same on each day."""
    *counts, nulls, out = [*told[: bins.width], *told[-2:]]
    if bins is BOOLEAN:
        counts[-1] = 0
    each = np.tile(np.array([counts]), (days, 1)), np.full(days, nulls), np.full(days, min(out, sum(counts)))
    return Counted(tuple(date(2013, 9, 1) + timedelta(days=at) for at in range(days)), *each, np.zeros(bins.width))


@pytest.mark.parametrize("bins", [NUMBER, TEXT, BOOLEAN], ids=lambda bins: bins.kind)
@given(before=Drawn, now=Drawn)
def test_no_window_shows_more_than_the_most_that_was_said(bins: Bins, before: list[int], now: list[int]) -> None:
    baseline, current = counted(bins, before), counted(bins, now)
    groups, sides = grouping(bins, baseline.counts.sum(axis=0)), (observed(bins, baseline), observed(bins, current))
    reach = most(bins, groups, sides[0], current.rows)
    for rule, value in statistics(bins, groups, *sides).items():
        assert rule == "wasserstein" or value <= reach[rule] + 1e-9, rule


def test_all_rows_in_the_rarest_group_show_the_most_and_a_boolean_has_no_third_value() -> None:
    before = [900, 100, 0, 0, 0, 0, 0, 0]
    for bins, rarest in ((TEXT, 5), (BOOLEAN, 1)):
        baseline, all_there = counted(bins, before), [0] * 8
        all_there[rarest] = 700
        groups, base = grouping(bins, baseline.counts.sum(axis=0)), observed(bins, baseline)
        found = statistics(bins, groups, base, observed(bins, counted(bins, all_there)))
        reach = most(bins, groups, base, 700)
        assert [reach[rule] for rule in ("psi", "jensen_shannon")] == [found["psi"], found["jensen_shannon"]]


def test_a_share_can_only_rise_by_what_it_has_not_yet() -> None:
    baseline = Sample(np.array([60.0, 30.0, 10.0]), np.array(0.3), np.array(0.2), np.zeros(3))
    reach = most(Bins("x", "category", categories=("a", "b")), np.array([0, 1, 2]), baseline, 100)
    shares = [reach[rule] for rule in ("null_share", "unseen_share", "out_of_range_share")]
    assert shares == pytest.approx([0.7, 0.9, 0.8])


def test_a_feature_whose_days_lie_far_apart_is_not_called_ok_by_what_no_window_can_break() -> None:
    random, days = np.random.default_rng(5), [date(2013, 9, 1) + timedelta(days=at) for at in range(14)]
    values = random.normal(size=(14, 50)) + 20 * random.normal(size=14)[:, None]
    bins = learn("weather", values)
    each = np.stack([np.bincount(one, minlength=bins.width) for one in np.searchsorted(bins.edges, values)])
    zeros, sums = np.zeros(14, np.int64), np.zeros(bins.width)
    baseline, week = (
        Counted(tuple(d), c, z, z, sums) for d, c, z in ((days, each, zeros), (days[7:], each[7:], zeros[7:]))
    )
    found = find_drift("training", {"weather": (bins, baseline)}, {"weather": week}, MonitoringSettings(), 350).findings
    states = {one.rule: (one.state, one.reason.code, one.required) for one in found}
    assert states["psi"] == ("UNKNOWN", "noise.too_large", False)


@pytest.mark.parametrize(("threshold", "state"), [(0.69, "OK"), (0.7, "UNKNOWN")])
def test_a_threshold_is_of_use_as_long_as_a_window_can_exceed_it(threshold: float, state: str) -> None:
    before = counted(TEXT, [10, 10, 10, 10, 30, 0, 30, 0])
    bounds = dict.fromkeys((("x", rule) for rule in ("psi", "jensen_shannon", "null_share", "unseen_share")), threshold)
    found = hold_against("training", {"x": (TEXT, before)}, {"x": before}, bounds).findings
    [nulls] = [one for one in found if one.rule == "null_share"]
    assert nulls.state == state
    assert (nulls.reason.text.endswith("no window of as many rows can show more than 0.7.")) == (state == "UNKNOWN")
