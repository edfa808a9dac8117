"""What the stack is set by: every variable of `docker-compose.yaml`, and how a fresh secret is made."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "port", "memory", "model", "fernet", "url"]
SHORTEST_SECRET, LAST_PORT = 16, 65535
# What Compose says of the first variable that is missing; it looks no further.
REQUIRED = "run make env, which fills in all that .env lacks"


@dataclass(frozen=True)
class Variable:
    """A line of `.env`.

    One with `make` is a secret without a default, an `optional` one may be empty (unset), any other has a default.
    `kind` is what its value has to be.
    """

    name: str
    about: str
    make: Callable[[], str] | None = None
    value: str = ""
    optional: bool = False
    kind: Kind = "text"

    @property
    def secret(self) -> bool:
        """Whether its value is shown to nobody."""
        return self.make is not None


def _password() -> str:
    return secrets.token_urlsafe(32)


def _access_key() -> str:
    return secrets.token_hex(10).upper()


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


VARIABLES = (
    Variable(
        "POSTGRES_PASSWORD", "Postgres' superuser, which makes the databases and is not used after that", _password
    ),
    Variable("AIRFLOW_DB_PASSWORD", "the role airflow, which owns Airflow's database", _password),
    Variable("MLFLOW_DB_PASSWORD", "the role mlflow, which owns MLflow's database", _password),
    Variable("LEDGER_DB_PASSWORD", "the role ledger, which owns the promotion ledger", _password),
    Variable("ALERTS_DB_PASSWORD", "the role alerts, which owns the alerts", _password),
    Variable("S3_ACCESS_KEY", "the object store's access key", _access_key),
    Variable("S3_SECRET_KEY", "the object store's secret key", _password),
    Variable(
        "AIRFLOW_FERNET_KEY", "encrypts Airflow's connections; keep it with the backups", _fernet_key, kind="fernet"
    ),
    Variable("AIRFLOW_JWT_SECRET", "signs the tokens of Airflow's users and tasks", _password),
    Variable("AIRFLOW_SECRET_KEY", "signs Airflow's sessions", _password),
    Variable("AIRFLOW_ADMIN_PASSWORD", "Airflow's user admin", _password),
    Variable("SERVING_API_KEY", "what callers of the service send", _password),
    Variable("REDIS_PASSWORD", "Celery's queue, in the profile celery", _password),
    Variable("SERVED_MODEL", "the model that is served", value="late_arrival", kind="model"),
    Variable("AIRFLOW_PORT", "Airflow's port on the loopback address", value="8080", kind="port"),
    Variable("MLFLOW_PORT", "MLflow's port on the loopback address", value="5000", kind="port"),
    Variable("SERVING_PORT", "the service's port on the loopback address", value="8000", kind="port"),
    Variable("AIRFLOW_EXECUTOR", "LocalExecutor; CeleryExecutor with the profile celery", value="LocalExecutor"),
    Variable(
        "TASK_MEMORY",
        "memory of the scheduler and of each worker, whose tasks build and train",
        value="8g",
        kind="memory",
    ),
    Variable("MONITORING_WEBHOOK_URL", "who is told: where JSON is posted", optional=True, kind="url"),
    Variable("MONITORING_SMTP_CONNECTION", "who is told: an Airflow connection of type smtp", optional=True),
    Variable("MONITORING_SMTP_FROM", "the address that mail comes from", optional=True),
    Variable("MONITORING_SMTP_TO", "the addresses that mail goes to, separated by commas", optional=True),
    Variable("MONITORING_SMTP_ESCALATE_TO", "who is mailed an escalation besides", optional=True),
    Variable("MONITORING_SLACK_CONNECTION", "who is told: an Airflow connection of type slackwebhook", optional=True),
    Variable("MONITORING_PAGE_URL", "what links to reports start with, where they are served", optional=True),
    Variable("MONITORING_RUNBOOK_URL", "what links to the runbook start with", optional=True),
)
