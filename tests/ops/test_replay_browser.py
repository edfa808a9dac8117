"""The runs of a replay, in the Airflow that `make up` starts over its home, clicked through in a real browser."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from artifacts.places import REPOSITORY
from tests.plugins.browser import FRAME, browser
from tests.ports import free_port

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def airflow(replayed):
    """What `make up` told: where Airflow is, and its password; all of it is ended afterwards."""
    ports = {f"OPS_{name}_PORT": str(free_port()) for name in ("AIRFLOW", "MLFLOW", "SERVING")}
    environ = {**replayed.environ, **ports, "OPS_SERVING_MODEL": "toy", "ON_CALL_PATIENCE_SECONDS": "60"}
    command = [sys.executable, "-m", "ops.up"]
    try:
        said = subprocess.run(
            [*command, "up", "--json"], cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stderr[-4000:]
        told = json.loads(said.stdout.splitlines()[-1])
        password = json.loads(Path(told["password_file"]).read_text())["admin"]
        yield told["airflow"], password
    finally:
        subprocess.run([*command, "down"], cwd=REPOSITORY, env=environ, check=True, capture_output=True)


def first_red(url, password):
    """The id of the DAG run of watch_drift that failed first: that of the replay's first week."""

    def ask(path, body=None, **head):
        asked = urllib.request.Request(f"{url}/{path}", body, {"content-type": "application/json", **head})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    login = json.dumps({"username": "admin", "password": password}).encode()
    token = ask("auth/token", login)["access_token"]
    path = "api/v2/dags/watch_drift/dagRuns?state=failed&order_by=run_after&limit=1"
    return ask(path, authorization=f"Bearer {token}")["dag_runs"][0]["dag_run_id"]


def log_in(tab, url, password):
    tab.open(url)
    for name, told in (("username", "admin"), ("password", password)):
        tab.until(f"!!document.querySelector('input[name={name}]')")
        tab.value(f"document.querySelector('input[name={name}]').focus()")
        tab.type(told)
    tab.press("Enter")
    tab.until("!location.pathname.includes('login') && !!document.querySelector('a[href]')")


def click(tab, ends):
    """Click the link of Airflow's page that ends so."""
    found = f"[...document.querySelectorAll('a')].find(one => one.href.endsWith('{ends}'))"
    tab.until(f"!!{found}")
    tab.value(f"{found}.click()")


def test_the_first_week_is_told_and_leads_to_the_model_and_its_versions(airflow, replayed, tmp_path):
    url, password = airflow
    kept = Path(os.environ.get("TEST_SCREENSHOTS") or tmp_path)
    kept.mkdir(parents=True, exist_ok=True)
    run = f"{url}/dags/watch_drift/runs/{quote(first_red(url, password), safe='')}"
    with browser(tmp_path / "profile") as tab:
        tab.resize(1280, 800)
        log_in(tab, url, password)
        tab.open(run)
        click(tab, "plugin/run-story")
        tab.until(f"{FRAME}.body.innerText.includes('could not be judged')")
        tab.picture(kept / "replay-run.png")
        tab.open(f"{run}/tasks/conclude")
        click(tab, "plugin/task-story")
        tab.until(f"{FRAME}.body.innerText.includes('could not be judged')")
        tab.picture(kept / "replay-task.png")
        tab.open(f"{url}/plugin/models")
        tab.until(f"{FRAME}.body.innerText.includes('How fresh everything is')")
        tab.picture(kept / "replay-model.png")
        assert tab.value(f"{FRAME}.querySelector('#alerts').innerText.includes('1 past')")
        tab.value(f"{FRAME}.querySelector('#champion a').click()")
        tab.until(f"{FRAME}.querySelector('h1').innerText === 'toy version 2'")
        tab.value(f"[...{FRAME}.querySelectorAll('a')].find(one => one.href.includes('/training-sets/')).click()")
        tab.until(f"{FRAME}.querySelector('h1').innerText.includes('{replayed.training_set}')")
        tab.picture(kept / "replay-training-set.png")
        tab.open(replayed.page.as_uri())
        tab.until("document.body.innerText.includes('version 1')")
        assert tab.value("document.documentElement.scrollWidth <= 1280")
        tab.picture(kept / "replay-story.png")
        tab.value("[...document.querySelectorAll('a[href*=\"/reports/toy/\"]')].at(-1).click()")
        tab.until("document.body.innerText.includes('The score and its calibration')")
        assert tab.value("document.documentElement.scrollWidth <= 1280")
        tab.picture(kept / "replay-report.png")
        assert [one for one in tab.said if "on-call" in one and '"error"' in one] == []
