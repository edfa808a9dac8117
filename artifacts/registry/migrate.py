"""Brings MLflow's database to the schema of the MLflow that is installed, before its server starts."""

import hashlib
import os
import tempfile
from pathlib import Path

from filelock import FileLock

from artifacts.errors import BadInput, Unavailable
from artifacts.registry.connect import shown


def migrate(database_url: str) -> None:
    """Create or upgrade the tables of MLflow's database.

    Raises `BadInput` (`registry.no_database`) for a server's URL, and `Unavailable` (`registry.unavailable`).
    """
    if database_url.startswith(("http://", "https://")):
        raise BadInput(
            "registry.no_database",
            f"PIPELINE_MLFLOW is the server {shown(database_url)}; the URL of its database is wanted.",
            next_step="Set PIPELINE_MLFLOW to postgresql+psycopg://… or sqlite:///… for this command.",
        )
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="1")
    from mlflow.store.db import utils
    from sqlalchemy.exc import SQLAlchemyError

    lock = Path(tempfile.gettempdir()) / f"migrate-{hashlib.sha256(database_url.encode()).hexdigest()[:16]}.lock"
    try:
        with FileLock(lock):
            engine = utils.create_sqlalchemy_engine(database_url)
            try:
                utils._safe_initialize_tables(engine)
                if utils._get_schema_version(engine) != utils._get_latest_schema_revision():
                    utils._upgrade_db(engine)
            finally:
                engine.dispose()
    except SQLAlchemyError as error:
        raise Unavailable(
            "registry.unavailable",
            f"MLflow's database {shown(database_url)} cannot be migrated: {getattr(error, 'orig', None) or error}",
            next_step="See that it is up and that its role owns it, then try again.",
        ) from error
