"""Nobody goes back to a model, or promotes one, whose only whole copy is in a cache of this machine."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from artifacts import ledger
from artifacts.errors import Damaged, Missing
from artifacts.registry import MODEL, Registry, RunRecord
from artifacts.training_set import TrainingSet
from tests.ports import free_port
from tests.training.small_world import World
from tests.training.test_judge import crowned, judged
from tests.training.test_promote import BETTER
from training.promote import promote
from training.rollback import rollback


@pytest.fixture
def stored(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A registry whose files lie in an object store."""
    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    fsspec.filesystem("s3").mkdir("pipeline")
    registry = Registry(f"sqlite:///{tmp_path}/mlflow/mlflow.db", "s3://pipeline/mlflow")
    yield World(registry, f"sqlite:///{tmp_path}/ledger.db", str(shared / "sets"), "parcels-stored")
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def model_of(run: RunRecord) -> str:
    """Where the store has the run's model, which the cache of this machine has too."""
    [path] = fsspec.filesystem("s3").glob(f"pipeline/mlflow/**/{run.run_id}/**/{Path(MODEL).name}")
    return str(path)


def test_a_copy_in_the_cache_does_not_pass_for_the_stored_model(stored: World, parcels_60: TrainingSet) -> None:
    store, first = fsspec.filesystem("s3"), crowned(stored, parcels_60, "[clear_sign]")
    second = stored.candidate(parcels_60, BETTER)
    verdict, whole = judged(stored, second), store.cat(model_of(second))
    store.pipe(model_of(second), b"another model")
    with pytest.raises(Damaged) as another:
        promote(stored.registry, stored.ledger, verdict, "tester")
    store.pipe(model_of(second), whole)
    promote(stored.registry, stored.ledger, verdict, "tester")
    store.rm(model_of(first))
    with pytest.raises(Missing) as gone:
        rollback(stored.registry, stored.ledger, stored.model, 1, decided_by="tester", reason="complaints")
    assert (another.value.code, gone.value.code) == ("registry.damaged", "registry.missing")
    assert [line.version for line in ledger.history(stored.ledger, stored.model)] == [1, 2]
