"""Pictures are drawn for whatever a holdout can be, and the same numbers give the same picture."""

import numpy as np
import pytest

from training import plots
from training.holdout import Holdout, slice_metrics

LABEL = np.array([0.0, 1.0] * 50)
RISING = np.linspace(0, 1, 100)


@pytest.mark.parametrize(
    "score", [RISING, np.full(100, 0.3), np.r_[np.zeros(50), np.ones(50)]], ids=["rising", "constant", "two values"]
)
def test_any_scores_can_be_drawn(tmp_path, score):
    holdout = Holdout(LABEL, score, np.full(100, 0.5), {})
    plots.plot_calibration(tmp_path / "calibration.png", holdout)
    plots.plot_precision_recall(tmp_path / "precision_recall.png", holdout)
    assert all(path.stat().st_size > 10_000 for path in tmp_path.iterdir())


def test_slices_with_a_single_class_are_counted_but_not_measured(tmp_path):
    codes = np.r_[np.zeros(98, int), 1, 2]
    slices = slice_metrics(Holdout(LABEL, RISING, RISING, {"place": (["hill", "lone", "missing"], codes)}))["place"]
    assert [(row["value"], row["rows"], row["candidate"] is None) for row in slices] == [
        ("hill", 98, False),
        ("lone", 1, True),
        ("missing", 1, True),
    ]
    plots.plot_slices(tmp_path / "slices.png", "place", slices, "log_loss")
    assert (tmp_path / "slices.png").exists()


def test_the_same_numbers_give_the_same_picture(tmp_path):
    for name in ("one.png", "other.png"):
        plots.plot_trees(tmp_path / name, [0.6, 0.5, 0.52], 2)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_precision_starts_at_recall_zero_and_ends_at_the_label_rate():
    recall, precision = plots._precision_recall(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.1, 0.9, 0.5, 0.7]))
    assert recall.tolist() == [0, 0.5, 0.5, 1, 1]
    assert precision.tolist() == [1, 1, 0.5, pytest.approx(2 / 3), 0.5]
