"""Metrics agree with hand-worked values and scikit-learn, and refuse what they cannot measure."""

import numpy as np
import pytest
import sklearn.metrics

from artifacts.errors import CannotJudge
from training.metrics import METRICS, average_precision, brier, calibration_error, log_loss, measure, roc_auc

LABEL = [0, 1, 0, 1, 1]
SCORE = [0.1, 0.4, 0.4, 0.8, 0.3]
NAN = float("nan")


def test_a_hand_worked_case_comes_out_as_on_paper():
    assert roc_auc(LABEL, SCORE) == pytest.approx(4.5 / 6)
    assert brier([0, 1], [0.2, 0.6]) == pytest.approx((0.04 + 0.16) / 2)
    assert log_loss([0, 1], [0.2, 0.6]) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert average_precision([0, 1, 1], [0.9, 0.8, 0.1]) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert calibration_error([0, 1, 0, 1], [0.5, 0.5, 0.3, 0.3]) == pytest.approx((0.0 + 2 * 0.2) / 4)


def test_weighted_metrics_with_tied_scores_agree_with_scikit_learn():
    draw = np.random.default_rng(3)
    label, score = draw.integers(0, 2, 500), draw.integers(1, 20, 500) / 20
    weight = draw.integers(0, 4, 500).astype(float)
    assert roc_auc(label, score, weight) == pytest.approx(
        sklearn.metrics.roc_auc_score(label, score, sample_weight=weight)
    )
    assert log_loss(label, score, weight) == pytest.approx(sklearn.metrics.log_loss(label, score, sample_weight=weight))
    expected = sklearn.metrics.average_precision_score(label, score, sample_weight=weight)
    assert average_precision(label, score, weight) == pytest.approx(expected)


@pytest.mark.parametrize("name", METRICS)
def test_a_weight_of_two_means_the_same_as_the_row_twice(name):
    twice = METRICS[name].measure([*LABEL, 1], [*SCORE, 0.8], None)
    assert METRICS[name].measure(LABEL, SCORE, [1, 1, 1, 2, 1]) == pytest.approx(twice)


@pytest.mark.parametrize(
    ("label", "score", "weight", "code"),
    [
        ([0, 1], [0.1, NAN], None, "metrics.score_invalid"),
        ([0, 1], [0.1, float("inf")], None, "metrics.score_invalid"),
        ([0, 1], [0.1, 1.1], None, "metrics.score_invalid"),
        ([0, NAN], [0.1, 0.2], None, "metrics.label_invalid"),
        ([0, 2], [0.1, 0.2], None, "metrics.label_invalid"),
        ([0, 1], [0.1, 0.2], [1, NAN], "metrics.weight_invalid"),
        ([0, 1], [0.1, 0.2], [1, -1], "metrics.weight_invalid"),
        ([1, 1], [0.1, 0.2], None, "metrics.one_class"),
        ([0, 1], [0.1, 0.2], [1, 0], "metrics.one_class"),
        ([], [], None, "metrics.no_rows"),
        ([0, 1], [0.1], None, "metrics.shape"),
    ],
)
@pytest.mark.parametrize("name", METRICS)
def test_what_cannot_be_measured_is_refused(name, label, score, weight, code):
    with pytest.raises(CannotJudge) as refused:
        METRICS[name].measure(label, score, weight)
    assert refused.value.code == code


def test_worse_is_the_right_way_round_for_each_metric():
    assert METRICS["log_loss"].worse_by(0.5, 0.4) == pytest.approx(0.1)
    assert METRICS["roc_auc"].worse_by(0.7, 0.8) == pytest.approx(0.1)


def test_every_metric_is_measured_at_once():
    assert set(measure(LABEL, SCORE)) == set(METRICS)
