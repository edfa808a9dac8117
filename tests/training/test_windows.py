"""Fit rows, stopping rows and holdout rows never overlap, and no label was learned before it was known."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from artifacts.errors import CannotJudge
from tests.fixtures_training_set import make_training_set
from tests.training.toy import HOLDOUT, publish_with, toy_config, values
from training.fit_rows import fit_batches
from training.windows import split


def rows_between(training_set, windows, start, end):
    batches = fit_batches(training_set, ["observed_at"], start, end, windows.holdout_start)
    return [moment for batch in batches for moment in batch.column("observed_at").to_pylist()]


def test_the_holdout_is_the_last_days_before_as_of_and_fit_rows_end_a_gap_earlier(tmp_path):
    windows = split(make_training_set(tmp_path), toy_config())
    assert (windows.holdout_start, windows.holdout_end) == (HOLDOUT, HOLDOUT + timedelta(days=31))
    assert windows.fit_end == HOLDOUT - timedelta(days=1)
    assert windows.fit_start < windows.stop_start < windows.fit_end


def test_the_stopping_rows_are_the_latest_whole_days_of_the_fit_rows(tmp_path):
    training_set = make_training_set(tmp_path)
    windows = split(training_set, toy_config("early_stopping_share=0.2"))
    grow = rows_between(training_set, windows, windows.fit_start, windows.stop_start)
    stop = rows_between(training_set, windows, windows.stop_start, windows.fit_end)
    assert max(grow) < windows.stop_start <= min(stop)
    assert windows.stop_start.hour == windows.stop_start.minute == 0
    assert (len(grow), len(stop)) == (windows.fit_rows, windows.stop_rows)
    assert 0.2 <= len(stop) / (len(grow) + len(stop)) < 0.23


def test_without_early_stopping_trees_grow_on_all_fit_rows(tmp_path):
    windows = split(make_training_set(tmp_path), toy_config("early_stopping_share=0", "early_stopping_rounds=null"))
    assert (windows.stop_start, windows.stop_rows) == (windows.fit_end, 0)


def test_a_fit_row_whose_label_became_known_only_in_the_holdout_is_left_out(tmp_path):
    observed, known = values("observed_at"), values("label_known_at")
    late = int(np.searchsorted(observed, np.datetime64("2013-02-10")))
    known[late], known[late + 1] = np.datetime64(HOLDOUT), np.datetime64(HOLDOUT) - 1
    training_set = publish_with(tmp_path, label_known_at=known)
    windows = split(training_set, toy_config())
    used = rows_between(training_set, windows, windows.fit_start, windows.fit_end)
    assert observed[late].astype("datetime64[us]").item() not in used
    assert observed[late + 1].astype("datetime64[us]").item() in used
    assert len(used) == windows.fit_rows + windows.stop_rows


def test_a_row_exactly_at_the_start_of_the_holdout_judges_and_one_at_its_end_of_the_fit_rows_is_in_the_gap(tmp_path):
    observed = values("observed_at")
    at = int(np.searchsorted(observed, np.datetime64(HOLDOUT)))
    before = int(np.searchsorted(observed, np.datetime64(HOLDOUT - timedelta(days=1))))
    observed[at], observed[before] = np.datetime64(HOLDOUT), np.datetime64(HOLDOUT - timedelta(days=1))
    training_set = publish_with(tmp_path, observed_at=observed)
    windows = split(training_set, toy_config())
    assert windows.holdout_rows == len(observed) - at
    assert max(rows_between(training_set, windows, windows.fit_start, windows.fit_end)) < windows.fit_end


def test_too_few_holdout_rows_are_refused(tmp_path):
    with pytest.raises(CannotJudge) as refused:
        split(make_training_set(tmp_path), toy_config("judge.min_rows=2000"))
    assert refused.value.code == "windows.too_few_rows"
    assert "at least 2000" in refused.value.message


def test_a_set_with_nothing_before_the_holdout_is_refused(tmp_path):
    with pytest.raises(CannotJudge) as refused:
        split(make_training_set(tmp_path, days=30), toy_config())
    assert refused.value.code == "windows.too_few_rows"


@pytest.mark.parametrize("part", ["fit", "stop", "holdout"])
def test_rows_of_a_single_class_are_refused(tmp_path, part):
    observed, label = values("observed_at"), values("is_late").astype(bool)
    start, end = {
        "fit": ("2013-01-01", "2013-02-24"),
        "stop": ("2013-02-18", "2013-03-01"),
        "holdout": ("2013-03-01", "2013-04-01"),
    }[part]
    label[(observed >= np.datetime64(start)) & (observed < np.datetime64(end))] = False
    with pytest.raises(CannotJudge) as refused:
        split(publish_with(tmp_path, is_late=label), toy_config())
    assert refused.value.code == "windows.one_class"


def test_a_set_as_of_a_time_of_day_keeps_its_hours(tmp_path):
    as_of = datetime(2013, 4, 1, 6)
    windows = split(make_training_set(tmp_path, as_of=as_of), toy_config())
    assert windows.holdout_start == as_of - timedelta(days=31)
    assert windows.stop_start.hour == 0
