"""MLflow's client for a database or a server, once per process; a database that does not answer is said at once."""

import hashlib
import logging
import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

_SQLITE = "sqlite:///"
_WAIT_SECONDS = 10
_MODELS = "registered_models"
_LOGIN = re.compile(r"//[^\s/@]*:[^\s/@]+@")


@lru_cache(maxsize=8)
def connect(tracking_uri: str, process: int) -> Any:
    """The client; raises what MLflow raises, and `ConnectionError` for a Postgres that does not answer."""
    # The process id is in the cache's key because a database connection must not be shared over a fork.
    _probe(tracking_uri)
    from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    lock = Path(tempfile.gettempdir()) / f"mlflow-{hashlib.sha256(tracking_uri.encode()).hexdigest()[:16]}.lock"
    if tracking_uri.startswith(_SQLITE):
        # A connection that is kept would read on in a file that was taken away, or restored over.
        os.environ.setdefault("MLFLOW_SQLALCHEMYSTORE_POOLCLASS", "NullPool")
        lock = Path(tracking_uri.removeprefix(_SQLITE) + ".lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        client = MlflowClient(tracking_uri)
        client.search_experiments(max_results=1)
    return client


def is_there(tracking_uri: str) -> bool:
    """Whether it can hold a model: False for an SQLite file, or for tables of Postgres, that a client would make."""
    if tracking_uri.startswith("postgresql"):
        return _has_tables(tracking_uri)
    if not tracking_uri.startswith("sqlite"):
        return True
    try:
        Path(str(make_url(tracking_uri).database)).stat()
    except FileNotFoundError:
        return False
    except OSError:
        # It cannot be known: who opens it is told why.
        return True
    return True


def shown(uri: str) -> str:
    """Where the MLflow runs are, without a password."""
    scheme, separator, rest = uri.partition("://")
    return scheme + separator + rest.rpartition("@")[2]


def said(error: Exception) -> str:
    """What an exception says, in one line: without a password, and without the statement that a database refused."""
    text = re.split(r"\s*\[SQL:", _LOGIN.sub("//", str(error)), maxsplit=1)[0]
    return " ".join(text.split())


def _probe(tracking_uri: str) -> None:
    """MLflow itself tries for two minutes, on every call, before it says that Postgres is down."""
    if not tracking_uri.startswith("postgresql"):
        return
    try:
        with _postgres(tracking_uri).connect():
            pass
    except DBAPIError as error:
        raise ConnectionError(f"the database does not answer: {error.orig}") from error


def _has_tables(tracking_uri: str) -> bool:
    try:
        with _postgres(tracking_uri).connect() as connection:
            return sa.inspect(connection).has_table(_MODELS)
    except (SQLAlchemyError, ImportError):
        # It cannot be known: who opens it is told why.
        return True


def _postgres(tracking_uri: str) -> sa.Engine:
    return sa.create_engine(tracking_uri, poolclass=sa.NullPool, connect_args={"connect_timeout": _WAIT_SECONDS})
