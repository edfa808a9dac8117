"""A source that hangs costs no page more than its patience."""

import shutil
import sqlite3
import time
from contextlib import closing

import pytest

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
