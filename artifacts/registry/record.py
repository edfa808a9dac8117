"""Reads an MLflow run as a record of ours, and refuses what is not one, was deleted, or was damaged."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from artifacts.errors import BadInput, Damaged, Missing
from artifacts.registry.log import PREFIX
from artifacts.registry.numbers import SKIPPED
from artifacts.run_record import MODEL, RunRecord


def record_of(client: Any, run: Any, created: bool = False, versions: Sequence[int] | None = None) -> RunRecord:
    """The record of an MLflow run; whoever knows the `versions` that it became saves asking for them.

    Raises `BadInput` (`registry.run_foreign`) for one that training did not log, and `Missing`
    (`registry.run_deleted`): MLflow answers for a deleted run as if nothing had happened.
    """
    run_id = run.info.run_id
    if run.info.lifecycle_stage == "deleted":
        raise Missing(
            "registry.run_deleted",
            f"MLflow run {run_id} was deleted.",
            next_step="Name another, or restore it, with MLFLOW_TRACKING_URI set to the database or server that "
            f"PIPELINE_MLFLOW names: mlflow runs restore --run-id {run_id}",
        )
    tags = {key.removeprefix(PREFIX): text for key, text in run.data.tags.items() if key.startswith(PREFIX)}
    if not {"training_set", "model", "model_sha256", "files"} <= tags.keys():
        raise BadInput(
            "registry.run_foreign",
            f"MLflow run {run_id} is {run.info.status} and carries no training set and model of ours.",
            next_step="Name an MLflow run that training logged to its end.",
        )
    if versions is None:
        became = client.search_model_versions(f"run_id='{run_id}'")
        versions = [int(found.version) for found in became if SKIPPED not in found.tags]
    return RunRecord(
        run_id=run_id,
        model=tags["model"],
        version=min(versions, default=None),
        training_set=tags["training_set"],
        model_sha256=tags["model_sha256"],
        status=run.info.status,
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        tags=tags,
        created=created,
    )


def logged_files(record: RunRecord) -> Mapping[str, str]:
    """Path to sha256 of what was logged with the model; raises `Damaged` (`registry.damaged`) unless its tags agree."""
    try:
        files = json.loads(record.tags["files"])
        agreed = files[MODEL] == record.model_sha256
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(record, f"holds no list of the model's files: {error!r}") from error
    if not agreed:
        raise _damaged(record, f"has {files[MODEL]} for {MODEL}, and the tag model_sha256 {record.model_sha256}")
    return dict(files)


def _damaged(record: RunRecord, message: str) -> Damaged:
    return Damaged(
        "registry.damaged",
        f"The tag files of MLflow run {record.run_id} {message}.",
        next_step="Restore the MLflow database from its backup, or train again.",
    )
