"""The pictures that are logged with a candidate: calibration, precision and recall, importance, slices, trees."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.holdout import Holdout
from training.metrics import Floats, average_precision, calibration_bins, calibration_error

# Okabe and Ito's palette: told apart with any colour vision; markers and line styles differ too.
CANDIDATE, NAIVE, QUIET = "#0072B2", "#D55E00", "#767676"
MOST_FEATURES = 25
LONGEST = 40


def plot_calibration(path: Path, holdout: Holdout) -> None:
    """Predicted against observed rate, in bins of equally many rows, above the distribution of the scores."""
    figure, (top, bottom) = _figure(7, 7.5, rows=2, heights=(3, 1))
    shown = (("candidate", holdout.candidate, CANDIDATE, "o-"), ("naive model", holdout.naive, NAIVE, "s--"))
    for name, score, colour, style in shown:
        bins = calibration_bins(score)
        rows = np.maximum(np.bincount(bins), 1)
        error = calibration_error(holdout.label, score)
        predicted, observed = np.bincount(bins, score) / rows, np.bincount(bins, holdout.label) / rows
        kept = np.bincount(bins) > 0
        label = f"{name}, calibration error {error:.3f}"
        top.plot(predicted[kept], observed[kept], style, color=colour, label=label, markersize=5)
        bottom.hist(
            score,
            bins=np.linspace(0, 1, 51).tolist(),
            histtype="step",
            color=colour,
            linestyle=style[1:],
            linewidth=1.5,
        )
    end = float(max(top.get_xlim()[1], top.get_ylim()[1]))
    top.plot([0, end], [0, end], color=QUIET, linewidth=1, linestyle=":", label="perfect")
    top.set(xlim=(0, end), ylim=(0, end), xlabel="mean predicted probability", ylabel="observed rate")
    top.legend(loc="upper left", frameon=False)
    top.set_title(f"Calibration on {len(holdout.label):,} holdout rows")
    bottom.set(xlim=(0, 1), xlabel="predicted probability", ylabel="rows")
    _save(figure, path)


def plot_precision_recall(path: Path, holdout: Holdout) -> None:
    """Precision over recall, as the threshold falls, with the label rate as the floor."""
    figure, (axes,) = _figure(7, 5.5)
    shown = (("candidate", holdout.candidate, CANDIDATE, "-"), ("naive model", holdout.naive, NAIVE, "--"))
    for name, score, colour, style in shown:
        recall, precision = _precision_recall(holdout.label, score)
        area = average_precision(holdout.label, score)
        axes.step(recall, precision, style, where="pre", color=colour, label=f"{name}, average precision {area:.3f}")
    rate = float(holdout.label.mean())
    axes.axhline(rate, color=QUIET, linewidth=1, linestyle=":", label=f"label rate {rate:.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall", ylabel="precision")
    axes.legend(loc="upper right", frameon=False)
    axes.set_title(f"Precision and recall on {len(holdout.label):,} holdout rows")
    _save(figure, path)


def plot_importance(path: Path, table: Sequence[Mapping[str, Any]]) -> None:
    """The 25 most important features by SHAP, with their gain beside it."""
    top = list(reversed(table[:MOST_FEATURES]))
    figure, (left, right) = _figure(10, 1.4 + 0.27 * len(top), columns=2)
    names = [str(row["feature"]) for row in top]
    left.barh(names, [row["shap_mean_abs"] for row in top], color=CANDIDATE)
    left.set(xlabel="mean |SHAP value|, log-odds", title="Share in the scores (SHAP)")
    right.barh(names, [100 * row["gain_share"] for row in top], color=NAIVE)
    right.set(xlabel="% of total gain", title="Gain of the splits")
    right.tick_params(labelleft=False)
    for axes in (left, right):
        axes.margins(y=0.01)
    figure.suptitle(f"The {len(top)} most important of {len(table)} features")
    _save(figure, path)


def plot_slices(path: Path, name: str, slices: Sequence[Mapping[str, Any]], metric: str) -> None:
    """One metric of candidate and naive model for each value of column `name`."""
    measured = [row for row in slices if row["candidate"] is not None]
    figure, (axes,) = _figure(7.5, 1.6 + 0.27 * max(len(measured), 2))
    places = np.arange(len(measured))
    for who, label, colour, marker in (
        ("naive", "naive model", NAIVE, "s"),
        ("candidate", "candidate", CANDIDATE, "o"),
    ):
        values = [row[who][metric] for row in measured]
        axes.plot(values, places, marker, color=colour, label=label, markersize=6)
    # A category is any text: between two dollars it would be a formula, and a long one would leave no picture.
    shown = [one if len(one) <= LONGEST else f"{one[:LONGEST]}…" for one in (row["value"] for row in measured)]
    told = [f"{one}  ({row['rows']:,} rows)" for one, row in zip(shown, measured, strict=True)]
    axes.set_yticks(places, told, parse_math=False)
    axes.set_ylim(len(measured) - 0.5, -0.5)
    axes.grid(axis="y", color="#E5E5E5")
    axes.set(xlabel=metric.replace("_", " "), title=f"By {name}")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    _save(figure, path)


def plot_trees(path: Path, curve: Sequence[float], kept: int) -> None:
    """The log loss of the stopping rows as trees are added."""
    figure, (axes,) = _figure(7, 4.5)
    axes.plot(np.arange(1, len(curve) + 1), curve, color=CANDIDATE)
    axes.axvline(kept, color=QUIET, linestyle=":", label=f"{kept} trees kept")
    axes.set(xlabel="trees", ylabel="log loss of the stopping rows", title="Where the trees stop growing")
    axes.legend(frameon=False)
    _save(figure, path)


def _precision_recall(label: Floats, score: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
    found, flagged = np.cumsum(label[order])[last], last + 1
    precision = found / flagged
    return np.r_[0.0, found / label.sum()], np.r_[precision[0], precision]


def _figure(
    width: float, height: float, *, rows: int = 1, columns: int = 1, heights: tuple[float, ...] = (1,)
) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False, height_ratios=heights)
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, list(grid.flat)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
