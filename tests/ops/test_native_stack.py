"""The stack, natively: Airflow, MLflow, ledger and alerts on a real Postgres, artefacts in S3, and its backup."""

import json
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import fsspec
import psutil
import pytest

from artifacts import ledger
from artifacts.encoder import CATEGORIES
from artifacts.errors import Missing
from artifacts.places import REPOSITORY
from artifacts.registry import MODEL, Registry
from artifacts.training_set import open_training_set, versions
from ops.backup.verify import verify
from ops.healthy import why_unhealthy
from plugins.on_call import service
from plugins.on_call.settings import OnCallSettings
from tests.fixtures_postgres import DATABASES
from tests.fixtures_training_set import make_training_set
from tests.ops.native_stack import native_stack
from tests.ports import free_port
from tests.processes import command_of
from tests.serving.world import GOOD
from tests.training.toy import toy_config
from training.promote_or_keep import promote_or_keep
from training.train import train

pytestmark = pytest.mark.slow
ADMIN, KEY = "a-password-of-the-tests", "a-key-of-the-tests"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A prepared stack with two training sets and a champion."""
    folder = tmp_path_factory.mktemp("stack")
    with native_stack(folder) as made, pytest.MonkeyPatch.context() as patch:
        for name, value in made.environ.items():
            patch.setenv(name, value)
        made.run("ops", "prepare", AIRFLOW_ADMIN_PASSWORD=ADMIN, SERVING_API_KEY=KEY)
        places = made.places
        registry = Registry.at(places)
        run = train(registry, make_training_set(places.training_sets), toy_config())
        make_training_set(places.training_sets, seed=8)
        promote_or_keep(registry, places.ledger, places.training_sets, run.run_id, "tester")
        yield made
        fsspec.filesystem("s3").clear_instance_cache()


def request(url, data=None, token=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    body = None if data is None else json.dumps(data).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
        return json.load(answer)


def run_dag(base, dag, token):
    """The state in which a DAG run ended that was triggered by REST."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        try:
            run = request(f"{base}/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": {}}, token)["dag_run_id"]
            break
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            time.sleep(1)
    url = f"{base}/api/v2/dags/{dag}/dagRuns/{quote(run)}"
    while (state := request(url, token=token)["state"]) not in {"success", "failed"} and time.monotonic() < deadline:
        time.sleep(1)
    return state


def test_each_role_opens_its_own_database_and_no_other(stack):
    for role in DATABASES:
        opened = []
        for database in DATABASES:
            url = stack.cluster.url(role).replace("+psycopg", "").rsplit("/", 1)[0] + f"/{database}"
            said = stack.cluster.psql("--dbname", url, "--command", "select 'in'", check=False)
            opened += [database] if said.strip() == "in" else []
        assert opened == [role]


def test_a_script_that_fails_logs_no_password(stack):
    said = stack.cluster.psql("--file", "ops/stack/databases.sql", check=False)
    assert 'role "airflow" already exists' in said
    assert not any(secret in said + stack.cluster.log() for secret in stack.secrets)


def test_the_pages_find_the_key_of_the_service_which_nobody_else_can_read(stack):
    path = stack.places.home / "airflow" / "serving_api_key"
    settings = OnCallSettings(serving_url="http://127.0.0.1:1", serving_key_file=path)
    assert service._key(settings) == {"Authorization": f"Bearer {KEY}"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_airflow_mlflow_and_the_service_run_on_it_and_a_dag_writes_to_the_store(stack, tmp_path):
    ports = {name: free_port() for name in ("AIRFLOW", "MLFLOW", "SERVING")}
    settings = {f"OPS_{name}_PORT": str(port) for name, port in ports.items()}
    settings |= {"OPS_SERVING_MODEL": "toy", "SERVING_API_KEY": KEY}
    # The others would start by themselves, each for its own reason.
    settings["AIRFLOW__CORE__DAGS_FOLDER"] = str(tmp_path)
    shutil.copy(REPOSITORY / "dags" / "compact_predictions.py", tmp_path)
    airflow, serving = (f"http://127.0.0.1:{ports[name]}" for name in ("AIRFLOW", "SERVING"))
    # A segment is compacted once it is finished: here, when the service has ended.
    try:
        up = stack.run("ops.up", "up", **settings)
        commands = [command_of(one) for one in psutil.Process().children(recursive=True)]
        record = json.loads((stack.places.home / "services.json").read_text())
        commands += [" ".join(psutil.Process(one["pid"]).cmdline()) for one in record.values()]
        answered = request(f"{serving}/v1/models/toy/predict", {"rows": [GOOD]}, settings["SERVING_API_KEY"])
        health = f"{airflow}/api/v2/monitor/health"
        unwell = [why_unhealthy(health, part) for part in ("scheduler", "dag_processor", "triggerer", "metadatabase")]
        service = psutil.Process(record["serving"]["pid"])
        service.terminate()
        token = request(f"{airflow}/auth/token", {"username": "admin", "password": ADMIN})["access_token"]
        psutil.wait_procs([service], timeout=60)
        state = run_dag(airflow, "compact_predictions", token)
    finally:
        stack.run("ops.up", "down", **settings)
    assert (answered["model"], answered["version"]) == ("toy", 1)
    assert unwell == [None] * 4
    assert state == "success"
    assert [name for name in fsspec.filesystem("s3").find("pipeline/prediction_parts") if name.endswith(".parquet")]
    logs = "".join(path.read_text(errors="replace") for path in stack.places.home.rglob("*.log"))
    for where in (up.stdout, up.stderr, logs, *commands):
        assert not any(secret in where for secret in stack.secrets)


def test_wiped_and_restored_every_training_set_and_model_has_its_hash(stack, tmp_path):
    places = stack.places
    before = {v: open_training_set(places.training_sets, "toy", v).id for v in versions(places.training_sets, "toy")}
    held, line = verify(places), ledger.champion(places.ledger, "toy")
    backup = tmp_path / "backup"
    said = stack.run("ops", "backup", "--to", str(backup))
    full = stack.run("ops", "restore", "--from", str(backup), check=False)
    assert (full.returncode, "restore.not_empty" in full.stderr) == (2, True)

    stack.wipe()
    damaged = tmp_path / "damaged"
    shutil.copytree(backup, damaged)
    dump = damaged / "databases" / "ledger.dump"
    dump.write_bytes(dump.read_bytes()[:-1] + bytes([dump.read_bytes()[-1] ^ 1]))
    refused = stack.run("ops", "restore", "--from", str(damaged), check=False)
    assert (refused.returncode, refused.stderr.splitlines()[-1].split(":")[0]) == (4, "publish.damaged")
    assert not fsspec.filesystem("s3").exists("pipeline")

    back = stack.run("ops", "restore", "--from", str(backup))
    assert verify(places) == held
    assert (held.folders["training_sets"], held.models) == (2, 1)
    now = {v: open_training_set(places.training_sets, "toy", v).id for v in versions(places.training_sets, "toy")}
    assert now == before
    assert ledger.champion(places.ledger, "toy") == line
    assert Registry.at(places).model_version("toy", 1).run_id == line.run_id
    assert int(stack.cluster.psql("--command", "select count(*) from dag_run", database="airflow")) >= 0
    for done in (said, full, refused, back):
        assert not any(secret in done.stdout + done.stderr for secret in stack.secrets)


def test_what_is_not_in_the_store_is_missing_and_no_outage(stack):
    registry = Registry.at(stack.places)
    run = registry.model_version("toy", 1).run_id
    for path in ("nothing.json", "verdicts/nothing.json"):
        with pytest.raises(Missing):
            registry.artefact(run, path)


def test_files_of_a_run_are_fetched_into_the_cache_and_nothing_is_left_elsewhere(stack, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    registry, cache = Registry.at(stack.places), Path(stack.environ["XDG_CACHE_HOME"]) / "shipshape"
    record = registry.model_version("toy", 1)
    for _ in range(2):
        paths = {registry.artefact(record.run_id, name) for name in (MODEL, CATEGORIES, "training_set.json")}
        assert cache / record.model_sha256 / "model.ubj" in paths
        assert {path.parent.parent for path in paths} == {cache}
    assert [path for path in tmp_path.iterdir() if path.suffix != ".lock"] == []
    assert not [path for path in cache.iterdir() if path.name.startswith(".") and path.is_dir()]


def test_a_model_damaged_in_the_store_is_named(stack):
    store = fsspec.filesystem("s3")
    [model] = [name for name in store.find("pipeline/mlflow") if name.endswith("model.ubj")]
    whole = store.cat_file(model)
    try:
        store.pipe_file(model, whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        said = stack.run("ops", "verify", check=False)
        assert (said.returncode, said.stderr.splitlines()[-1].split(":")[0]) == (4, "registry.damaged")
    finally:
        store.pipe_file(model, whole)


@pytest.mark.parametrize(
    "command",
    [
        ("ops", "verify"),
        ("ops", "backup", "--to", "{}/backup"),
        ("ops", "restore", "--from", "{}/kept"),
        ("serving", "run", "--model", "toy", "--champion"),
    ],
)
def test_a_store_that_is_down_is_an_outage_and_no_traceback(stack, command, tmp_path):
    if "restore" in command:
        stack.run("ops", "backup", "--to", str(tmp_path / "kept"))
    # A service that has the champion's files in its cache, by their sha256, asks no store for them.
    empty = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    down = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "AWS_MAX_ATTEMPTS": "1", **empty}
    said = stack.run(*(part.format(tmp_path) for part in command), check=False, **down)
    assert (said.returncode, said.stderr.splitlines()[-1].split(":")[0]) == (4, "place.unreachable")
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "backup").exists()
