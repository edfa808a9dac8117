"""The naive model is the smoothed rate of its group on the fit rows, and of the whole where a group is unknown."""

import numpy as np
import pytest

from artifacts.errors import BadInput
from tests.fixtures_training_set import AS_OF, make_training_set
from tests.training.toy import HOLDOUT, publish_with, toy_config, values
from training.naive import Naive, fit_naive, score_naive
from training.windows import split


def test_rates_are_drawn_to_the_overall_rate_by_the_smoothing(tmp_path):
    training_set, config = make_training_set(tmp_path), toy_config("naive.smoothing=10")
    naive = fit_naive(training_set, config.naive, split(training_set, config))
    fit = values("observed_at") < np.datetime64("2013-02-28")
    label, hill = values("is_late")[fit].astype(bool), (values("place") == "hill")[fit]
    assert naive.overall == pytest.approx(label.mean())
    assert naive.rates["hill",] == pytest.approx((label[hill].sum() + 10 * label.mean()) / (hill.sum() + 10))


def test_scores_come_in_row_order_and_an_unknown_group_gets_the_overall_rate(tmp_path):
    naive = Naive(("place",), 0.25, {("hill",): 0.5})
    scores = score_naive(naive, make_training_set(tmp_path), HOLDOUT, AS_OF)
    place = values("place")[values("observed_at") >= np.datetime64(HOLDOUT)]
    assert scores.tolist() == np.where(place == "hill", 0.5, 0.25).tolist()


def test_labels_of_the_holdout_do_not_move_it(tmp_path):
    config, observed, label = toy_config(), values("observed_at"), values("is_late").astype(bool)
    label[observed >= np.datetime64(HOLDOUT)] ^= True
    honest, flipped = make_training_set(tmp_path), publish_with(tmp_path, is_late=label)
    windows = split(honest, config)
    assert fit_naive(honest, config.naive, windows) == fit_naive(flipped, config.naive, windows)


def test_a_group_by_a_fraction_is_refused(tmp_path):
    training_set, config = make_training_set(tmp_path), toy_config("naive.by=[noise]")
    with pytest.raises(BadInput) as refused:
        fit_naive(training_set, config.naive, split(training_set, config))
    assert refused.value.code == "naive.by"
