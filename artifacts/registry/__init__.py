"""MLflow runs and model versions: the only folder that knows MLflow; a model is a native file with a sha256."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from artifacts.errors import Missing
from artifacts.places import Places
from artifacts.registry import listing
from artifacts.registry.client import CHECK, client_of, has_models
from artifacts.registry.connect import connect
from artifacts.registry.files import check_logged, fetched, files_under, gone, refuse_lost_files
from artifacts.registry.log import PREFIX, log_run
from artifacts.registry.numbers import newest_given, refuse_skipped
from artifacts.registry.record import logged_files, record_of
from artifacts.run_record import FINISHED, MODEL, RunRecord, ToLog

__all__ = ["FINISHED", "MODEL", "Registry", "RunRecord", "ToLog"]

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
        if not has_models(self.tracking_uri):
            return None
        with self._client() as client:
            return listing.find_run(client, model, training_key)

    def run(self, run_id: str) -> RunRecord:
        """The MLflow run `run_id`, finished or not; raises `Missing` (`registry.missing`, `registry.run_deleted`)."""
        step = CHECK if listing.RUN_ID.fullmatch(run_id) else _NO_RUN_ID
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
        """The MLflow run that made `version` of `model`; raises `Missing` as `run` does, and for a skipped number."""
        with self._client(f"Version {version} of model {model}") as client:
            found = client.get_model_version(model, str(version))
            refuse_skipped(model, version, found.tags)
            return record_of(client, client.get_run(found.run_id))

    def versions(self, model: str) -> list[int]:
        """The sorted version numbers of `model`; empty when there is none."""
        return list(self.run_ids(model))

    def run_ids(self, model: str) -> dict[int, str]:
        """The versions of `model`, sorted, each with the id of its MLflow run; empty when there is none."""
        if not has_models(self.tracking_uri):
            return {}
        with self._client() as client:
            return listing.run_ids(client, model)

    def newest_given(self, model: str) -> int:
        """The highest number of a version that MLflow says it gave, which may be deleted; 0 when it says none."""
        if not has_models(self.tracking_uri):
            return 0
        with self._client() as client:
            return newest_given(client, model)

    def runs(self, model: str, run_ids: Mapping[int, str]) -> dict[str, RunRecord]:
        """Those MLflow runs of `run_ids` (of `run_ids()`) that `run` would give, by run id, in one question."""
        became = listing.versions_by_run(run_ids)
        if not became:
            return {}
        with self._client() as client:
            return listing.runs(client, model, became)

    def models(self) -> list[str]:
        """The sorted names of all models."""
        if not has_models(self.tracking_uri):
            return []
        with self._client() as client:
            return listing.models(client)

    def artefact(self, run_id: str, path: str, into: Path | None = None) -> Path:
        """The local path of a file or folder of an MLflow run; a file in `model/` or beside it is the one logged.

        From an object store it is fetched into the folder `into`; without one a file is fetched into the cache of
        `artifacts.cache`, and a folder cannot be had.

        Raises `Missing` (`registry.missing`) or `Damaged` (`registry.damaged`).
        """
        record, name = self.run(run_id), f"File {path} of MLflow run {run_id}"
        wanted = logged_files(record).get(PurePosixPath(path).as_posix())
        with self._client(name) as client:
            place = str(client.get_run(run_id).info.artifact_uri)
            try:
                local = fetched(place, path, into, wanted)
            except FileNotFoundError as error:
                raise gone(path, place, record) from error
        check_logged(local, path, record, wanted)
        return local

    def text(self, run_id: str, path: str) -> str:
        """The text of a file that stands beside the model of an MLflow run, as it is now.

        Raises `Missing` (`registry.missing`).
        """
        with self._client(f"File {path} of MLflow run {run_id}"):
            place = _artefacts_of(self, run_id)
            try:
                return fetched(place, path, None, None).read_text(encoding="utf-8")
            except FileNotFoundError as error:
                raise gone(path, place, self.run(run_id)) from error

    def listed(self, run_id: str, folder: str) -> dict[str, int]:
        """The files under `folder` of an MLflow run, by path, with their bytes; empty when there is none.

        Raises `Damaged` (`registry.damaged`) where all that a finished run logged is gone: what it had is not known.
        """
        with self._client(f"MLflow run {run_id}"):
            place = _artefacts_of(self, run_id)
            if not (found := files_under(place, folder)):
                refuse_lost_files(place, self.run(run_id))
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

    def _client(self, wanted: str | None = None, missing_step: str = CHECK) -> AbstractContextManager[Any]:
        return client_of(self.tracking_uri, wanted, missing_step)


@lru_cache(maxsize=256)
def _artefacts_of(registry: Registry, run_id: str) -> str:
    # Where the files of an MLflow run lie is said once, when it begins.
    return str(connect(registry.tracking_uri, os.getpid()).get_run(run_id).info.artifact_uri)
