"""MLflow's client for the length of one question, with what MLflow raises turned into errors of ours."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from artifacts.errors import Missing, Unavailable
from artifacts.object_store import is_of_a_client, unreachable
from artifacts.place_errors import no_place, why_full
from artifacts.registry.connect import connect, is_there, said, shown

CHECK = "Check the name and PIPELINE_MLFLOW."
_NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")

# Since when which MLflow is being asked, by question.
_ASKED: dict[object, tuple[float, str]] = {}


def unanswered(seconds: float) -> list[str]:
    """Where the MLflow is that this process has been asking for `seconds` or longer, without a password."""
    now = time.monotonic()
    return sorted({place for began, place in list(_ASKED.values()) if now - began >= seconds})


def has_models(tracking_uri: str) -> bool:
    """As `is_there`, noted while it waits."""
    with _noted(tracking_uri):
        return is_there(tracking_uri)


@contextmanager
def client_of(tracking_uri: str, wanted: str | None = None, missing_step: str = CHECK) -> Iterator[Any]:
    """The client; `wanted` is what is missing if it is missing.

    Raises `Missing` (`registry.missing`), or `Unavailable`: `registry.unavailable`, or `publish.no_place` when the disk
    behind it is full.
    """
    # Before the first import: MLflow reads these when it is loaded.
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="1")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    from mlflow.exceptions import MlflowException

    try:
        # Also the look whether it is there waits for a database that is silent.
        with _noted(tracking_uri):
            _refuse_gone(tracking_uri, wanted)
            yield connect(tracking_uri, os.getpid())
    except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
        not_there = isinstance(error, FileNotFoundError) or getattr(error, "error_code", None) in _NOT_THERE
        if wanted and not_there:
            message = f"{wanted} is not in {shown(tracking_uri)}."
            raise Missing("registry.missing", message, next_step=missing_step) from error
        if why := why_full(said(error)):
            raise no_place(f"MLflow at {shown(tracking_uri)}", why) from error
        raise Unavailable(
            "registry.unavailable",
            f"MLflow at {shown(tracking_uri)} says: {said(error)}",
            next_step="Check that it answers, and PIPELINE_MLFLOW.",
        ) from error
    except Exception as error:
        # MLflow hands on what the client of an object store raises.
        if is_of_a_client(error):
            raise unreachable(wanted or shown(tracking_uri), error) from error
        raise


@contextmanager
def _noted(tracking_uri: str) -> Iterator[None]:
    """For as long as this lasts, `unanswered` tells of it."""
    question = object()
    _ASKED[question] = time.monotonic(), shown(tracking_uri)
    try:
        yield
    finally:
        del _ASKED[question]


def _refuse_gone(tracking_uri: str, wanted: str | None) -> None:
    if wanted and not is_there(tracking_uri):
        # A client would make the database, and what was lost would look as if it had never been.
        raise Missing(
            "registry.missing",
            f"{wanted} cannot be had: the database {shown(tracking_uri)} is not there, or has no tables yet.",
            next_step="Restore it from its backup, or correct PIPELINE_MLFLOW.",
        )
