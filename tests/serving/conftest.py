"""Two versions of a small model, trained once a session; every test has a ledger and a log of its own."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from artifacts.champion_alias import ALIAS
from artifacts.registry import RunRecord
from artifacts.training_set import TrainingSet
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.serving.world import MODEL, World, places_in, serving
from tests.training.toy import toy_config
from training.train import train


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the registry and the training sets."""
    return tmp_path_factory.mktemp("serving")


@pytest.fixture(scope="session")
def trained(shared: Path) -> tuple[TrainingSet, tuple[RunRecord, ...]]:
    """A training set, and versions 1, 2 and 3 of the model."""
    training_set = make_training_set(shared / "sets")
    registry = registry_in(shared / "registry")
    configs = [toy_config(), toy_config("seed=2"), toy_config("seed=3", "num_boost_round=5")]
    runs = tuple(train(registry, training_set, config) for config in configs)
    # As promotion does.
    registry.set_alias(MODEL, ALIAS, 1)
    return training_set, runs


def world_in(home: Path, shared: Path, trained: tuple[TrainingSet, tuple[RunRecord, ...]]) -> World:
    """A world in which version 1 is champion."""
    world = World(places_in(home, shared / "registry", shared / "sets"), *trained)
    world.crown(1)
    return world


@pytest.fixture
def world(shared: Path, trained: tuple[TrainingSet, tuple[RunRecord, ...]], tmp_path: Path) -> World:
    """A world of this test's own."""
    return world_in(tmp_path, shared, trained)


@pytest.fixture(scope="module")
def client(
    shared: Path, trained: tuple[TrainingSet, tuple[RunRecord, ...]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A service that the tests of a module share; it takes three rows and 20,000 bytes a request."""
    with serving(world_in(tmp_path_factory.mktemp("home"), shared, trained), max_rows=3, max_body_bytes=20_000) as one:
        yield one
