"""A month is landed when it is over on every clock, and never guessed."""

from datetime import UTC, datetime

import pytest

from artifacts.errors import BadInput
from ingestion.months import month_to_land, refuse_unfinished


def test_a_month_is_over_when_the_last_clock_has_left_it() -> None:
    refuse_unfinished("2013-01", datetime(2013, 2, 1, 12, 0, tzinfo=UTC))
    for now in (datetime(2013, 2, 1, 0, 0, tzinfo=UTC), datetime(2013, 2, 1, 11, 59, tzinfo=UTC)):
        with pytest.raises(BadInput, match=f"it is {now:%Y-%m-%d %H:%M} now") as refusal:
            refuse_unfinished("2013-01", now)
        assert refusal.value.code == "ingestion.month_not_over"


def test_a_december_is_over_in_the_next_year() -> None:
    with pytest.raises(BadInput, match="2014-01-01 12:00 UTC"):
        refuse_unfinished("2013-12", datetime(2013, 12, 31, tzinfo=UTC))


def test_the_month_is_the_one_named_or_that_of_the_data_interval() -> None:
    start = datetime(2013, 3, 1, 12, tzinfo=UTC)
    assert (month_to_land("2013-01", start), month_to_land(None, start)) == ("2013-01", "2013-03")
    with pytest.raises(BadInput) as refusal:
        month_to_land(None, None)
    assert refusal.value.code == "ingestion.no_month"
