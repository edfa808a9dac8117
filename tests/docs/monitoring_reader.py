"""Whoever follows what the runbook says of monitoring: a small served model, its log, and the commands."""

import os
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import ledger
from artifacts.findings import publish_findings
from artifacts.places import REPOSITORY
from artifacts.prediction_log import Prediction
from artifacts.registry import RunRecord
from artifacts.training_set import TrainingSet
from tests.docs import runbook
from tests.fixtures_registry import registry_in
from tests.monitoring.conftest import shared, trained, world
from tests.monitoring.found import MOVED, found
from tests.monitoring.world import COARSE, WEEK, World
from tests.training.toy import TOY, toy_config
from training.train import train

__all__ = ["reader", "second", "shared", "trained", "world"]

CHECK = "python -m monitoring check --model MODEL --window START..END"
TRUTH = f"{CHECK} --training-set NAME/VERSION"
NOTIFY, ALERTS = "python -m monitoring notify", "python -m monitoring alerts --model MODEL"


class Reader:
    """Whoever follows the runbook, in the places of one test."""

    def __init__(
        self, world: World, second: RunRecord, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.world, self.second, self.patch, self.capsys = world, second, patch, capsys
        self.values = {"MODEL": "toy", "START..END": WEEK, "RUN": world.run.run_id, "SOURCE": "nycflights13"}

    def logs(self, records: list[Prediction], window: str = WEEK) -> None:
        """Log them in place of all that was, and ask about another window."""
        shutil.rmtree(self.world.places.predictions, ignore_errors=True)
        self.world.log(records)
        self.values["START..END"] = window

    def knows(self, truth: TrainingSet) -> None:
        """Check against the labels of a training set from now on."""
        self.values["NAME/VERSION"] = truth.id

    def checks(self) -> str:
        """What the check of the window says."""
        return self.runs(TRUTH if "NAME/VERSION" in self.values else CHECK)[1]

    def takes(self, told: str) -> None:
        """Have the findings that a check named last taken into alerts, and fill their name in."""
        self.values["FINDINGS"] = told.splitlines()[-1].removeprefix("toy/")
        self.runs("python -m monitoring update --findings MODEL/FINDINGS")

    def has_its_own_registry(self) -> Path:
        """A copy of MLflow's database, for what changes it; and the config, for who trains by the section."""
        home = self.world.places.home
        copy = shutil.copy(self.world.places.mlflow.removeprefix("sqlite:///"), home / "mlflow.db")
        places = self.world.places.model_copy(update={"mlflow": f"sqlite:///{copy}"})
        self.world = replace(self.world, places=places)
        self.patch.setenv("PIPELINE_MLFLOW", places.mlflow)
        (home / "toy.yaml").write_text(TOY)
        self.values["CONFIG"] = os.path.relpath(home / "toy", REPOSITORY / "training" / "configs")
        return Path(copy)

    def crowns_another(self) -> None:
        """Promote version 2; the one before is then named where a version is to be filled in."""
        about = {"decided_by": "tester", "reason": "for the test", "run_id": self.second.run_id, "expected": 1}
        ledger.promote(self.world.places.ledger, model="toy", version=2, decided_at=datetime(2013, 3, 2), **about)  # type: ignore[arg-type]
        self.values |= {"N": "1", "TEXT": "'because'"}

    def runs(self, command: str) -> tuple[int, str]:
        return runbook.run(runbook.filled(command, self.values), self.capsys)

    def follows(self, code: str) -> list[tuple[int, str]]:
        return [self.runs(command) for command in runbook.section(code).commands]

    def findings(self) -> str:
        """Findings of a drift, published, and their name filled in."""
        made = found(2, MOVED)
        publish_findings(self.world.places.findings, made)
        model, _, name = made.id.partition("/")
        self.values |= {"MODEL": model, "FINDINGS": name}
        return made.id


@pytest.fixture(scope="session")
def second(shared: Path, trained: tuple[TrainingSet, RunRecord]) -> RunRecord:
    """Version 2, of another seed."""
    return train(registry_in(shared / "registry"), trained[0], toy_config("seed=2"))


@pytest.fixture
def reader(
    world: World, second: RunRecord, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Reader:
    for name, place in world.places.model_dump().items():
        monkeypatch.setenv(f"PIPELINE_{name.upper()}", str(place))
    for name, value in COARSE.items():
        monkeypatch.setenv(f"MONITORING_{name.upper()}", str(value))
    monkeypatch.setenv("MONITORING_REPLICATES", "300")
    return Reader(world, second, monkeypatch, capsys)


def crown(world: World) -> None:
    about = {"decided_by": "tester", "reason": "for the test", "run_id": world.run.run_id, "expected": None}
    ledger.promote(world.places.ledger, model="toy", version=1, decided_at=datetime(2013, 3, 1), **about)  # type: ignore[arg-type]
