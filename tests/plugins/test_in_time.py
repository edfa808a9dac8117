"""A source that hangs costs no page more than its patience."""

import fcntl
import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from artifacts import ledger
from artifacts.findings import list_findings
from artifacts.manifest import MANIFEST
from plugins.on_call.settings import OnCallSettings
from tests.plugins.test_became import own_mlflow
from tests.plugins.test_model_page import part
from tests.plugins.test_run_page import PATH, failed

__all__ = ["failed"]
SHORT = OnCallSettings(patience_seconds=1)


@pytest.mark.parametrize("path", ["/on-call/models", "/on-call/models/toy", "/on-call/models/nope", PATH])
def test_a_locked_ledger_costs_a_page_its_patience_and_no_more(opened, home, failed, tmp_path, path):
    file = tmp_path / "locked.db"
    shutil.copy(home[0].ledger.removeprefix("sqlite:///"), file)
    places = (failed if path == PATH else home[0]).model_copy(update={"ledger": f"sqlite:///{file}"})
    # The first page loads MLflow's client, for which it has longer.
    opened(home[0], OnCallSettings(patience_seconds=60)).get("/on-call/models/toy")
    with closing(sqlite3.connect(file, isolation_level=None)) as locking:
        locking.execute("BEGIN EXCLUSIVE")
        begin = time.monotonic()
        page = opened(places, SHORT).get(path)
        took = time.monotonic() - begin
        locking.execute("ROLLBACK")
    assert (page.status_code, took < 8) == (200, True), took
    assert "on_call.slow" in page.text or "ledger.unavailable" in page.text
    assert path != PATH or "build said no" in part(page.text, "verdict")


def test_an_mlflow_that_hangs_leaves_champion_service_drift_and_alerts_at_a_glance(opened, home, tmp_path):
    places = home[0].model_copy(update=own_mlflow(home[0], tmp_path))
    opened(places, OnCallSettings(patience_seconds=60)).get("/on-call/models/toy")
    with closing(sqlite3.connect(places.mlflow.removeprefix("sqlite:///"), isolation_level=None)) as locking:
        locking.execute("BEGIN EXCLUSIVE")
        glance = part(opened(places, SHORT).get("/on-call/models/toy").text, "glance")
        locking.execute("ROLLBACK")
    assert "on_call.slow" in glance
    assert f"MLflow at {places.mlflow} does not answer: it is down, slow, or its database is locked." in glance
    assert "Champion version 1 since" in glance and "in the newest window" in glance and "open" in glance, glance


def test_an_mlflow_that_hangs_leaves_on_the_page_of_a_dag_run_what_serves(failed, opened, home, tmp_path):
    mine = own_mlflow(home[0], tmp_path) | {"ledger": home[0].ledger}
    places = failed.model_copy(update=mine)
    opened(places, OnCallSettings(patience_seconds=60)).get(PATH)
    with closing(sqlite3.connect(places.mlflow.removeprefix("sqlite:///"), isolation_level=None)) as locking:
        locking.execute("BEGIN EXCLUSIVE")
        serves = part(opened(places, SHORT).get(PATH).text, "serves")
        locking.execute("ROLLBACK")
    assert "toy: version 1 is champion since" in serves and "on_call.slow" in serves


@contextmanager
def hanging(folder, manifest):
    """A copy of a published folder whose manifest says nothing to whoever reads it, until the end or for 10 s."""
    shutil.copytree(manifest.parent, folder)
    own = folder / MANIFEST
    own.unlink()
    os.mkfifo(own)

    def let_go():
        # Those who wait read its end, and who comes later the file.
        opened_too = os.open(own, os.O_RDWR)
        shutil.copy(manifest, folder / "whole")
        (folder / "whole").replace(own)
        os.close(opened_too)

    with until_ten_seconds(let_go):
        yield


@contextmanager
def until_ten_seconds(let_go):
    """So that a page without patience is late, and does not keep the tests for ever."""
    timer = threading.Timer(10, let_go)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        let_go()


def timed(client, path):
    begin = time.monotonic()
    answer = client.get(f"/on-call/{path}")
    return answer, time.monotonic() - begin


def test_findings_in_a_place_that_hangs_cost_their_page_its_patience_and_no_more(opened, home, tmp_path):
    identity = list_findings(home[0].findings, "toy")[-1]
    opened(home[0], OnCallSettings(patience_seconds=60)).get("/on-call/models/toy")
    with hanging(tmp_path / identity, Path(home[0].findings) / identity / MANIFEST):
        client = opened(home[0].model_copy(update={"findings": str(tmp_path)}), SHORT)
        page, took = timed(client, f"models/{identity.replace('/', '/findings/')}")
    assert ("on_call.slow" in part(page.text, "found"), page.status_code, took < 8) == (True, 200, True), took


def test_data_docs_in_a_place_that_hangs_cost_their_page_its_patience_and_no_more(opened, home, tmp_path):
    identity = home[1].training_set
    opened(home[0], OnCallSettings(patience_seconds=60)).get("/on-call/models/toy")
    with hanging(tmp_path / identity, Path(home[0].training_sets) / identity / MANIFEST):
        client = opened(home[0].model_copy(update={"training_sets": str(tmp_path)}), SHORT)
        page, took = timed(client, f"training-sets/{identity}/docs/index.html")
    assert ("on_call.slow" in page.text, page.status_code, took < 8) == (True, 503, True), took


def test_a_log_that_hangs_costs_the_page_of_a_prediction_its_patience_and_no_more(opened, home, tmp_path):
    opened(home[0], OnCallSettings(patience_seconds=60)).get("/on-call/models/toy")
    client = opened(home[0].model_copy(update={"predictions": tmp_path}), SHORT)
    with (tmp_path / ".readers").open("w") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        with until_ten_seconds(lambda: fcntl.flock(locked, fcntl.LOCK_UN)):
            page, took = timed(client, f"models/toy/predictions?id={'0' * 32}&day=2026-03-14")
    assert ("on_call.slow" in page.text, page.status_code, took < 8) == (True, 503, True), took


def test_an_mlflow_that_hangs_costs_the_page_of_its_run_its_patience_and_no_more(opened, home, tmp_path):
    places = home[0].model_copy(update=own_mlflow(home[0], tmp_path))
    run_id = ledger.champion(places.ledger, "toy").run_id
    opened(places, OnCallSettings(patience_seconds=60)).get("/on-call/models/toy")
    with closing(sqlite3.connect(places.mlflow.removeprefix("sqlite:///"), isolation_level=None)) as locking:
        locking.execute("BEGIN EXCLUSIVE")
        page, took = timed(opened(places, SHORT), f"mlflow-runs/{run_id}")
        locking.execute("ROLLBACK")
    assert ("on_call.slow" in part(page.text, "record"), page.status_code, took < 8) == (True, 200, True), took
