"""Which numbers MLflow gave to versions: none is given twice, also when a version is gone with its MLflow run."""

from collections.abc import Mapping
from typing import Any

NEWEST = "shipshape.newest_version"


def newest_given(client: Any, model: str) -> int:
    """The highest number that `model` in MLflow says it gave, by its tag `NEWEST`; 0 when it says none."""
    told = [one.tags.get(NEWEST, "") for one in client.search_registered_models(f"name='{model}'")]
    return max((int(text) for text in told if text.isdecimal()), default=0)


def new_version(client: Any, model: str, run_id: str, tags: Mapping[str, str]) -> None:
    """Make an MLflow run a version of `model`, above every number that was given, and keep its number in the tag.

    MLflow counts on from the rows that it has; a deleted version keeps its row.
    """
    given, number = newest_given(client, model), 0
    while number <= given:
        if number:
            client.delete_model_version(model, str(number))
        number = int(client.create_model_version(model, f"runs:/{run_id}/model", run_id, tags=tags).version)
    client.set_registered_model_tag(model, NEWEST, str(number))
