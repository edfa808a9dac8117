"""How monitoring judges, and whom it tells: typed, frozen, read once from `MONITORING_*`."""

import os
from collections.abc import Mapping

from pydantic import Field

from artifacts.alerts import without_refused
from artifacts.errors import BadInput
from artifacts.settings import read_settings
from monitoring.alert_settings import AlertSettings


class MonitoringSettings(AlertSettings):
    """Read at the entry point; docs/monitoring.md and docs/noise.md say where each default comes from.

    `false_alarms`: the aimed-at share of weeks without drift that raise an alarm, over all features, rules and both
    baselines together; the promise is 0.05. `least_*`: the least change that matters, however many rows prove it.
    `worse_*`: how much worse than on its holdout a model may be.
    """

    min_rows: int = Field(default=100, ge=1)
    min_baseline_days: int = Field(default=7, ge=2)
    false_alarms: float = Field(default=0.02, gt=0, lt=0.5)
    replicates: int = Field(default=1000, ge=200)
    seed: int = 20130101
    least_psi: float = Field(default=0.1, ge=0)
    least_jensen_shannon: float = Field(default=0.1, ge=0)
    least_wasserstein: float = Field(default=0.1, ge=0)
    least_share: float = Field(default=0.01, ge=0)
    max_skew_share: float = Field(default=0.0, ge=0, lt=1)
    min_label_share: float = Field(default=0.8, gt=0, le=1)
    min_label_days: int = Field(default=5, ge=3)
    min_slice_rows: int = Field(default=1000, ge=1)
    interval: float = Field(default=0.99, gt=0.5, lt=1)
    worse_log_loss: float = Field(default=0.03, ge=0)
    worse_roc_auc: float = Field(default=0.03, ge=0)
    worse_brier: float = Field(default=0.02, ge=0)
    worse_calibration_error: float = Field(default=0.03, ge=0)


def read_monitoring_settings(environ: Mapping[str, str] | None = None) -> MonitoringSettings:
    """The settings of the environment; raises `BadInput` (`settings.invalid`)."""
    return read_settings(MonitoringSettings, "MONITORING_", environ)


def read_settings_for_watching() -> tuple[MonitoringSettings, list[BadInput]]:
    """The settings without receivers that are set wrongly, and why each is: no check or retraining waits for them.

    Raises `BadInput` (`settings.invalid`) for all else that is wrong.
    """
    left, refused = without_refused(os.environ)
    return read_monitoring_settings(left), refused
