"""The files of an MLflow run, where they lie: a local folder, or an object store."""

from pathlib import Path, PurePosixPath
from typing import Any

from artifacts.cache import cached
from artifacts.errors import Damaged, Missing
from artifacts.manifest import sha256_of
from artifacts.places import is_url
from artifacts.registry.connect import shown
from artifacts.registry.record import logged_files
from artifacts.run_record import FINISHED, RunRecord

_RESTORE = (
    "Restore MLflow's artefacts (PIPELINE_MLFLOW_ARTIFACTS) from their backup; a service that has loaded the model "
    "answers on. What else is lost is told by: python -m ops verify"
)


def fetched(artifacts_uri: str, path: str, into: Path | None, sha256: str | None) -> Path:
    """The local path of a file or folder; raises what MLflow raises, and `FileNotFoundError` when it is not there.

    From an object store it is copied into the folder `into`, or, a file only, into the cache.
    """
    store = _store_of(artifacts_uri)
    # The client's own download copies even a local file into a folder that nobody removes.
    if into is not None or not is_url(artifacts_uri) or artifacts_uri.startswith("file:"):
        return _downloaded(store, path, into)
    return cached(lambda folder: _downloaded(store, path, folder), PurePosixPath(path).name, sha256)


def check_logged(local: Path, path: str, record: RunRecord, wanted: str | None) -> None:
    """Raises `Damaged` (`registry.damaged`) unless `local` is the file that `record` logged at `path`, by its sha256.

    What stands beside the model may have been logged later, without one.
    """
    name = f"File {path} of MLflow run {record.run_id}"
    if wanted is None and PurePosixPath(path).parts[:1] == ("model",):
        raise Damaged(
            "registry.damaged",
            f"{name} is not among the model's files that were logged.",
            next_step="Take it away; a model is its logged files and nothing else.",
        )
    if wanted and (got := sha256_of(local)) != wanted:
        raise Damaged(
            "registry.damaged",
            f"{name} has sha256 {got}; {wanted} was logged.",
            next_step="Restore the file from a backup. Until then serve another version by its number, or go back "
            f"to one that was champion: python -m training history --model {record.model}",
        )


def gone(path: str, artifacts_uri: str, record: RunRecord) -> Missing:
    """That a file of an MLflow run is not there; of one that was logged, that it is lost."""
    name, place = f"File {path} of MLflow run {record.run_id}", shown(artifacts_uri)
    if PurePosixPath(path).as_posix() in logged_files(record):
        return Missing("registry.missing", f"{name} was logged, and is not in {place} any more.", next_step=_RESTORE)
    if record.status == FINISHED and not files_under(artifacts_uri, ""):
        said = f"{name} is not in {place}, and neither is what was logged."
        return Missing("registry.missing", said, next_step=_RESTORE)
    return Missing("registry.missing", f"{name} is not in {place}.", next_step="Check the name.")


def refuse_lost_files(artifacts_uri: str, record: RunRecord) -> None:
    """Raises `Damaged` (`registry.damaged`) where nothing is left of what a finished MLflow run logged."""
    if record.status == FINISHED and not files_under(artifacts_uri, ""):
        message = (
            f"The files of MLflow run {record.run_id} were logged, and are not in {shown(artifacts_uri)} any more."
        )
        raise Damaged("registry.damaged", message, next_step=_RESTORE)


def files_under(artifacts_uri: str, folder: str) -> dict[str, int]:
    """The files under `folder`, by path, with their bytes; empty when there is none."""
    store, found, left = _store_of(artifacts_uri), dict[str, int](), [folder]
    while left:
        for one in store.list_artifacts(left.pop()):
            if one.is_dir:
                left.append(one.path)
            else:
                found[one.path] = int(one.file_size or 0)
    return found


def _store_of(artifacts_uri: str) -> Any:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    return get_artifact_repository(artifacts_uri)


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
