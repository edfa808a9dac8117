"""What lasts is told, is settled against the trailing window, and stays open against training."""

from datetime import timedelta

import pytest

from tests.monitoring.lasting import MOVED, WORLDS, serve


@pytest.mark.slow
def test_a_feature_that_moved_for_good_is_the_new_normal_within_weeks_and_open_against_training() -> None:
    events = [one for one in serve(0, 2000, WORLDS["for good"]).events if one.alert.finding.feature == MOVED]
    last = {event.alert.key: (event.alert.finding.baseline, event.step) for event in events}
    assert {step for baseline, step in last.values() if baseline == "served"} == {"settled"}
    assert {step for baseline, step in last.values() if baseline == "training"} == {"reminded"}
    opened = {event.at for event in events if event.step == "opened"}
    assert max(event.at for event in events if event.step == "settled") - min(opened) <= timedelta(days=30)
