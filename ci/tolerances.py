"""How much a smoke run may differ from the known-good one, read from `ci/tolerances.yaml`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from artifacts.errors import BadInput
from artifacts.places import REPOSITORY

TOLERANCES = REPOSITORY / "ci" / "tolerances.yaml"
Above = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Metric(_Closed):
    """A metric of the candidate: worse beyond `worse_by_at_most` is a regression, better beyond the bound a leak."""

    better: Literal["higher", "lower"]
    worse_by_at_most: Above
    better_by_at_most: Above

    def worse_by(self, before: float, after: float) -> float:
        """How much worse `after` is than `before`; below zero it is better."""
        return after - before if self.better == "lower" else before - after


class Slices(_Closed):
    """One metric in each slice of `columns` that had at least `min_rows` holdout rows."""

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    metric: str
    min_rows: Annotated[int, Field(ge=2)]
    worse_by_at_most: Above


class Features(_Closed):
    """A feature's distribution: `ci.summary.movement`, and the share of nulls, as a difference."""

    moved_by_at_most: Above
    null_share_by_at_most: Above


class Tolerances(_Closed):
    """All of them; `origin` says how they were measured."""

    origin: str
    metrics: Annotated[Mapping[str, Metric], Field(min_length=1)]
    slices: Slices
    features: Features
    min_holdout_rows: Annotated[int, Field(ge=2)]
    rows_lost_share: Above
    label_rate_by_at_most: Above

    @model_validator(mode="after")
    def _slices_have_a_direction(self) -> "Tolerances":
        if self.slices.metric not in self.metrics:
            raise ValueError(f"slices: metric {self.slices.metric} is none of {', '.join(self.metrics)}")
        return self


def read_tolerances(path: Path = TOLERANCES) -> Tolerances:
    """The tolerances; raises `BadInput` (`tolerances.invalid`) that names the key."""
    try:
        return Tolerances.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(
            "tolerances.invalid", f"{path.name} holds no tolerances: {error}.", next_step=f"Correct {path.name}."
        ) from error
