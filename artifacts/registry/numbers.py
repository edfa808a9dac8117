"""Which numbers MLflow gave to versions: none is given twice, also when a version is gone with its MLflow run."""

from collections.abc import Mapping
from typing import Any

from artifacts.errors import BadInput, Missing

NEWEST = "shipshape.newest_version"
# A version that is no version yet, or never: its number was given before.
SKIPPED = "shipshape.skipped"
MOST_SKIPPED = 1000


def newest_given(client: Any, model: str) -> int:
    """The highest number that `model` in MLflow says it gave, by its tag `NEWEST`; 0 when it says none.

    Raises `BadInput` (`registry.tag_invalid`) for what is no number.
    """
    told = [text for one in client.search_registered_models(f"name='{model}'") if (text := one.tags.get(NEWEST))]
    for text in told:
        if not (text.isascii() and text.isdecimal()):
            raise _invalid(model, text, "a whole number")
    return max(map(int, told), default=0)


def new_version(client: Any, model: str, run_id: str, tags: Mapping[str, str]) -> None:
    """Make an MLflow run a version of `model`, above every number that was given, and keep its number in the tag.

    MLflow counts on from the rows that it has; a deleted version keeps its row. While the tag is above what is there a
    version is made that `run_ids` does not know before its number is new: a kill leaves none that counts. Raises
    `BadInput` (`registry.tag_invalid`), also for a tag that is far above what is there.
    """
    _remove_skipped(client, model)
    given, there = newest_given(client, model), _newest(client, model)
    if given > there + MOST_SKIPPED:
        raise _invalid(model, str(given), f"a number up to {MOST_SKIPPED} above its newest version, {there}")
    number, meant = 0, tags if given <= there else {SKIPPED: "true"}
    while number <= given:
        number = int(client.create_model_version(model, f"runs:/{run_id}/model", run_id, tags=meant).version)
    if meant is not tags:
        for name, value in tags.items():
            client.set_model_version_tag(model, str(number), name, value)
        client.delete_model_version_tag(model, str(number), SKIPPED)
        _remove_skipped(client, model)
    if number > newest_given(client, model):
        client.set_registered_model_tag(model, NEWEST, str(number))


def refuse_skipped(model: str, version: int, tags: Mapping[str, str]) -> None:
    """Raise `Missing` (`registry.missing`) for a number that was passed over, as the `tags` in MLflow say."""
    if SKIPPED in tags:
        raise Missing(
            "registry.missing",
            f"Version {version} of model {model} is none: its number was given to another before, and passed over.",
            next_step="Nothing to do: the next training takes it away. Look at the other versions of the model.",
        )


def _newest(client: Any, model: str) -> int:
    return max((int(one.version) for one in client.search_model_versions(f"name='{model}'")), default=0)


def _remove_skipped(client: Any, model: str) -> None:
    for one in client.search_model_versions(f"name='{model}'"):
        if SKIPPED in one.tags:
            client.delete_model_version(model, str(one.version))


def _invalid(model: str, text: str, wanted: str) -> BadInput:
    return BadInput(
        "registry.tag_invalid",
        f"Model {model} in MLflow has {text!r} as tag {NEWEST}; wanted: {wanted}.",
        next_step="Set it in MLflow's page of the model to the highest number that was ever given, as the ledger and "
        "the prediction log tell; then: python -m ops verify",
    )
