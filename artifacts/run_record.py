"""An MLflow run, as it is read back and as it is handed in to be logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MODEL = "model/model.ubj"
FINISHED = "FINISHED"


@dataclass(frozen=True)
class RunRecord:
    """One MLflow run. `training_set` is NAME/VERSION, `version` the model version or None, tags are without prefix.

    `status` is FINISHED only when everything was logged; `created` is False when it was found, not made.
    """

    run_id: str
    model: str
    version: int | None
    training_set: str
    model_sha256: str
    status: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    created: bool = False


@dataclass(frozen=True)
class ToLog:
    """What an MLflow run is made of. `folder` is logged whole and holds `model/model.ubj`.

    The sha256 of each file in `model/`, and of those beside that folder, is logged too, and checked when one is read.

    `signature` is name to SQL type; `curve` is (metric, boosting round, value); `training_set` is NAME/VERSION.
    """

    model: str
    training_key: str
    training_set: str
    folder: Path
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    signature: Mapping[str, str]
    curve: Sequence[tuple[str, int, float]] = ()
