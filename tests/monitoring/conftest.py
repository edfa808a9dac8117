"""A model that is trained once a session; every test has a log and findings of its own."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from artifacts.baseline import FILE
from artifacts.champion_alias import ALIAS
from artifacts.registry import Registry, RunRecord
from artifacts.training_set import TrainingSet
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.monitoring.world import World
from tests.serving.world import places_in
from tests.training.toy import toy_config
from training.train import train


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the registry and the training sets."""
    return tmp_path_factory.mktemp("monitoring")


@pytest.fixture(scope="session")
def trained(shared: Path) -> tuple[TrainingSet, RunRecord]:
    """A training set of 100 rows a day, and version 1 of the model."""
    training_set = make_training_set(shared / "sets", rows=9000)
    return training_set, train(registry_in(shared / "registry"), training_set, toy_config())


@pytest.fixture
def world(shared: Path, trained: tuple[TrainingSet, RunRecord], tmp_path: Path) -> World:
    """A world of this test's own, in which nothing was answered yet."""
    return World(places_in(tmp_path, shared / "registry", shared / "sets"), *trained)


@pytest.fixture
def aliased(world: World, tmp_path: Path) -> World:
    """This world with a copy of MLflow's database, whose alias says that version 1 is champion."""
    copy = shutil.copy(world.places.mlflow.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    places = world.places.model_copy(update={"mlflow": f"sqlite:///{copy}"})
    Registry.at(places).set_alias(world.run.model, ALIAS, 1)
    return replace(world, places=places)


@pytest.fixture
def baseline_file(world: World, tmp_path: Path) -> Iterator[Path]:
    """The baseline's file where it lies, put back afterwards."""
    file = Registry.at(world.places).artefact(world.run.run_id, FILE)
    kept = tmp_path / "kept.json"
    shutil.copy(file, kept)
    yield file
    file.parent.mkdir(exist_ok=True)
    shutil.copy(kept, file)
