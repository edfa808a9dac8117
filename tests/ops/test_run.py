"""The main job on real months: `make run`, twice, as a new user would run it."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY, read_places
from artifacts.verdict import read_verdict

pytestmark = pytest.mark.slow


def make_run(home):
    environ = {**os.environ, "PIPELINE_HOME": str(home)}
    command = [sys.executable, "-m", "ops.run", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home):
    return make_run(home)


@pytest.fixture(scope="module")
def second(home, first):
    return make_run(home)


def test_the_first_candidate_beats_the_naive_model_and_becomes_champion(first):
    verdict = first["verdicts"][0]
    assert (verdict["outcome"], verdict["champion"], verdict["promoted"]) == ("promote", None, True)


def test_the_second_candidate_is_judged_against_the_champion_on_october(first, home):
    verdict = first["verdicts"][1]
    evidence = read_artefact(home, verdict).evidence
    assert evidence.champion.version == first["verdicts"][0]["version"]
    assert (str(evidence.holdout.start), str(evidence.holdout.end)) == ("2013-10-01 00:00:00", "2013-11-01 00:00:00")
    assert evidence.candidate.learned_before <= evidence.holdout.start
    assert evidence.champion.learned_before <= evidence.holdout.start


def test_october_reaches_the_roc_auc_that_is_asked_for(first):
    auc, low, high = first["verdicts"][1]["metrics"]["candidate"]["roc_auc"]
    assert auc >= 0.70
    assert low < auc < high


def test_a_second_run_finds_that_nothing_changed(first, second):
    assert first["changed"] is True
    assert second["changed"] is False
    assert [v["candidate"] for v in second["verdicts"]] == [v["candidate"] for v in first["verdicts"]]


def test_the_dag_runs_are_in_airflows_own_database_and_none_is_left_to_start(first, home):
    query = "select dag_id, count(*) from dag_run where state = 'success' group by 1 order by 1"
    rows = sqlite(home / "airflow" / "airflow.db", query)
    assert sqlite(home / "airflow" / "airflow.db", "select count(*) from asset_dag_run_queue") == [(0,)]
    assert dict(rows)["build_training_set"] >= 2
    assert dict(rows)["land_month"] >= 10
    assert dict(rows)["train_candidate"] >= 2


def test_each_dag_run_has_a_note_that_says_how_it_ended(first, home):
    query = """
        select dag_id, content from dag_run join dag_run_note on dag_run_note.dag_run_id = dag_run.id
        order by dag_run.id
    """
    notes = sqlite(home / "airflow" / "airflow.db", query)
    assert len(notes) == sqlite(home / "airflow" / "airflow.db", "select count(*) from dag_run")[0][0]
    assert [(dag, note) for dag, note in notes if not note.startswith(("✓ OK: ", "= KEPT: "))] == []
    promoted, kept = [note for dag, note in notes if dag == "train_candidate"][:2]
    assert promoted.startswith("✓ OK: late_arrival: Version 1 is champion")
    assert kept.startswith("= KEPT: late_arrival: Keep version 1")


def sqlite(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def read_artefact(home, verdict):
    places = read_places({"PIPELINE_HOME": str(home)})
    folder = Path(places.mlflow_artifacts) / "late_arrival" / verdict["candidate"] / "artifacts"
    return read_verdict((folder / verdict["verdict"]).read_text(encoding="utf-8"))
