"""What MLflow lists: models, versions, and the MLflow runs that versions were made by."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from artifacts.errors import BadInput
from artifacts.registry.log import PREFIX
from artifacts.registry.numbers import SKIPPED
from artifacts.registry.record import record_of
from artifacts.run_record import FINISHED, RunRecord

RUN_ID = re.compile(r"[0-9a-f]{32}")


def models(client: Any) -> list[str]:
    """The sorted names of all models."""
    names, token = set[str](), None
    while token != "":
        page = client.search_registered_models(page_token=token)
        names, token = names | {str(found.name) for found in page}, page.token or ""
    return sorted(names)


def run_ids(client: Any, model: str) -> dict[int, str]:
    """The versions of `model`, sorted, each with the id of its MLflow run."""
    found = client.search_model_versions(f"name='{model}'")
    return dict(sorted((int(one.version), str(one.run_id)) for one in found if SKIPPED not in one.tags))


def versions_by_run(found: Mapping[int, str]) -> dict[str, list[int]]:
    """The versions that each MLflow run of `run_ids` became; a version that names none is left out."""
    became: dict[str, list[int]] = {}
    for version, run_id in found.items():
        if RUN_ID.fullmatch(run_id):
            became.setdefault(run_id, []).append(version)
    return became


def runs(client: Any, model: str, became: Mapping[str, Sequence[int]]) -> dict[str, RunRecord]:
    """The records of those MLflow runs of `became` that are there and ours, by run id, in one question."""
    where = f"attributes.run_id IN ({', '.join(repr(run_id) for run_id in became)})"
    found: dict[str, RunRecord] = {}
    experiment = client.get_experiment_by_name(model)
    for run in client.search_runs([experiment.experiment_id], where) if experiment else ():
        # What is none of ours says so in its own words to whoever asks for it alone.
        with suppress(BadInput):
            found[run.info.run_id] = record_of(client, run, versions=became[run.info.run_id])
    return found


def find_run(client: Any, model: str, training_key: str) -> RunRecord | None:
    """The oldest finished MLflow run of `model` with this key that became a version."""
    experiment = client.get_experiment_by_name(model)
    if experiment is None:
        return None
    where = f"tags.`{PREFIX}training_key` = '{training_key}' and attributes.status = '{FINISHED}'"
    found = client.search_runs([experiment.experiment_id], where, order_by=["attributes.start_time ASC"])
    records = (record_of(client, run) for run in found)
    return next((record for record in records if record.version is not None), None)
