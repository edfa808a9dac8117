"""A DAG run with a parameter that its DAG does not have is refused, through Airflow itself, by the DAG's first task."""

import json
import os
import subprocess
import sys

import pytest

from artifacts.places import REPOSITORY

pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from ops.airflow_home import enter_airflow
enter_airflow()
from artifacts.places import REPOSITORY
from ops.dag_runs import end_dag, load_dags
answers = {}
for name, dag in load_dags(REPOSITORY / "dags").items():
    # Airflow 3.3.2 tells of a tested DAG run's failure without its parameters, and fails where one has no default.
    dag.has_on_failure_callback = False
    wanted = {"model": "late_arrival", "version": 1, "reason": "complaints"} if name == "rollback" else {}
    ended = end_dag(dag, wanted | {"as_off": "2013-02-01", "day_": "2013-02-01"}, datetime(2013, 3, 1, tzinfo=UTC))
    firsts = [one.task_id for one in dag.tasks if not one.upstream_task_ids]
    said = [[one.code, one.message] for one in ended.refused if one.code.startswith("run.")]
    answers[name] = [ended.state, said, [sorted(ended.undone.get(one, [])) for one in firsts]]
Path(sys.argv[1]).write_text(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """How a DAG run of each DAG ended that was given two parameters which no DAG has."""
    home = tmp_path_factory.mktemp("home")
    environ = {**os.environ, "PIPELINE_HOME": str(home), "AIRFLOW_HOME": str(home / "airflow")}
    command = [sys.executable, "-c", SCRIPT, str(home / "answers.json")]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((home / "answers.json").read_text())


@pytest.mark.parametrize("dag", sorted(path.stem for path in (REPOSITORY / "dags").glob("*.py")))
def test_a_misspelt_parameter_fails_the_first_task_once_and_is_named_with_those_there_are(answers, dag):
    state, said, firsts = answers[dag]
    assert (state, firsts) == ("failed", [["failed"]])
    [(code, message)] = said
    assert code == "run.parameter_unknown"
    assert message.startswith(f"{dag} has no parameter as_off, day_; it has ")


def test_the_parameters_there_are_are_named(answers):
    has = {dag: said[0][1].partition("; it has ")[2] for dag, (_, said, _) in answers.items()}
    assert has["build_training_set"] == "as_of, name."
    assert has["compact_predictions"] == "none."
