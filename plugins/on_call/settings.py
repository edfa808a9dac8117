"""The pages' settings: `ON_CALL_*`, typed, frozen, unknown ones refused."""

from pathlib import Path

from pydantic import Field

from artifacts.settings import Settings, read_settings


class OnCallSettings(Settings):
    """Where the pages ask, and where they link to.

    `serving_url` is the service that is asked what it serves, with the key in the file `serving_key_file` if it wants
    one, for at most `timeout_seconds`; `mlflow_url` is the UI that MLflow runs are linked to. Without one of the URLs
    the pages say that it is not set. `runbook_url` is put before a section's anchor. `patience_seconds` is how long a
    page waits for all that it reads. `kept_runs` is of how many DAG runs of each DAG run evidence is kept.
    """

    serving_url: str | None = Field(default=None, pattern=r"^https?://")
    serving_key_file: Path | None = None
    mlflow_url: str | None = Field(default=None, pattern=r"^https?://")
    runbook_url: str | None = Field(default=None, pattern=r"^https?://")
    timeout_seconds: float = Field(default=0.5, gt=0, le=10)
    patience_seconds: float = Field(default=3.0, gt=0, le=60)
    kept_runs: int = Field(default=200, ge=10)


def read_on_call_settings() -> OnCallSettings:
    """The settings of the environment; raises `BadInput` (`settings.invalid`)."""
    return read_settings(OnCallSettings, "ON_CALL_")
