"""The pages in Airflow's own UI, in a real browser, against the api-server that `make up` starts."""

import json
import os
import urllib.request
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY
from tests.plugins.airflow_ui import airflow_ui
from tests.plugins.browser import FRAME, browser

pytestmark = pytest.mark.slow

SIZES = ((1280, 800), (1920, 1080))


@pytest.fixture(scope="module")
def airflow(home):
    """The address of the UI over the small home, and a token."""
    with airflow_ui(home[0], REPOSITORY / "dags" / "train_candidate.py") as ui:
        yield ui


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


def test_a_task_is_cleared_as_the_story_of_a_failure_says(airflow):
    url, token = airflow

    def post(path, **body):
        head = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        asked = urllib.request.Request(f"{url}/api/v2/dags/train_candidate/{path}", json.dumps(body).encode(), head)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    run = post("dagRuns", logical_date=None)["dag_run_id"]
    cleared = post("clearTaskInstances", dag_run_id=run, task_ids=["choose"], dry_run=False, only_failed=False)
    assert [one["task_id"] for one in cleared["task_instances"]] == ["choose"]
