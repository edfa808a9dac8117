"""Whom monitoring tells, and how often: a part of `MONITORING_*`."""

from datetime import timedelta

from pydantic import Field

from artifacts.alerts import ReceiverSettings
from monitoring.alert_steps import Patience


class AlertSettings(ReceiverSettings):
    """Read at the entry point. All days are those of windows, so that a replay alerts as the days themselves did.

    `window_days`: the window that the DAG checks, and again `label_days` later, when its labels should be known.
    `incident_days`: for so long at most the days of an incident are left out of the trailing window.
    `served_days`: so long is the trailing window.
    `cooldown_days`: for so long after drift started a retraining it starts no other.
    """

    window_days: int = Field(default=7, ge=1)
    label_days: int = Field(default=35, ge=1)
    remind_days: int = Field(default=7, ge=1)
    escalate_days: int = Field(default=14, ge=1)
    escalate_unknown_days: int = Field(default=3, ge=1)
    incident_days: int = Field(default=14, ge=1)
    served_days: int = Field(default=28, ge=1)
    cooldown_days: int = Field(default=28, ge=1)

    def served_reach(self, window_days: int) -> int:
        """How many days before a window of `window_days` its trailing window reaches back at most, over an incident.

        Of that every day of its first and of its last window is left out, so that it is longer than `incident_days`.
        """
        return self.served_days + self.incident_days + 2 * (window_days - 1)

    @property
    def patience(self) -> Patience:
        """How long open alerts are left alone."""
        return Patience(
            timedelta(days=self.remind_days),
            timedelta(days=self.escalate_days),
            timedelta(days=self.escalate_unknown_days),
            self.longest_incident,
            timedelta(days=self.served_reach(self.window_days)),
        )

    @property
    def longest_incident(self) -> timedelta:
        """What lasts longer than this is the recent past."""
        return timedelta(days=self.incident_days)
