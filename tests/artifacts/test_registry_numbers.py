"""A number of a version is given once, whatever is killed, deleted, or set by a person."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from artifacts.errors import BadInput
from artifacts.lost import refuse_lost
from artifacts.places import read_places
from artifacts.registry.listing import run_ids
from artifacts.registry.log import PREFIX
from artifacts.registry.numbers import NEWEST, SKIPPED, new_version, newest_given
from artifacts.registry.record import record_of
from tests.fixtures_registry import registry_in

SHA256 = {"shipshape.sha256": "0" * 64}


@pytest.fixture
def client(tmp_path: Path) -> MlflowClient:
    made = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    made.create_registered_model("toy")
    return made


def train(client: MlflowClient) -> str:
    experiment = client.get_experiment_by_name("toy")
    made = client.create_experiment("toy") if experiment is None else experiment.experiment_id
    run_id = str(client.create_run(made).info.run_id)
    new_version(client, "toy", run_id, SHA256)
    return run_id


def every_run(client: MlflowClient) -> list[str]:
    """The runs of `train`, also of one that was killed, as training tags them."""
    found = client.search_runs([client.get_experiment_by_name("toy").experiment_id])
    for run, name in product(found, ("training_set", "model", "model_sha256", "files")):
        client.set_tag(run.info.run_id, f"{PREFIX}{name}", "toy")
    return [run.info.run_id for run in found]


def version_of(client: MlflowClient, run_id: str) -> int | None:
    return record_of(client, client.get_run(run_id)).version


def test_numbers_up_to_the_tag_are_passed_over_and_leave_nothing(client: MlflowClient) -> None:
    first = train(client)
    client.set_registered_model_tag("toy", NEWEST, "4")
    fifth = train(client)
    assert (run_ids(client, "toy"), newest_given(client, "toy")) == ({1: first, 5: fifth}, 5)
    made = client.get_model_version("toy", "5")
    assert made.tags == SHA256


@pytest.mark.parametrize("at", ["delete_model_version_tag", "set_model_version_tag", "delete_model_version"])
def test_a_kill_on_the_way_leaves_no_version_that_counts(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    first = train(client)
    client.set_registered_model_tag("toy", NEWEST, "3")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(client, at, killed)
        train(client)
    # Deleting is what comes last: then the version is made.
    made = {1, 4} if at == "delete_model_version" else {1}
    assert set(run_ids(client, "toy")) == made
    assert {version_of(client, one) for one in every_run(client)} == made | ({None} if made == {1} else set())
    last = train(client)
    known = run_ids(client, "toy")
    assert (known[1], known[max(known)], set(known) - {max(known)}) == (first, last, made)
    assert all(SKIPPED not in one.tags for one in client.search_model_versions("name='toy'"))


def test_who_was_overtaken_sets_the_tag_back_no_more(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    create = client.create_model_version

    def overtaken(*given: Any, **named: Any) -> Any:
        made = create(*given, **named)
        monkeypatch.setattr(client, "create_model_version", create)
        train(client)
        return made

    monkeypatch.setattr(client, "create_model_version", overtaken)
    train(client)
    assert (set(run_ids(client, "toy")), newest_given(client, "toy")) == ({1, 2}, 2)


@pytest.mark.parametrize("tag", ["v9", " 9", "9.0", "2013"])
def test_a_tag_that_cannot_be_right_is_named_and_nothing_is_made(client: MlflowClient, tag: str) -> None:
    train(client)
    client.set_registered_model_tag("toy", NEWEST, tag)
    with pytest.raises(BadInput, match=f"Model toy in MLflow has '{tag}' as tag shipshape.newest_version") as refused:
        train(client)
    assert (refused.value.code, set(run_ids(client, "toy"))) == ("registry.tag_invalid", {1})


def test_a_tag_that_is_no_number_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    registry = registry_in(tmp_path / "mlflow")
    client = MlflowClient(registry.tracking_uri)
    client.create_registered_model("toy")
    refuse_lost(places, "toy")
    client.set_registered_model_tag("toy", NEWEST, "v9")
    with pytest.raises(BadInput, match="has 'v9' as tag"):
        refuse_lost(places, "toy")
