"""Whose upcoming rows are scored: those of every champion, and never nobody's because the ledger was lost."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from artifacts import alerts
from artifacts.alerts import Watch
from artifacts.champion_alias import ALIAS
from artifacts.errors import Damaged
from artifacts.places import Places, read_places
from artifacts.prediction_log import compact
from artifacts.registry import Registry
from serving.upcoming_batch import due
from tests.fixtures_prediction_log import logged, prediction
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


def tells(there: str, places: Places) -> None:
    """Leave what still tells of a model: a watch of it, or an answer, in a segment or in a part."""
    if there == "alerts":
        alerts.change(places.alerts, MODEL, f"{MODEL}/a", lambda _: ({(1, "log"): Watch(MODEL, 1, "log")}, []))
    else:
        logged(places.predictions, prediction(model=MODEL))
    if there == "parts":
        compact(places.predictions, places.prediction_parts)


@pytest.mark.parametrize("there", ["alerts", "segments", "parts"])
def test_a_home_that_lost_ledger_and_mlflow_together_is_refused_while_anything_tells_of_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    assert due(["toy"], None, "2013-04-01") == []
    tells(there, read_places())
    with pytest.raises(Damaged, match=r"Neither the ledger .* nor MLflow .* has a model, and yet") as refused:
        due(["toy"], None, "2013-04-01")
    assert refused.value.code == "judge.ledger_lost"
    assert list(tmp_path.rglob("ledger.db")) == list(tmp_path.rglob("mlflow.db")) == []


def test_a_version_that_answered_before_any_was_promoted_is_no_lost_champion(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copy(world.places.mlflow.removeprefix("sqlite:///"), world.places.home / "mlflow.db")
    changed = {"mlflow": f"sqlite:///{copy}", "ledger": f"sqlite:///{world.places.home}/none.db"}
    MlflowClient(changed["mlflow"]).delete_registered_model_alias(MODEL, ALIAS)
    for variable, value in environment(replace(world, places=world.places.model_copy(update=changed))).items():
        monkeypatch.setenv(variable, value)
    tells("segments", world.places)
    assert due(["toy"], None, "2013-04-01") == []
