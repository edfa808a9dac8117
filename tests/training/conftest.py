"""A registry that the tests of this room share, since MLflow's database takes seconds to create."""

from pathlib import Path

import pytest

from artifacts.registry import Registry
from artifacts.training_set import TrainingSet
from tests.training.small_world import World, parcels


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the registry and the training sets that the tests of this room share."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def parcels_60(shared: Path) -> TrainingSet:
    """The parcels of sixty days; the last twenty judge."""
    return parcels(str(shared / "sets"), 60)


@pytest.fixture
def world(shared: Path, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """The shared registry, and a model and a ledger of this test's own."""
    registry = Registry(f"sqlite:///{shared}/mlflow/mlflow.db", str(shared / "artifacts"))
    model = f"parcels-{abs(hash(request.node.nodeid)) % 10**12}"
    return World(registry, f"sqlite:///{tmp_path}/ledger.db", str(shared / "sets"), model)
