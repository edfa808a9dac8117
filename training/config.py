"""What a model is trained from: typed, frozen, closed to unknown keys, every range checked."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NaiveDatetime, field_validator, model_validator

from artifacts.metric_names import MetricName
from training.metrics import METRICS

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")]


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f"{name} is given twice")
    return names


Names = Annotated[tuple[str, ...], AfterValidator(_each_once)]
Columns = Annotated[Names, Field(min_length=1)]
Share = Annotated[float, Field(gt=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
BEST = {"lower": 0.0, "higher": 1.0}


class Closed(BaseModel):
    """The base of every part of a config."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class XGBoost(Closed):
    """The XGBoost parameters that a config may set; objective and tree method are fixed by `fit`."""

    max_depth: int = Field(default=6, ge=1, le=16)
    max_leaves: int = Field(default=0, ge=0)
    grow_policy: Literal["depthwise", "lossguide"] = "depthwise"
    eta: Share = 0.1
    min_child_weight: NotNegative = 1.0
    gamma: NotNegative = 0.0
    reg_lambda: NotNegative = 1.0
    reg_alpha: NotNegative = 0.0
    max_delta_step: NotNegative = 0.0
    subsample: Share = 1.0
    colsample_bytree: Share = 1.0
    colsample_bylevel: Share = 1.0
    colsample_bynode: Share = 1.0
    max_bin: int = Field(default=256, ge=2, le=65535)
    max_cat_to_onehot: int = Field(default=4, ge=1)
    max_cat_threshold: int = Field(default=64, ge=1)
    # 0 takes all cores; the model's bytes do not depend on it.
    nthread: int = Field(default=0, ge=0)


class Naive(Closed):
    """The dumb rival: the label rate per group of the `by` columns, drawn to the overall rate by `smoothing` rows."""

    by: Columns
    smoothing: float = Field(default=20.0, gt=0)


class Bootstrap(Closed):
    """How the judge resamples whole days of rows: the rows of a day are not independent."""

    replicates: int = Field(default=1000, ge=100, le=100_000)
    seed: int = Field(default=7, ge=0)
    interval: float = Field(default=0.95, gt=0.5, lt=1)


class Guard(Closed):
    """How much worse than the champion a candidate may be on one metric."""

    worse_by_at_most: NotNegative


class SliceGuard(Closed):
    """How much worse a candidate may be on `metric` in any slice that has at least `min_rows` holdout rows."""

    columns: Columns
    metric: MetricName
    worse_by_at_most: NotNegative
    min_rows: int = Field(default=500, ge=2)


class Judge(Closed):
    """The rule of the verdict. A metric beyond its `plausible` bound is too good to be true: suspicious."""

    primary: MetricName
    margin: NotNegative
    bootstrap: Bootstrap = Bootstrap()
    guards: Mapping[MetricName, Guard]
    slices: SliceGuard | None = None
    plausible: Annotated[Mapping[MetricName, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    min_rows: int = Field(default=1000, ge=2)

    @field_validator("plausible")
    @classmethod
    def _can_be_passed(cls, bounds: Mapping[str, float]) -> Mapping[str, float]:
        """A bound that is the best there is closes no gate."""
        for metric, bound in bounds.items():
            if METRICS[metric].worse_by(bound, BEST[METRICS[metric].better]) <= 0:
                raise ValueError(f"no {metric} is better than {bound}, so this bound would refuse nothing")
        return bounds


class AllBut(Closed):
    """Every feature of the training set but those named."""

    all_but: Columns


class Config(Closed):
    """A whole training config; equal configs on one training-set version, in one environment, give one model."""

    model: Name
    training_set: Name
    as_of: NaiveDatetime
    holdout_days: int = Field(ge=1, le=366)
    early_stopping_share: float = Field(default=0.1, ge=0, lt=0.5)
    early_stopping_rounds: int | None = Field(default=None, ge=1)
    features: Literal["all"] | AllBut | Columns = "all"
    seed: int = Field(ge=0, lt=2**31)
    num_boost_round: int = Field(ge=1, le=10_000)
    xgboost: XGBoost
    naive: Naive
    slices: Names = ()
    judge: Judge
    promotion: Literal["auto", "approve"] = "auto"

    @model_validator(mode="after")
    def _early_stopping_is_whole(self) -> "Config":
        if (self.early_stopping_share > 0) != (self.early_stopping_rounds is not None):
            raise ValueError("early_stopping_share and early_stopping_rounds come together: both, or 0 and null")
        return self

    def flat(self) -> dict[str, str]:
        """Dotted key to value as text, for logging."""
        return dict(flatten("", self.model_dump(mode="json")))

    def digest(self) -> str:
        """The sha256 of all values; the order of keys in the file does not matter."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()

    def to_yaml(self) -> str:
        """The config as YAML that `parse_config` reads back as an equal config."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def flatten(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """Dotted key to value as text; what is not text itself is written as JSON."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flatten(f"{prefix}.{key}" if prefix else key, inner)
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)
