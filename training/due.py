"""Which candidates are due: one for each config of each training-set version that was named or announced."""

from collections.abc import Mapping, Sequence
from typing import Any

from artifacts.errors import BadInput
from training.announced import named_in
from training.choose_configs import configs_of


def due(
    training_set: str | None, config: str | None, announced: Sequence[Mapping[str, Any] | None]
) -> list[dict[str, str]]:
    """Pairs of `training_set` (NAME/VERSION) and `config`, from the one named, or else from those announced.

    Raises `BadInput` (`train.nothing_due`) when there is neither: a DAG run that trains nothing must not look green;
    or as `named_in` does.
    """
    sets = [training_set] if training_set else named_in(announced, "training_set")
    if not sets:
        raise BadInput(
            "train.nothing_due",
            "No training set was named, and none was announced; one NAME/VERSION is wanted.",
            next_step="Trigger it with a training_set, or build one: build_training_set triggers it.",
        )
    return [{"training_set": one, "config": each} for one in sets for each in configs_of(one, config)]
