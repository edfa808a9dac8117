"""A home of the small post office: landed months, a dbt project that a reader may edit, a config, an empty MLflow."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from artifacts import ledger
from artifacts.places import REPOSITORY, Places, read_places
from artifacts.registry import Registry
from artifacts.training_set import versions
from features.build import build
from features.upcoming import build_upcoming
from tests.docs import runbook
from tests.features.conftest import PROJECT, edit, post
from tests.fixtures_registry import registry_in

__all__ = ["edit"]

BUILD = "python -m features build --name NAME --as-of DAY"
UPCOMING = "python -m features upcoming --name NAME --as-of TIME"
TRAIN = "python training/train.py --config training/configs/CONFIG.yaml --training-set NAME/VERSION"
JUDGE = "python -m training judge --candidate RUN"
PROMOTE = "python -m training promote --candidate RUN"
CONFIG = """
model: toy
training_set: toy
as_of: 2013-03-01
holdout_days: 14
early_stopping_share: 0
early_stopping_rounds: null
features: all
seed: 1
num_boost_round: 20
xgboost: {max_depth: 6, eta: 0.5, min_child_weight: 0, nthread: 1}
naive: {by: [size]}
judge:
  primary: log_loss
  margin: 0.001
  bootstrap: {replicates: 100}
  guards: {roc_auc: {worse_by_at_most: 0.05}}
  plausible: {log_loss: 0.0001}
  min_rows: 20
"""


@dataclass
class Reader:
    """Whoever follows the runbook in such a home; `values` is what the reader fills in."""

    places: Places
    project: Path
    capsys: pytest.CaptureFixture[str]
    values: dict[str, str] = field(default_factory=dict)

    @property
    def registry(self) -> Registry:
        """MLflow of this home."""
        return Registry.at(self.places)

    def runs(self, command: str, **values: str) -> tuple[int, str]:
        """Run a command; the set or candidate that it made is what the next one is about."""
        ended, said = runbook.run(runbook.filled(command, {**self.values, **values}), self.capsys)
        made = (said.split() or [""])[-1]
        if ended == 0 and " build " in command:
            self.values |= {"NAME/VERSION": made, "VERSION": made.partition("/")[2]}
        if ended == 0 and "train.py" in command:
            self.values |= {"RUN": made}
        return ended, said

    def refused(self, code: str, command: str, **values: str) -> str:
        """Run a command that is refused with this code, and nothing is published or logged by it; what it says."""
        before = self.made()
        ended, said = self.runs(command, **values)
        assert (ended != 0, f"{code}: " in said, self.made()) == (True, True, before), said
        return said

    def follows(self, code: str, *, without: str = " make ") -> list[int]:
        """Run what the section of a code says to run; its exit codes."""
        return [self.runs(one)[0] for one in runbook.section(code).commands if without not in f" {one} "]

    def made(self) -> tuple[list[str], list[int]]:
        """Versions of the training set and of the model."""
        return versions(self.places.training_sets, "toy"), self.registry.versions("toy")

    def config(self, **changes: str) -> None:
        """Write the config with other lines, by key."""
        text = CONFIG
        for key, line in changes.items():
            [old] = [one for one in CONFIG.splitlines() if one.strip().startswith(f"{key}:")]
            text = text.replace(old, f"{old[: len(old) - len(old.lstrip())]}{key}: {line}")
        (self.places.home / "toy.yaml").write_text(text)

    def champion(self) -> int | None:
        """The version that the ledger names."""
        with suppress(FileNotFoundError):
            line = ledger.champion(self.places.ledger, "toy")
            return line.version if line else None
        return None


def made_home(folder: Path) -> Places:
    """January and February have landed; nothing is built or trained."""
    places = read_places({"PIPELINE_HOME": str(folder / "home")})
    for month in ("2013-01", "2013-02"):
        post(places.raw, month)
    registry_in(places.home / "mlflow")
    shutil.copytree(PROJECT, folder / "dbt_project")
    return places


def reader_in(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], values: Mapping[str, str] = {}
) -> Reader:
    """A reader in this home, whose `features` commands run the project beside it."""
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    project = places.home.parent / "dbt_project"
    # Where the project lies is no setting; a reader edits the one of the repository.
    monkeypatch.setattr("features.build.build", partial(build, project=project))
    monkeypatch.setattr("features.upcoming.build_upcoming", partial(build_upcoming, project=project))
    config = os.path.relpath(places.home / "toy", REPOSITORY / "training" / "configs")
    known = {"NAME": "toy", "MODEL": "toy", "CONFIG": config, "DAY": "2013-03-01", "TIME": "2013-02-20T1200"}
    reader = Reader(places, project, capsys, {**known, **values})
    reader.config()
    return reader
