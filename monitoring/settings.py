"""How monitoring judges, and whom it tells: typed, frozen, read once from `MONITORING_*`."""

from collections.abc import Mapping

from artifacts.settings import read_settings
from monitoring.alert_settings import AlertSettings


class MonitoringSettings(AlertSettings):
    """Read at the entry point."""


def read_monitoring_settings(environ: Mapping[str, str] | None = None) -> MonitoringSettings:
    """The settings of the environment; raises `BadInput` (`settings.invalid`)."""
    return read_settings(MonitoringSettings, "MONITORING_", environ)
