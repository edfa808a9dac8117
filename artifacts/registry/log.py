"""Writes an MLflow run: values, files, and the model version that they are."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from artifacts import mlmodel
from artifacts.manifest import sha256_of
from artifacts.registry.numbers import new_version
from artifacts.run_record import FINISHED, MODEL, ToLog

PREFIX = "shipshape."
_LONGEST_PARAM = 6000
_BATCH = 500


def log_run(client: Any, artifacts_uri: str, what: ToLog) -> str:
    """Log `what` as an MLflow run with a model version, and return its id; FINISHED comes last, FAILED on any error."""
    run_id = client.create_run(_experiment(client, artifacts_uri, what.model), run_name=what.training_set).info.run_id
    try:
        (what.folder / mlmodel.FILE).write_text(mlmodel.mlmodel(run_id, what.signature), encoding="utf-8")
        sha256s = _sha256s(what.folder)
        tags = {"training_key": what.training_key, "training_set": what.training_set, "model": what.model}
        tags |= {"model_sha256": sha256s[MODEL], "files": json.dumps(sha256s), **what.tags}
        _log_values(client, run_id, what, tags)
        client.log_artifacts(run_id, str(what.folder))
        _ensure(client.create_registered_model, what.model)
        new_version(client, what.model, run_id, {PREFIX + "sha256": sha256s[MODEL]})
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, FINISHED)
    return str(run_id)


def _sha256s(folder: Path) -> dict[str, str]:
    """Path to sha256 of the model's files, and of those beside `model/` that say what it was made from."""
    paths = [path for place in (folder, folder / "model") for path in sorted(place.iterdir()) if path.is_file()]
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}


def _log_values(client: Any, run_id: str, what: ToLog, tags: Mapping[str, str]) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, 0) for name, value in what.metrics.items()]
    metrics += [Metric(name, value, now, step) for name, step, value in what.curve]
    for start in range(0, len(metrics), _BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + _BATCH])
    params = [Param(name, value[:_LONGEST_PARAM]) for name, value in what.params.items()]
    client.log_batch(run_id, params=params, tags=[RunTag(PREFIX + name, value) for name, value in tags.items()])
    name, _, version = what.training_set.partition("/")
    source = json.dumps({"training_set": what.training_set})
    dataset = Dataset(name=name, digest=version, source_type="training_set", source=source)
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])


def _experiment(client: Any, artifacts_uri: str, model: str) -> str:
    _ensure(client.create_experiment, model, artifact_location=f"{artifacts_uri}/{model}")
    return str(client.get_experiment_by_name(model).experiment_id)


def _ensure(create: Callable[..., Any], name: str, **arguments: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        create(name, **arguments)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
