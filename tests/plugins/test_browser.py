"""The pages in Airflow's own UI, in a real browser, against the api-server that `make up` starts."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY
from ops.airflow_home import airflow_environment
from ops.services import start, stop_all, wait_until_healthy
from ops.up import api_at
from tests.plugins.browser import FRAME, browser

pytestmark = pytest.mark.slow

# What the DAG processor does beside: the UI shows tabs of a DAG that it knows.
PREPARES = """
from artifacts.places import REPOSITORY
from ops.airflow_home import enter_airflow
enter_airflow()
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
DagBundlesManager().sync_bundles_to_db()
file = str(REPOSITORY / "dags" / "train_candidate.py")
bag = BundleDagBag(dag_folder=file, bundle_path=REPOSITORY / "dags", bundle_name="dags-folder")
sync_bag_to_db(bag, "dags-folder", None)
"""
SIZES = ((1280, 800), (1920, 1080))


@pytest.fixture(scope="module")
def airflow(home):
    """The address of the UI over the small home, and a token."""
    places, _ = home
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    patience = {"ON_CALL_PATIENCE_SECONDS": "60"}
    airflow_home = {"AIRFLOW_HOME": str(places.home / "airflow"), "PIPELINE_HOME": str(places.home)}
    environ = {**ours, **airflow_environment(places), **airflow_home, **patience, **api_at(url)}
    environ |= {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{places.home}/airflow/airflow.db"}
    environ["PYTHONPATH"] = str(REPOSITORY)
    subprocess.run([sys.executable, "-c", PREPARES], env=environ, cwd=REPOSITORY, check=True, capture_output=True)
    try:
        start(places, environ, {"api-server": ["airflow", "api-server"]})
        wait_until_healthy(places, "api-server", f"{url}/api/v2/monitor/health", {"metadatabase"})
        passwords = places.home / "airflow" / "simple_auth_manager_passwords.json.generated"
        login = {"username": "admin", "password": json.loads(passwords.read_text())["admin"]}
        asked = urllib.request.Request(
            f"{url}/auth/token", json.dumps(login).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            yield url, json.load(answer)["access_token"]
    finally:
        stop_all(places)


def shade(tab):
    """How bright the page in the frame is, from 0 to 255."""
    colour = f"{FRAME}.defaultView.getComputedStyle({FRAME}.body).backgroundColor"
    return tab.value(f"{colour}.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 3")


def test_the_pages_are_opened_and_clicked_through_in_both_themes_and_widths(airflow, tmp_path):
    url, token = airflow
    kept = Path(os.environ.get("TEST_SCREENSHOTS") or tmp_path)
    kept.mkdir(parents=True, exist_ok=True)
    with browser(tmp_path / "profile") as tab:
        tab.resize(*SIZES[0])
        tab.open(f"{url}/on-call/models")
        tab.until('document.body.innerText.includes("Airflow\'s login")')
        tab.send("Network.setCookie", name="_token", value=token, url=url)
        tab.said.clear()
        tab.open(f"{url}/plugin/models")
        tab.until(f"{FRAME}.body.innerText.includes('At a glance')")
        for theme in ("light", "dark"):
            tab.value(f"localStorage.setItem('theme', '{theme}')")
            tab.send("Page.reload")
            for width, height in SIZES:
                tab.resize(width, height)
                tab.until(f"{FRAME}.documentElement.dataset.theme === '{theme}'")
                tab.until(f"{FRAME}.body.innerText.includes('How fresh everything is')")
                assert (shade(tab) > 200) == (theme == "light"), theme
                assert tab.value(f"{FRAME}.documentElement.scrollWidth <= {FRAME}.documentElement.clientWidth"), width
                tab.picture(kept / f"model-{theme}-{width}.png")
                tab.value(f"{FRAME}.querySelector('#drift').scrollIntoView()")
                tab.picture(kept / f"drift-{theme}-{width}.png")
                tab.value(f"{FRAME}.defaultView.scrollTo(0, 0)")
        tab.value("document.documentElement.className = 'light'")
        tab.until(f"{FRAME}.documentElement.dataset.theme === 'light'")
        assert shade(tab) > 200

        tab.value(f"{FRAME}.querySelector('#champion a').click()")
        tab.until(f"{FRAME}.querySelector('h1').innerText === 'toy version 1'")
        tab.until("location.pathname.endsWith('/on-call/models/toy/versions/1')")
        tab.until(f"{FRAME}.body.innerText.includes('promote against no champion')")
        tab.picture(kept / "version.png")

        tab.value(f"{FRAME}.defaultView.focus()")
        tab.press("Tab")
        assert tab.value(f"{FRAME}.activeElement.innerText") == "Models"
        tab.press("Tab")
        assert tab.value(f"{FRAME}.activeElement.innerText") == "toy"
        assert tab.value(f"{FRAME}.defaultView.getComputedStyle({FRAME}.activeElement).outlineStyle") == "solid"
        tab.press("Enter")
        tab.until(f"{FRAME}.querySelector('h1').innerText === 'toy'")

        tab.open(f"{url}/dags/train_candidate")
        tab.until("[...document.querySelectorAll('a')].some(one => one.href.endsWith('plugin/models-of-dag'))")
        tab.value("[...document.querySelectorAll('a')].find(one => one.href.endsWith('plugin/models-of-dag')).click()")
        tab.until(f"{FRAME}.body.innerText.includes('At a glance')")
        tab.picture(kept / "dag-tab.png")
        assert [one for one in tab.said if '"error"' in one and "on-call" in one] == []
