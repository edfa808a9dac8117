"""What the pages say of the service follows from what it says itself, and so does what they advise to run."""

import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from artifacts import ledger
from plugins.on_call.settings import OnCallSettings
from serving.app import create_app as create_service
from serving.settings import ServingSettings
from tests.plugins.test_model_page import part
from tests.serving.world import served

KEY = "ON_CALL_SERVING_KEY_FILE"


@pytest.fixture
def mine(home, tmp_path):
    """The home with a ledger of its own, and where that lies."""
    file = tmp_path / "ledger.db"
    shutil.copy(home[0].ledger.removeprefix("sqlite:///"), file)
    return home[0].model_copy(update={"ledger": f"sqlite:///{file}", "predictions": tmp_path / "log"}), file


def asking(client):
    return OnCallSettings(serving_url=str(client.base_url), timeout_seconds=0.5, patience_seconds=60)


def test_of_a_service_whose_ledger_is_damaged_neither_a_restart_nor_a_key_is_advised(opened, mine):
    places, file = mine
    with served(create_service(ServingSettings(poll_seconds=2), places, "toy")) as client:
        file.write_bytes(b"no database" + file.read_bytes())
        page = opened(places, asking(client)).get("/on-call/models/toy").text
    assert re.search(
        r"it is (ready|degraded.*), with toy version 1, so predictions are answered", part(page, "serving")
    )
    assert "503, ledger.damaged" in part(page, "serving") and "on_call.service_cannot_tell" in part(page, "glance")
    assert "ops.up serving" not in page and KEY not in page


def test_of_a_service_that_answers_predictions_but_waits_for_the_ledger_no_restart_is_advised(opened, home, mine):
    places, file = mine
    service = create_service(ServingSettings(poll_seconds=2), places, "toy")
    with served(service) as client, closing(sqlite3.connect(file, isolation_level=None)) as locking:
        locking.execute("BEGIN EXCLUSIVE")
        # The pages' own ledger is another, so that only the service waits.
        page = opened(home[0], asking(client)).get("/on-call/models/toy").text
        locking.execute("ROLLBACK")
    assert "so predictions are answered; of itself it tells nothing: TimeoutError" in part(page, "serving")
    assert "Leave the service alone" in part(page, "glance")
    assert '<code class="command">python -m training history --model toy</code>' in page
    assert "ops.up serving" not in page


def test_a_service_of_another_model_is_no_fault(opened, mine):
    places, _ = mine
    line = ledger.champion(places.ledger, "toy")
    told = {"expected": None, "decided_at": line.decided_at, "decided_by": "Ada", "reason": "So."}
    ledger.promote(places.ledger, model="twin", version=1, run_id=line.run_id, **told)
    with served(create_service(ServingSettings(poll_seconds=2), places, "toy")) as client:
        page = opened(places, asking(client)).get("/on-call/models/twin").text
    assert "No service that is known here serves twin" in part(page, "serving")
    assert "another model is served" in part(page, "glance")
    assert "not known" not in part(page, "glance").partition("Drift")[0]
    assert "no fault" not in part(page, "glance")
    assert KEY not in page and "on_call.service_refuses" not in page
