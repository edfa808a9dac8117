"""The files of an MLflow run, where they lie: a local folder, or an object store."""

from pathlib import Path, PurePosixPath
from typing import Any

from artifacts.cache import cached
from artifacts.places import is_url


def store_of(artifacts_uri: str) -> Any:
    """MLflow's client of the place of a run's files."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    return get_artifact_repository(artifacts_uri)


def fetched(artifacts_uri: str, path: str, into: Path | None, sha256: str | None) -> Path:
    """The local path of a file or folder; raises what MLflow raises, and `FileNotFoundError` when it is not there.

    From an object store it is copied into the folder `into`, or, a file only, into the cache.
    """
    store = store_of(artifacts_uri)
    # The client's own download copies even a local file into a folder that nobody removes.
    if into is not None or not is_url(artifacts_uri) or artifacts_uri.startswith("file:"):
        return _downloaded(store, path, into)
    return cached(lambda folder: _downloaded(store, path, folder), PurePosixPath(path).name, sha256)


def _downloaded(store: Any, path: str, into: Path | None) -> Path:
    from mlflow.exceptions import MlflowException

    try:
        return Path(store.download_artifacts(path, str(into) if into else None))
    except MlflowException as error:
        # Of what is missing in an object store MLflow says no more than that a download failed.
        parent = PurePosixPath(path).parent.as_posix()
        if path in {found.path for found in store.list_artifacts(None if parent == "." else parent)}:
            raise
        raise FileNotFoundError(path) from error
