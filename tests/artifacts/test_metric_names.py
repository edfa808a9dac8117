"""A metric has one name for people and one better direction, wherever it is shown."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric

from artifacts.finding_ratio import WORDS
from artifacts.metric_names import BETTER, MetricName, of_slice, words
from training.metrics import METRICS


def test_each_metric_that_a_config_may_name_has_a_direction_and_is_measured():
    assert set(get_args(MetricName)) == BETTER.keys() == METRICS.keys()


@pytest.mark.parametrize("name", BETTER)
def test_the_best_value_is_never_worse_than_any_other_by_the_direction_that_is_told(name):
    best, other = {"lower": (0.0, 0.4), "higher": (1.0, 0.6)}[BETTER[name]]
    assert METRICS[name].worse_by(best, other) < 0
    label, measure = [0] * 50 + [1] * 50, METRICS[name].measure
    perfect, turned = measure(label, label, None), measure(label, label[::-1], None)
    assert METRICS[name].worse_by(perfect, turned) < 0


def test_findings_and_verdicts_call_it_the_same():
    assert {name: WORDS[name] for name in BETTER} == {name: words(name) for name in BETTER}
    assert (words("roc_auc"), words("brier"), words("log_loss")) == ("ROC AUC", "Brier score", "log loss")


@pytest.mark.parametrize("category", ["EWR", "missing", "-1.50", "São Paulo", "a" * 200, "...", "N 14"])
def test_a_slice_is_named_by_its_category(category):
    assert of_slice("place", category, "log_loss") == f"slice/place/{category}/log_loss"


ANY = st.text(max_size=300) | st.sampled_from(["", ".", "..", "A/B", "A_B", "A:B", "A\n", "x" * 230, "x" * 231])


@given(ANY, ANY)
def test_whatever_the_category_mlflow_takes_the_name_and_no_other_category_has_it(one, other):
    names = [of_slice("place", category, "log_loss") for category in (one, other)]
    for name in names:
        _validate_metric(name, 0.5, 0, 0)
    assert (names[0] == names[1]) is (one == other)
