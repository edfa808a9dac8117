"""The DAG that compacts the prediction log, through Airflow itself, on a log with one finished segment."""

import json
import os
import subprocess
import sys

import pytest

from artifacts.errors import Damaged
from artifacts.places import REPOSITORY
from artifacts.prediction_log.part import FILE
from artifacts.prediction_log.parts import parts, verify_parts
from artifacts.prediction_log.writer import LogWriter
from tests.fixtures_prediction_log import prediction

pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
from pathlib import Path
from ops.airflow_home import enter_airflow
enter_airflow()
from artifacts.places import REPOSITORY
from ops.dag_runs import load_dags
from airflow.models import DagRun
from airflow.utils.session import create_session
dag, told = load_dags(REPOSITORY / "dags")["compact_predictions"], []
for _ in range(2):
    dag_run = dag.test()
    states = {ti.task_id: str(ti.state) for ti in dag_run.get_task_instances()}
    with create_session() as session:
        note = session.get_one(DagRun, dag_run.id).note
    told.append([str(dag_run.state), states, note.partition("\\n")[0]])
Path(sys.argv[1]).write_text(json.dumps(told))
"""


def test_finished_segments_become_verified_parts_and_a_run_with_nothing_new_sends_no_event(tmp_path):
    with LogWriter(tmp_path / "predictions") as log:
        log.append([prediction(), prediction()])
    environ = {**os.environ, "PIPELINE_HOME": str(tmp_path), "AIRFLOW_HOME": str(tmp_path / "airflow")}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "told.json")]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    done, nothing = (
        "2 predictions of the log are in 1 part now.",
        "No segment was finished: there is nothing new to read.",
    )
    first, second = json.loads((tmp_path / "told.json").read_text())
    assert first == ["success", {"measure": "success", "compact": "success", "verify": "success"}, f"✓ OK: {done}"]
    assert second == ["success", {"measure": "success", "compact": "success", "verify": "skipped"}, f"✓ OK: {nothing}"]
    assert sum(part.predictions for part in parts(str(tmp_path / "prediction_parts"))) == 2


def test_a_part_that_was_changed_since_it_was_made_is_named(tmp_path):
    from artifacts.prediction_log.compaction import compact

    with LogWriter(tmp_path / "log") as log:
        log.append([prediction()])
    uri = compact(tmp_path / "log", str(tmp_path / "parts")).parts[0]
    verify_parts([uri])
    file = tmp_path / "parts" / uri.removeprefix(str(tmp_path / "parts") + "/") / FILE
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(Damaged) as refused:
        verify_parts([uri])
    assert uri in refused.value.message
