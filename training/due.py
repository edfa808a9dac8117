"""Which candidates are due: for each config of the training set that was named, or of the newest announced."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from artifacts import cli
from artifacts.errors import BadInput
from artifacts.training_set import parse_id
from training.announced import named_in
from training.choose_configs import configs_of


def due(
    training_set: str | None, config: str | None, announced: Sequence[Mapping[str, Any] | None]
) -> list[dict[str, str]]:
    """Pairs of `training_set` (NAME/VERSION) and `config`, from the one named, or else from those announced.

    Events pile up while the DAG is paused or busy: of each name only the latest `as_of` is due, since a candidate of an
    earlier one would be judged, and then be replaced within the hour. An announced set that no config trains on keeps
    no other from its candidates.

    Raises `BadInput` (`train.nothing_due`) when there is neither: a DAG run that trains nothing must not look green;
    as `named_in` does; and as `configs_of` does for the one named, when no config trains on any that were announced,
    and for a config with a fault that names one of the sets, or none that can be told: then none is trained.
    """
    sets = [training_set] if training_set else _latest(named_in(announced, "training_set"))
    if not sets:
        raise BadInput(
            "train.nothing_due",
            "No training set was named, and none was announced; one NAME/VERSION is wanted.",
            next_step="Trigger it with a training_set, or build one: build_training_set triggers it.",
        )
    pairs: list[dict[str, str]] = []
    passed_over: list[BadInput] = []
    for one in sets:
        try:
            pairs += [{"training_set": one, "config": each} for each in configs_of(one, config)]
        except BadInput as refusal:
            if refusal.code != "config.wrong_set":
                raise
            passed_over.append(refusal)
    if not pairs:
        raise passed_over[0]
    for each in passed_over:
        cli.say(f"Passed over: {each.message} {each.next_step}")
    return pairs


def _latest(sets: Sequence[str]) -> list[str]:
    """Those with the latest `as_of` of their name: a version begins with it, and such texts sort as moments do."""
    wanted: list[str] = []
    for _, same in groupby(sorted(sets), key=lambda one: parse_id(one)[0]):
        versions = list(same)
        latest = max(_as_of(one) for one in versions)
        wanted += [one for one in versions if _as_of(one) == latest]
    for one in sets:
        if one not in wanted:
            cli.say(f"{one} was announced too, and is passed over for a later one. By hand: training_set={one}")
    return wanted


def _as_of(training_set: str) -> str:
    return parse_id(training_set)[1].partition(".")[0]
