"""The metrics of a model by name: what they are called, also in MLflow, and which direction is better."""

import hashlib
import re
from collections.abc import Mapping
from typing import Literal

MetricName = Literal["log_loss", "roc_auc", "average_precision", "brier", "calibration_error"]
Direction = Literal["lower", "higher"]

BETTER: Mapping[str, Direction] = {
    "log_loss": "lower",
    "roc_auc": "higher",
    "average_precision": "higher",
    "brier": "lower",
    "calibration_error": "lower",
}
# What MLflow takes in a metric's name, but for the slash between its parts and the colon before a digest; and how much.
_NOT_TAKEN = re.compile(r"[^\w. -]")
_LONGEST, _SHOWN = 250, 40
_CALLED = {"roc_auc": "ROC AUC", "brier": "Brier score"}


def words(metric: str) -> str:
    """The metric's name for people."""
    return _CALLED.get(metric, metric.replace("_", " "))


def directed(metric: str) -> str:
    """`log loss, lower is better`; the name alone of one that is not known here."""
    return f"{words(metric)}, {BETTER[metric]} is better" if metric in BETTER else words(metric)


def of_slice(column: str, category: str, metric: str) -> str:
    """What MLflow calls the metric of the rows with a category, whatever text that is; no two have the same name.

    It is `slice/COLUMN/CATEGORY/METRIC` where MLflow takes that; else the category's first signs, a colon and a digest.
    """
    name = f"slice/{column}/{category}/{metric}"
    if category not in {"", ".", ".."} and not _NOT_TAKEN.search(category) and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(category.encode()).hexdigest()[:16]
    return f"slice/{column}/{_NOT_TAKEN.sub('_', category)[:_SHOWN]}:{digest}/{metric}"
