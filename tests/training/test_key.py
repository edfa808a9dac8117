"""A training key changes with everything that a model is made from, and with nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from artifacts.training_set import TrainingSet
from tests.fixtures_training_set import make_training_set
from tests.training.toy import toy_config
from training.environment import Environment
from training.key import CODE, code_digest, training_key

ENVIRONMENT = Environment("3.11.9", "Linux", "numpy==1\n", {"numpy": "1.0", "xgboost-cpu": "3.2.0", "flask": "1.0"})


@pytest.fixture
def training_set(tmp_path: Path) -> TrainingSet:
    return make_training_set(tmp_path, rows=500)


def test_config_set_lock_file_python_and_xgboost_each_change_the_key(tmp_path, training_set):
    key = training_key(toy_config(), training_set, ENVIRONMENT)
    newer = {**ENVIRONMENT.packages, "xgboost-cpu": "3.3.0"}
    others = [
        training_key(toy_config("seed=2"), training_set, ENVIRONMENT),
        training_key(toy_config(), make_training_set(tmp_path, rows=501), ENVIRONMENT),
        training_key(toy_config(), training_set, replace(ENVIRONMENT, requirements="numpy==2\n")),
        training_key(toy_config(), training_set, replace(ENVIRONMENT, python="3.12.1")),
        training_key(toy_config(), training_set, replace(ENVIRONMENT, packages=newer)),
    ]
    assert len({key, *others}) == 6


def test_a_set_of_the_same_name_with_another_content_changes_the_key(training_set):
    other = replace(training_set, facts={**training_set.facts, "content": "0" * 64})
    assert training_key(toy_config(), training_set, ENVIRONMENT) != training_key(toy_config(), other, ENVIRONMENT)


def test_a_package_that_trains_nothing_does_not_change_the_key(training_set):
    other = replace(ENVIRONMENT, packages={**ENVIRONMENT.packages, "flask": "2.0"})
    assert training_key(toy_config(), training_set, ENVIRONMENT) == training_key(toy_config(), training_set, other)


def test_the_code_is_that_of_the_doors_too(tmp_path):
    assert {folder.name for folder in CODE} == {"training", "artifacts"}
    for folder in ("training", "artifacts"):
        (tmp_path / folder).mkdir()
    before = code_digest(tmp_path / "training", tmp_path / "artifacts")
    (tmp_path / "artifacts" / "column.py").write_text("x = 1\n")
    assert code_digest(tmp_path / "training", tmp_path / "artifacts") != before


def test_the_code_digest_changes_with_a_files_bytes_or_name(tmp_path):
    (tmp_path / "fit.py").write_text("x = 1\n")
    before = code_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert code_digest(tmp_path) == before
    (tmp_path / "fit.py").write_text("x = 2\n")
    assert code_digest(tmp_path) != before
    (tmp_path / "fit.py").write_text("x = 1\n")
    (tmp_path / "fit.py").rename(tmp_path / "fitted.py")
    assert code_digest(tmp_path) != before
