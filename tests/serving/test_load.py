"""What MLflow calls a version is served only when it is ours, whole, and scores on trial; no code of it is run."""

import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xgboost

from artifacts.errors import Damaged
from artifacts.registry import ToLog
from serving.load import load_version
from serving.trial import try_model
from tests.serving.test_swap import Trap, answering, ready
from tests.serving.world import MODEL, World, serving, wait_for

Forge = Callable[[Path], None]


def forged(world: World, tmp_path: Path, change: Forge) -> World:
    """The world with one more version, as a hand that may write to MLflow would log it: the sha256 is right."""
    run, folder = world.runs[0], tmp_path / "forged"
    shutil.copytree(world.file(1, "model"), folder / "model")
    shutil.copyfile(world.file(1, "training_set.json"), folder / "training_set.json")
    change(folder)
    what = ToLog(
        MODEL, "forged", run.training_set, folder, {}, {"content": run.tags["content"]}, {}, {"hour": "integer"}
    )
    return replace(world, runs=(*world.runs, world.registry.log_run(what)))


def refused(world: World) -> Damaged:
    version = world.runs[-1].version
    assert version is not None
    with pytest.raises(Damaged) as refusal:
        load_version(world.registry, MODEL, version)
    return refusal.value


def test_what_was_logged_by_such_a_hand_is_served_when_it_is_whole(world: World, tmp_path: Path) -> None:
    more = forged(world, tmp_path, lambda folder: None)
    version = more.runs[-1].version
    assert version is not None
    assert load_version(world.registry, MODEL, version).sha256 == world.runs[0].model_sha256


def test_a_pickle_with_the_right_sha256_and_a_hostile_mlmodel_leave_the_old_one_answering(
    world: World, tmp_path: Path
) -> None:
    def trap(folder: Path) -> None:
        (folder / "model" / "model.ubj").write_bytes(pickle.dumps(Trap(tmp_path)))
        (folder / "model" / "python_model.pkl").write_bytes(pickle.dumps(Trap(tmp_path)))

    more = forged(world, tmp_path, trap)
    run = more.runs[-1]
    mlmodel = Path(world.places.mlflow_artifacts) / MODEL / run.run_id / "artifacts" / "model" / "MLmodel"
    mlmodel.write_text(
        "flavors: {python_function: {loader_module: mlflow.pyfunc.model, python_model: python_model.pkl}}"
    )
    assert refused(more).code == "serving.trial_failed"
    with serving(world) as client:
        assert run.version is not None
        more.crown_run(run)
        wait_for(lambda: ready(client)["status"] == "degraded")
        assert answering(client) == 1
    assert not (tmp_path / "sprung").exists()


def test_a_model_with_other_features_than_its_categories_file_is_refused(world: World, tmp_path: Path) -> None:
    def swap(folder: Path) -> None:
        told = json.loads((folder / "model" / "categories.json").read_text())
        told["types"] = dict(reversed(told["types"].items()))
        (folder / "model" / "categories.json").write_text(json.dumps(told))

    assert "other features" in refused(forged(world, tmp_path, swap)).message


def test_categories_of_other_features_than_its_texts_are_refused(world: World, tmp_path: Path) -> None:
    def lose(folder: Path) -> None:
        told = json.loads((folder / "model" / "categories.json").read_text())
        told["categories"] = {}
        (folder / "model" / "categories.json").write_text(json.dumps(told))

    assert "lists of categories" in refused(forged(world, tmp_path, lose)).message


def test_a_contract_with_another_type_than_the_model_was_fitted_on_is_refused(world: World, tmp_path: Path) -> None:
    def retype(folder: Path) -> None:
        text = (folder / "training_set.json").read_text()
        (folder / "training_set.json").write_text(text.replace('"type": "integer"', '"type": "double"'))

    assert "other columns" in refused(forged(world, tmp_path, retype)).message


def test_facts_of_another_training_set_are_refused(world: World, tmp_path: Path) -> None:
    def rename(folder: Path) -> None:
        text = (folder / "training_set.json").read_text()
        (folder / "training_set.json").write_text(text.replace('"id": "toy/', '"id": "toy/x'))

    assert "holds the facts of training set toy/x" in refused(forged(world, tmp_path, rename)).message


@pytest.mark.parametrize("text", ["", "[]", '{"id": 1}'])
def test_facts_that_are_none_are_refused(world: World, tmp_path: Path, text: str) -> None:
    more = forged(world, tmp_path, lambda folder: (folder / "training_set.json").write_text(text) and None)
    assert refused(more).code == "serving.run_damaged"


def test_a_model_that_scores_no_probability_is_refused(world: World, tmp_path: Path) -> None:
    rows = np.arange(600.0).reshape(100, 6)
    data = xgboost.DMatrix(rows, label=rows[:, 0], feature_names=list("abcdef"))
    xgboost.train({"objective": "reg:squarederror"}, data, 2).save_model(tmp_path / "model.ubj")
    more = forged(world, tmp_path, lambda folder: shutil.copy(tmp_path / "model.ubj", folder / "model") and None)
    assert "something else than a probability" in refused(more).message


def test_a_run_that_did_not_end_well_is_refused(world: World, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    more = forged(world, tmp_path, lambda folder: None)
    MlflowClient(world.places.mlflow).set_terminated(more.runs[-1].run_id, "FAILED")
    assert "is FAILED" in refused(more).message


def test_a_trial_that_does_not_end_is_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.trial.TRIAL_SECONDS", 0.01)
    with pytest.raises(Damaged) as refusal:
        try_model(world.file(1), world.runs[0].model_sha256, np.zeros((1, 6), np.float32))
    assert "took more than" in refusal.value.message
