"""A logged run trained again is identical, or what differs is said; what cannot be trained again is refused."""

import json
import shutil
from pathlib import Path

import pytest
from mlflow import MlflowClient

from artifacts.errors import CannotJudge, Damaged, Missing
from artifacts.run_record import MODEL
from tests.fixtures_training_set import make_training_set
from tests.training.toy import LOCK, toy_config
from training.reproduce import Reproduction, reproduce
from training.train import train


@pytest.fixture
def logged(tmp_path, world):
    return train(world.registry, make_training_set(tmp_path / "sets"), toy_config(f"model={world.model}"))


def again(world, run, tmp_path: Path, lock: Path = LOCK) -> Reproduction:
    return reproduce(world.registry, str(tmp_path / "sets"), run.run_id, lock)


def retag(world, run, **tags: str) -> None:
    for name, text in tags.items():
        MlflowClient(world.registry.tracking_uri).set_tag(run.run_id, f"shipshape.{name}", text)


def test_a_run_trained_again_is_identical(tmp_path, world, logged):
    made = again(world, logged, tmp_path)
    assert (made.identical, made.differences, made.sha256) == (True, (), logged.model_sha256)


def test_other_bytes_are_said_to_differ(tmp_path, world, logged):
    files = json.loads(logged.tags["files"]) | {MODEL: "0" * 64}
    retag(world, logged, model_sha256="0" * 64, files=json.dumps(files))
    assert not again(world, logged, tmp_path).identical


def test_another_environment_is_named_package_by_package(tmp_path, world, logged):
    lock = tmp_path / "requirements.txt"
    lock.write_text("xgboost-cpu==9.9.9\n")
    path = world.registry.artefact(logged.run_id, "environment/environment.json")
    path.write_text(path.read_text().replace('"xgboost-cpu": "3.2.0"', '"xgboost-cpu": "3.1.0"'))
    made = again(world, logged, tmp_path, lock)
    assert made.identical
    assert made.differences[0].startswith("requirements.txt sha256 ")
    assert made.differences[1] == "package xgboost-cpu 3.1.0, now 3.2.0"


@pytest.mark.slow
def test_other_code_is_fetched_from_the_commit_of_the_run(tmp_path, world, logged):
    retag(world, logged, code_sha256="0" * 64)
    made = again(world, logged, tmp_path)
    assert made.identical
    assert made.differences[0].startswith(f"code commit {logged.tags['commit']}")


def test_a_commit_that_is_gone_is_refused(tmp_path, world, logged):
    retag(world, logged, code_sha256="0" * 64, commit="0" * 40)
    with pytest.raises(CannotJudge) as refused:
        again(world, logged, tmp_path)
    assert refused.value.code == "reproduce.commit_missing"


@pytest.mark.parametrize("commit", ["--output={file}", "unknown", "HEAD", "0" * 39, "0" * 40 + "\n"])
def test_what_is_no_id_of_a_commit_is_refused_and_never_an_option_of_git(tmp_path, world, logged, commit):
    file = tmp_path / "written"
    retag(world, logged, code_sha256="0" * 64, commit=commit.format(file=file))
    with pytest.raises(CannotJudge, match="40 hex digits") as refused:
        again(world, logged, tmp_path)
    assert refused.value.code == "reproduce.commit_missing"
    assert not file.exists()


def test_a_config_that_is_not_the_one_logged_is_refused(tmp_path, world, logged):
    path = world.registry.artefact(logged.run_id, "config.yaml")
    path.write_text(path.read_text().replace("seed: 1", "seed: 2"))
    with pytest.raises(Damaged, match="was logged"):
        again(world, logged, tmp_path)


def test_a_set_that_is_gone_or_damaged_or_another_is_refused(tmp_path, world, logged):
    folder = tmp_path / "sets" / logged.training_set
    with (folder / "data.parquet").open("r+b") as stream:
        stream.write(b"XXXX")
    with pytest.raises(Damaged):
        again(world, logged, tmp_path)
    shutil.rmtree(folder)
    with pytest.raises(CannotJudge) as refused:
        again(world, logged, tmp_path)
    assert (refused.value.code, refused.value.exit_code) == ("reproduce.set_missing", 4)
    make_training_set(tmp_path / "sets")
    retag(world, logged, content="0" * 64)
    with pytest.raises(CannotJudge, match="was trained on 000"):
        again(world, logged, tmp_path)


def test_a_run_that_is_unknown_unfinished_or_without_its_config_is_refused(tmp_path, world, logged):
    with pytest.raises(Missing):
        reproduce(world.registry, str(tmp_path), "0" * 32, LOCK)
    world.registry.artefact(logged.run_id, "config.yaml").unlink()
    with pytest.raises(CannotJudge, match=r"config\.yaml"):
        again(world, logged, tmp_path)
    MlflowClient(world.registry.tracking_uri).set_terminated(logged.run_id, "FAILED")
    with pytest.raises(CannotJudge, match="is FAILED"):
        again(world, logged, tmp_path)
