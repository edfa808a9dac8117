"""Whom monitoring tells, and how often: a part of `MONITORING_*`."""

from datetime import timedelta

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from artifacts.alerts import Receivers
from artifacts.settings import Settings
from monitoring.alerts import Patience


class AlertSettings(Settings):
    """Read at the entry point. All days are those of windows, so that a replay alerts as the days themselves did.

    `window_days`: the window that the DAG checks, and again `label_days` later, when its labels should be known.
    `cooldown_days`: for so long after drift started a retraining it starts no other. SMTP and Slack are reached through
    connections of Airflow, which keep their secrets.
    """

    window_days: int = Field(default=7, ge=1)
    label_days: int = Field(default=35, ge=1)
    remind_days: int = Field(default=7, ge=1)
    escalate_days: int = Field(default=14, ge=1)
    escalate_unknown_days: int = Field(default=3, ge=1)
    cooldown_days: int = Field(default=28, ge=1)
    webhook_url: SecretStr | None = None
    smtp_from: str | None = None
    smtp_to: str | None = None
    smtp_escalate_to: str | None = None
    smtp_connection: str | None = Field(default=None, validate_default=True)
    slack_connection: str | None = None
    runbook_url: str = "docs/runbook.md"
    page_url: str | None = None

    @field_validator("webhook_url")
    @classmethod
    def _is_url(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not given.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("it does not start with http:// or https://")
        return given

    @field_validator("smtp_connection")
    @classmethod
    def _mails_whole_or_not(cls, given: str | None, known: ValidationInfo) -> str | None:
        there = [bool(given), *(bool(_addresses(known.data.get(name))) for name in ("smtp_from", "smtp_to"))]
        if any(there) != all(there) or (known.data.get("smtp_escalate_to") and not all(there)):
            names = "MONITORING_SMTP_CONNECTION, MONITORING_SMTP_FROM and MONITORING_SMTP_TO"
            raise ValueError(f"mail needs {names}, all three or none")
        return given

    @property
    def receivers(self) -> Receivers:
        """Those that only Airflow reaches; addresses are separated by commas."""
        return Receivers(
            smtp_connection=self.smtp_connection,
            smtp_from=self.smtp_from,
            smtp_to=_addresses(self.smtp_to),
            smtp_escalate_to=_addresses(self.smtp_escalate_to),
            slack_connection=self.slack_connection,
        )

    @property
    def patience(self) -> Patience:
        """How long open alerts are left alone."""
        return Patience(
            timedelta(days=self.remind_days),
            timedelta(days=self.escalate_days),
            timedelta(days=self.escalate_unknown_days),
        )


def _addresses(given: str | None) -> tuple[str, ...]:
    return tuple(one.strip() for one in (given or "").split(",") if one.strip())
