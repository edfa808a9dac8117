"""The metrics of a model by name: what they are called, and which direction is better."""

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
_CALLED = {"roc_auc": "ROC AUC", "brier": "Brier score"}


def words(metric: str) -> str:
    """The metric's name for people."""
    return _CALLED.get(metric, metric.replace("_", " "))
