"""What a smoke run does, read from `ci/smoke.yaml`: source, config and stages."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, NaiveDatetime, ValidationError

from artifacts.errors import BadInput
from artifacts.periods import periods
from artifacts.places import REPOSITORY

PLAN = REPOSITORY / "ci" / "smoke.yaml"


class Stage(BaseModel):
    """Months to land (`FIRST..LAST`), and the moment (naive UTC) as of which a training set is then built."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    months: str
    as_of: NaiveDatetime

    @property
    def list_of_months(self) -> list[str]:
        """Each month of `months`."""
        return periods(self.months)


class Plan(BaseModel):
    """A smoke run. `cutter` is a module with `cut(folder)`; `settings` the variable that names its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str
    cutter: Annotated[str, Field(pattern=r"^ci\.cut_[a-z0-9_]+$")]
    settings: str
    name: str
    config: Path
    overrides: tuple[str, ...] = ()
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]


def read_plan(path: Path = PLAN) -> Plan:
    """The plan; raises `BadInput` (`smoke.plan_invalid`) that names the key."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        for stage in given["stages"]:
            stage["as_of"] = f"{stage['as_of']}T00:00:00"
        return Plan.model_validate(given)
    except (OSError, yaml.YAMLError, ValidationError, TypeError, KeyError) as error:
        raise BadInput(
            "smoke.plan_invalid", f"{path.name} is no plan of a smoke run: {error}.", next_step=f"Correct {path}."
        ) from error
