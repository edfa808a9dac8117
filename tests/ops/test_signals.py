"""SIGTERM ends what runs the DAGs in its own process, and says how to go on."""

import os
import subprocess
import sys

import pytest

from artifacts.places import REPOSITORY

DAG = """
import os, signal, time
from datetime import timedelta
from airflow.sdk import dag, task
@dag(params={"end": False})
def asked():
    @task
    def passes():
        return 1
    @task(retries=2, retry_delay=timedelta(hours=1))
    def ends(one, params=None):
        print("task begins", flush=True)
        if params["end"]:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
            print("task went on", flush=True)
    ends(passes())
asked()
"""
SCRIPT = """
import argparse, signal, sys
from pathlib import Path
from artifacts import cli
from artifacts.places import read_places
from ops.airflow_home import enter_airflow
from ops.at_work import running_dags
from ops.dag_runs import end_dag, load_dags
def verb(_):
    with running_dags(read_places(), "make run"):
        enter_airflow()
        dag = load_dags(Path(sys.argv[1]))["asked"]
        before = signal.getsignal(signal.SIGTERM)
        end_dag(dag, {})
        print("kept", before == signal.getsignal(signal.SIGTERM))
        end_dag(dag, {"end": True})
    return cli.Answer("went on")
parser = argparse.ArgumentParser()
parser.set_defaults(verb=verb)
sys.exit(cli.run(parser, []))
"""


@pytest.mark.slow
def test_sigterm_in_a_task_and_after_one_ends_the_verb_and_says_how_to_go_on(tmp_path):
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "asked.py").write_text(DAG)
    own = {
        "PIPELINE_HOME": tmp_path,
        "AIRFLOW_HOME": tmp_path / "airflow",
        "AIRFLOW__CORE__DAGS_FOLDER": tmp_path / "dags",
    }
    environ = os.environ | {name: str(path) for name, path in own.items()}
    command = [sys.executable, "-c", SCRIPT, environ["AIRFLOW__CORE__DAGS_FOLDER"]]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False, timeout=180
    )
    assert "kept True" in done.stdout and done.stdout.count("task begins") == 2, done.stderr[-4000:]
    assert "went on" not in done.stdout and done.returncode == 130
    said = done.stderr.splitlines()[-1]
    assert said.startswith("run.interrupted: make run was ended from outside before it was done")
    assert said.endswith("To go on from there: make run")
