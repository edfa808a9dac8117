"""A value that stands still is told where the baseline never did, and not where that is how the feature is."""

import numpy as np
import pytest

from artifacts.counting import Counted
from monitoring.constant import stands_out
from tests.monitoring.test_bad_windows import with_features
from tests.monitoring.world import SETTINGS, WEEK, World, codes, of


def counted(*days: list[int]) -> Counted:
    counts = np.array(days)
    nothing = np.zeros(len(days), dtype=np.int64)
    return Counted(tuple(range(len(days))), counts, nothing, nothing, np.zeros(counts.shape[1]))  # type: ignore[arg-type]


# So little matters that no rule on the values can say that they moved.
BLIND = SETTINGS.model_copy(update={"least_psi": 99.0, "least_jensen_shannon": 99.0, "least_wasserstein": 99.0})
BEFORE = "2013-03-06..2013-03-13"
STILL = counted([0, 50, 0], [0, 70, 0])


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (STILL, counted([9, 5, 6], [7, 8, 9], [10, 5, 3]), True),
        (STILL, counted([9, 0, 6], [7, 0, 9]), True),
        (counted([0, 50, 0], [1, 70, 0]), counted([9, 5, 6], [7, 8, 9]), False),
        # Mostly that value: a dry week among dry weeks.
        (STILL, counted([1, 50, 1], [20, 80, 1], [1, 50, 2]), False),
        # One value a day by its nature, such as a day of the week.
        (counted([0, 50, 0]), counted([60, 0, 0], [0, 0, 50], [0, 40, 0], [0, 0, 0]), False),
        (STILL, counted([0, 0, 0]), False),
        (counted([0, 0, 0]), counted([9, 5, 6]), False),
    ],
)
def test_what_stands_still_is_told_by_what_the_baseline_does(now: Counted, before: Counted, told: bool) -> None:
    assert stands_out(now, before) is told


def test_the_finding_names_the_value_and_what_to_look_at(world: World) -> None:
    world.log(with_features(world.answers(WEEK), noise=0.5))
    assert "values.constant" not in codes(world.check())
    told = world.check(settings=BLIND)
    found = of(told, "schema", "noise")
    assert (told.state, codes(told)) == ("UNKNOWN", {"values.constant"})
    assert (found.state, found.reason.code, found.required) == ("UNKNOWN", "values.constant", True)
    assert found.reason.what.startswith("noise is 0.5 in all 665 rows that have a value; in the training baseline ")
    assert found.reason.next_step is not None and found.reason.next_step.startswith("See what its source sends.")


def test_values_that_share_a_bin_are_not_one_value_and_too_few_say_nothing(world: World) -> None:
    records = world.answers(WEEK)
    world.log([*with_features(records[:-1], noise=0.5), *with_features(records[-1:], noise=0.5001)])
    assert world.check(settings=BLIND).state == "OK"
    world.log(with_features(world.answers(BEFORE)[:99], noise=0.5))
    assert "values.constant" not in codes(world.check(BEFORE, settings=BLIND))
