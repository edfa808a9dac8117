"""A window is named by its last day, or by the time at which it ends within one."""

from datetime import datetime

import pytest

from artifacts.window_words import window_to, window_words

MIDNIGHT, NOON = datetime(2013, 12, 8), datetime(2013, 12, 8, 12)


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (datetime(2013, 12, 1), MIDNIGHT, "2013-12-01 to 2013-12-07"),
        (datetime(2013, 12, 7), MIDNIGHT, "2013-12-07"),
        (datetime(2013, 12, 1, 6), NOON, "2013-12-01 06:00 to 2013-12-08 12:00"),
    ],
)
def test_both_days_of_a_window_are_in_it(start: datetime, end: datetime, told: str) -> None:
    assert window_words(start, end) == told
    assert told.endswith(window_to(end))
