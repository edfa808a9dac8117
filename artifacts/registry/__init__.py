"""MLflow runs and model versions: the only folder that knows MLflow; a model is a native file with a sha256."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from artifacts.errors import BadInput, Damaged, Missing, Unavailable
from artifacts.object_store import is_of_a_client, unreachable
from artifacts.places import Places
from artifacts.publish import sha256_of
from artifacts.registry.connect import connect, is_there, said, shown
from artifacts.registry.files import fetched, store_of
from artifacts.registry.log import PREFIX, log_run
from artifacts.registry.record import logged_files, record_of
from artifacts.run_record import FINISHED, MODEL, RunRecord, ToLog

__all__ = ["FINISHED", "MODEL", "Registry", "RunRecord", "ToLog"]

_NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_CHECK = "Check the name and PIPELINE_MLFLOW."
_NO_RUN_ID = (
    "Give an MLflow run id, 32 hex digits: it is the last line of training/train.py, which with the same inputs prints "
    "it again, and stands beside the version in the MLflow UI."
)


@dataclass(frozen=True)
class Registry:
    """Where MLflow runs are logged: `tracking_uri` a database or server URL, `artifacts_uri` a local path or a URL."""

    tracking_uri: str = field(repr=False)  # with a password
    artifacts_uri: str

    @classmethod
    def at(cls, places: Places) -> "Registry":
        """The registry in the places that the environment names."""
        return cls(places.mlflow, places.mlflow_artifacts)

    def prepare(self) -> None:
        """Create the database, once, under a lock: MLflow's own start crashes when several clients do it."""
        with self._client():
            pass

    def log_run(self, what: ToLog) -> RunRecord:
        """Log an MLflow run with its files and make it a model version; FINISHED only when all of that is done.

        Killed half-way it stays RUNNING for ever, and `find_run` does not find it.
        """
        with self._client() as client:
            run_id = log_run(client, self.artifacts_uri, what)
            return record_of(client, client.get_run(run_id), created=True)

    def find_run(self, model: str, training_key: str) -> RunRecord | None:
        """The oldest finished MLflow run of `model` with this key: same config, set, environment and code."""
        where = f"tags.`{PREFIX}training_key` = '{training_key}' and attributes.status = '{FINISHED}'"
        if not is_there(self.tracking_uri):
            return None
        with self._client() as client:
            experiment = client.get_experiment_by_name(model)
            if experiment is None:
                return None
            found = client.search_runs([experiment.experiment_id], where, order_by=["attributes.start_time ASC"])
            records = (record_of(client, run) for run in found)
            return next((record for record in records if record.version is not None), None)

    def run(self, run_id: str) -> RunRecord:
        """The MLflow run `run_id`, finished or not; raises `Missing` (`registry.missing`, `registry.run_deleted`)."""
        step = _CHECK if _RUN_ID.fullmatch(run_id) else _NO_RUN_ID
        with self._client(f"MLflow run {run_id}", step) as client:
            return record_of(client, client.get_run(run_id))

    def logged_sha256(self, run_id: str) -> str | None:
        """The sha256 of the native file that an MLflow run logged, deleted or not; None when nothing tells of it."""
        try:
            with self._client(f"MLflow run {run_id}") as client:
                told = client.get_run(run_id).data.tags.get(f"{PREFIX}model_sha256")
        except Missing:
            return None
        return None if told is None else str(told)

    def model_version(self, model: str, version: int) -> RunRecord:
        """The MLflow run that made `version` of `model`; raises `Missing` as `run` does."""
        with self._client(f"Version {version} of model {model}") as client:
            return record_of(client, client.get_run(client.get_model_version(model, str(version)).run_id))

    def versions(self, model: str) -> list[int]:
        """The sorted version numbers of `model`; empty when there is none."""
        return list(self.run_ids(model))

    def run_ids(self, model: str) -> dict[int, str]:
        """The versions of `model`, sorted, each with the id of its MLflow run; empty when there is none."""
        if not is_there(self.tracking_uri):
            return {}
        with self._client() as client:
            found = client.search_model_versions(f"name='{model}'")
        return dict(sorted((int(one.version), str(one.run_id)) for one in found))

    def runs(self, model: str, run_ids: Mapping[int, str]) -> dict[str, RunRecord]:
        """Those MLflow runs of `run_ids` (of `run_ids()`) that `run` would give, by run id, in one question."""
        became: dict[str, list[int]] = {}
        for version, run_id in run_ids.items():
            if _RUN_ID.fullmatch(run_id):
                became.setdefault(run_id, []).append(version)
        if not became:
            return {}
        where = f"attributes.run_id IN ({', '.join(repr(run_id) for run_id in became)})"
        found: dict[str, RunRecord] = {}
        with self._client() as client:
            experiment = client.get_experiment_by_name(model)
            for run in client.search_runs([experiment.experiment_id], where) if experiment else ():
                # What is none of ours says so in its own words to whoever asks for it alone.
                with suppress(BadInput):
                    found[run.info.run_id] = record_of(client, run, versions=became[run.info.run_id])
        return found

    def models(self) -> list[str]:
        """The sorted names of all models."""
        if not is_there(self.tracking_uri):
            return []
        names, token = set[str](), None
        with self._client() as client:
            while token != "":
                page = client.search_registered_models(page_token=token)
                names, token = names | {str(found.name) for found in page}, page.token or ""
        return sorted(names)

    def artefact(self, run_id: str, path: str, into: Path | None = None) -> Path:
        """The local path of a file or folder of an MLflow run; a file in `model/` or beside it is the one logged.

        From an object store it is fetched into the folder `into`; without one a file is fetched into the cache of
        `artifacts.cache`, and a folder cannot be had.

        Raises `Missing` (`registry.missing`) or `Damaged` (`registry.damaged`).
        """
        record, name = self.run(run_id), f"File {path} of MLflow run {run_id}"
        wanted = logged_files(record).get(PurePosixPath(path).as_posix())
        with self._client(name) as client:
            local = fetched(client.get_run(run_id).info.artifact_uri, path, into, wanted)
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
        return local

    def text(self, run_id: str, path: str) -> str:
        """The text of a file that stands beside the model of an MLflow run, as it is now.

        Raises `Missing` (`registry.missing`).
        """
        with self._client(f"File {path} of MLflow run {run_id}"):
            return fetched(_artefacts_of(self, run_id), path, None, None).read_text(encoding="utf-8")

    def listed(self, run_id: str, folder: str) -> dict[str, int]:
        """The files under `folder` of an MLflow run, by path, with their bytes; empty when there is none."""
        found: dict[str, int] = {}
        with self._client(f"MLflow run {run_id}"):
            left = [folder]
            while left:
                for one in store_of(_artefacts_of(self, run_id)).list_artifacts(left.pop()):
                    if one.is_dir:
                        left.append(one.path)
                    else:
                        found[one.path] = int(one.file_size or 0)
        return found

    def log_artefact(self, run_id: str, folder: Path, into: str) -> None:
        """Add the files of `folder` to an MLflow run, under `into`."""
        with self._client(f"MLflow run {run_id}") as client:
            client.log_artifacts(run_id, str(folder), into)

    def set_alias(self, model: str, alias: str, version: int) -> None:
        """Point an alias at a version, for people who look at MLflow; the ledger alone says who is champion."""
        with self._client(f"Version {version} of model {model}") as client:
            client.set_registered_model_alias(model, alias, str(version))

    def alias(self, model: str, alias: str) -> int | None:
        """The version that an alias points at, or None."""
        try:
            with self._client(f"Alias {alias} of model {model}") as client:
                return int(client.get_model_version_by_alias(model, alias).version)
        except Missing:
            return None

    @contextmanager
    def _client(self, wanted: str | None = None, missing_step: str = _CHECK) -> Iterator[Any]:
        """MLflow's client, with its exceptions turned into ours; `wanted` is what is missing if it is missing."""
        # Before the first import: MLflow reads these when it is loaded.
        os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="1")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow.exceptions import MlflowException

        if wanted and not is_there(self.tracking_uri):
            # A client would make the database, and what was lost would look as if it had never been.
            raise Missing(
                "registry.missing",
                f"{wanted} cannot be had: the database {shown(self.tracking_uri)} is not there, or has no tables yet.",
                next_step="Restore it from its backup, or correct PIPELINE_MLFLOW.",
            )
        try:
            yield connect(self.tracking_uri, os.getpid())
        except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
            not_there = isinstance(error, FileNotFoundError) or getattr(error, "error_code", None) in _NOT_THERE
            if wanted and not_there:
                message = f"{wanted} is not in {shown(self.tracking_uri)}."
                raise Missing("registry.missing", message, next_step=missing_step) from error
            raise Unavailable(
                "registry.unavailable",
                f"MLflow at {shown(self.tracking_uri)} says: {said(error)}",
                next_step="Check that it answers, and PIPELINE_MLFLOW.",
            ) from error
        except Exception as error:
            # MLflow hands on what the client of an object store raises.
            if is_of_a_client(error):
                raise unreachable(wanted or shown(self.tracking_uri), error) from error
            raise


@lru_cache(maxsize=256)
def _artefacts_of(registry: Registry, run_id: str) -> str:
    # Where the files of an MLflow run lie is said once, when it begins.
    return str(connect(registry.tracking_uri, os.getpid()).get_run(run_id).info.artifact_uri)
