"""Whose upcoming rows are scored: those of every champion, and never nobody's because the ledger was lost."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from artifacts.champion_alias import ALIAS
from artifacts.errors import Damaged
from artifacts.registry import Registry
from serving.upcoming_batch import due
from tests.serving.process import environment
from tests.serving.world import MODEL, World


@pytest.mark.parametrize("name", [None, "toy"])
def test_a_lost_ledger_is_a_refusal_not_a_day_on_which_nothing_is_due(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    for variable, value in environment(world).items():
        monkeypatch.setenv(variable, value)
    assert due(["toy"], name, "2013-04-01") == [{"model": MODEL, "name": "toy", "as_of": "2013-04-01"}]
    Path(world.places.ledger.removeprefix("sqlite:///")).unlink()
    with pytest.raises(Damaged) as refused:
        due(["toy"], name, "2013-04-01")
    assert refused.value.code == "judge.ledger_lost"


def test_a_ledger_that_lost_one_model_of_two_does_not_leave_that_one_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copy(world.places.mlflow.removeprefix("sqlite:///"), world.places.home / "mlflow.db")
    places = world.places.model_copy(update={"mlflow": f"sqlite:///{copy}"})
    client, [run, *_] = MlflowClient(places.mlflow), world.runs
    client.create_registered_model("second")
    client.create_model_version("second", world.file(1).as_uri(), run.run_id)
    for variable, value in environment(replace(world, places=places)).items():
        monkeypatch.setenv(variable, value)
    assert [one["model"] for one in due(["toy"], None, "2013-04-01")] == [MODEL]
    Registry.at(places).set_alias("second", ALIAS, 1)
    with pytest.raises(Damaged, match="no champion of second"):
        due(["toy"], None, "2013-04-01")
