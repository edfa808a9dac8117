"""One prediction: what was asked, what was answered, and by which model version."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, get_args

from artifacts.errors import BadInput
from artifacts.publish import check_name

Via = Literal["http", "batch", "invocations"]
FeatureValue = int | float | bool | str | None
EntityValue = FeatureValue | datetime | date

_ID = re.compile(r"[0-9a-f]{32}")
_VIAS = frozenset(get_args(Via))


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer and what it was made from.

    `asked_at` is naive UTC in microseconds; `score` and every float are kept bit for bit, also NaN. `entity` maps the
    columns that name what the prediction is about, None when the caller sent features only. `flags` are short codes
    such as `unseen_category:COLUMN`. Raises `BadInput` (`log.invalid`, `name.invalid` for the model's name).
    """

    prediction_id: str
    request_id: str
    model: str
    version: int
    model_sha256: str
    training_set: str
    asked_at: datetime
    via: Via
    entity: Mapping[str, EntityValue] | None
    features: Mapping[str, FeatureValue]
    score: float
    flags: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.prediction_id):
            raise invalid(f"prediction_id is {self.prediction_id!r}, wanted 32 hex digits")
        if self.via not in _VIAS:
            raise invalid(f"via is {self.via!r}, wanted one of {', '.join(sorted(_VIAS))}")
        if self.asked_at.tzinfo is not None:
            raise invalid(f"asked_at is {self.asked_at.isoformat()}, wanted naive UTC")
        if not isinstance(self.score, float):
            raise invalid(f"score is a {type(self.score).__name__}, wanted a float64")
        if type(self.version) is not int or not 0 < self.version < 2**31:
            raise invalid(f"version is {self.version!r}, wanted a whole number from 1 on")
        check_name(self.model, "model")


def invalid(what: str) -> BadInput:
    """The refusal for a prediction that the log cannot hold."""
    return BadInput("log.invalid", f"A prediction cannot be logged: {what}.", next_step="Correct what is logged.")
