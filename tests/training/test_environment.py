"""An environment is logged whole, read back, and compared package by package."""

import pytest

from artifacts.errors import BadInput
from training.environment import (
    ENVIRONMENT,
    REQUIREMENTS,
    Environment,
    differences,
    logged_environment,
    read_environment,
)

WAS = Environment("3.11.9", "Linux-x", "numpy==1\n", {"numpy": "1.0", "gone": "2.0"})


def test_this_environment_survives_being_written(tmp_path):
    (tmp_path / "requirements.txt").write_text("numpy==1\n")
    environment = read_environment(tmp_path / "requirements.txt")
    environment.write(tmp_path)
    assert logged_environment(tmp_path / REQUIREMENTS, tmp_path / ENVIRONMENT) == environment
    assert {"numpy", "pyarrow", "xgboost-cpu"} <= environment.packages.keys()
    assert differences(environment, environment) == []


def test_each_thing_that_differs_has_a_line():
    now = Environment("3.12.1", "Linux-y", "numpy==2\n", {"numpy": "2.0", "new": "1.0"})
    lines = differences(WAS, now)
    assert lines[:2] == ["Python 3.11.9, now 3.12.1", "platform Linux-x, now Linux-y"]
    assert lines[2].startswith("requirements.txt sha256 ")
    assert lines[3:] == [
        "package gone 2.0, now absent",
        "package new absent, now 1.0",
        "package numpy 1.0, now 2.0",
    ]


def test_the_key_names_the_lock_file_python_and_what_can_change_a_models_bytes():
    assert WAS.key() == {"python": "3.11.9", "requirements_sha256": WAS.requirements_sha256, "numpy": "1.0"}


def test_a_lock_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput) as refused:
        read_environment(tmp_path / "requirements.txt")
    assert refused.value.code == "environment.no_lock"
