"""The bootstrap agrees with the metrics, keeps days whole, and comes out the same every time."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from training.bootstrap import Resampling, Sampled, resample, sampled_metrics
from training.metrics import METRICS

LABEL = np.array([0, 1, 0, 0, 1, 1, 0, 1, 0, 1], dtype=np.float64)
SCORE = np.array([0.1, 0.4, 0.4, 0.2, 0.9, 0.6, 0.7, 0.4, 0.1, 0.8])
DAY = np.array([1, 1, 2, 2, 2, 3, 3, 3, 4, 4])


@pytest.mark.parametrize("metric", list(METRICS))
def test_each_replicate_is_the_metric_of_the_reweighted_rows(metric: str) -> None:
    resampling = resample(DAY, replicates=50, seed=7)
    sampled = sampled_metrics(LABEL, SCORE, resampling, [metric])[metric]
    expected = [METRICS[metric].measure(LABEL, SCORE, counts[resampling.block]) for counts in resampling.counts]
    assert sampled.value == pytest.approx(METRICS[metric].measure(LABEL, SCORE, None), rel=1e-12)
    np.testing.assert_allclose(sampled.draws, expected, rtol=1e-12)


def test_rows_of_a_day_are_drawn_together_and_as_many_days_as_there_are() -> None:
    resampling = resample(DAY, replicates=200, seed=7)
    assert resampling.block.tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    assert set(resampling.counts.sum(axis=1)) == {4.0}
    assert resampling.counts.std() > 0


def test_days_that_differ_give_a_wider_interval_than_rows_that_differ() -> None:
    generator = Generator(PCG64(1))
    day = np.repeat(np.arange(30), 100)
    label = (generator.random(3000) < np.repeat(generator.uniform(0, 1, 30), 100)).astype(np.float64)
    by_day, by_row = (
        sampled_metrics(label, np.full(3000, 0.5) + label * 0.1, resample(blocks, 500, 7), ["brier"])["brier"]
        for blocks in (day, np.arange(3000))
    )
    assert np.ptp(by_day.interval(0.95)) > 3 * np.ptp(by_row.interval(0.95))


def test_a_model_differs_from_itself_by_nothing_in_every_replicate() -> None:
    sampled = sampled_metrics(LABEL, SCORE, resample(DAY, 50, 7), list(METRICS))
    assert all(np.all(one.minus(one).draws == 0) for one in sampled.values())


def test_the_interval_of_a_mean_has_the_width_that_theory_gives_it() -> None:
    score = Generator(PCG64(3)).random(2000)
    low, high = sampled_metrics(np.zeros(2000), score, resample(np.arange(2000), 2000, 7), ["brier"])["brier"].interval(
        0.95
    )
    assert high - low == pytest.approx(2 * 1.96 * np.std(score**2) / np.sqrt(2000), rel=0.08)


def test_a_replicate_without_both_classes_makes_the_interval_undefined() -> None:
    resampling = Resampling(np.array([0, 0, 1]), np.array([[2.0, 0.0], [0.0, 2.0]]))
    sampled = sampled_metrics(np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.3, 0.4]), resampling, ["roc_auc"])["roc_auc"]
    assert np.isnan(sampled.draws).tolist() == [False, True]
    assert all(np.isnan(end) for end in sampled.interval(0.95))


def test_a_slice_that_no_drawn_day_has_makes_the_interval_undefined() -> None:
    resampling = Resampling(np.array([0, 1]), np.array([[2.0, 0.0], [0.0, 2.0]])).of(np.array([True, False]))
    sampled = sampled_metrics(np.array([1.0]), np.array([0.5]), resampling, ["log_loss"])["log_loss"]
    assert all(np.isnan(end) for end in sampled.interval(0.95))


def test_the_paired_difference_is_narrower_than_the_metrics_apart() -> None:
    resampling = resample(DAY, 500, 7)
    better = sampled_metrics(LABEL, SCORE, resampling, ["log_loss"])["log_loss"]
    worse = sampled_metrics(LABEL, SCORE * 0.98, resampling, ["log_loss"])["log_loss"]
    assert np.ptp(worse.minus(better).interval(0.95)) < np.ptp(better.interval(0.95)) / 5


DIGEST = """
import hashlib, numpy as np
from training.bootstrap import resample, sampled_metrics
from training.metrics import METRICS
generator = np.random.Generator(np.random.PCG64(5))
label, score = generator.integers(0, 2, 5000).astype(float), generator.random(5000)
day = generator.integers(0, 31, 5000)
sampled = sampled_metrics(label, score, resample(day, 100, 7), list(METRICS))
print(hashlib.sha256(b"".join(one.draws.tobytes() for one in sampled.values())).hexdigest())
"""


def test_the_draws_are_the_same_bytes_whatever_the_threads() -> None:
    said = set()
    for threads in ("1", "2"):
        environ = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        said.add(subprocess.run([sys.executable, "-c", DIGEST], env=environ, capture_output=True, check=True).stdout)
    assert len(said) == 1


@pytest.mark.slow
def test_a_month_of_rows_and_two_models_take_a_few_seconds() -> None:
    generator = Generator(PCG64(5))
    label, score = generator.integers(0, 2, 28_000).astype(np.float64), generator.random(28_000)
    began = time.process_time()
    resampling = resample(generator.integers(0, 31, 28_000), 1000, 7)
    sampled: list[Sampled] = []
    for model in (score, score**2):
        sampled.extend(sampled_metrics(label, model, resampling, list(METRICS)).values())
    assert time.process_time() - began < 8  # 1.3 s on an idle core
