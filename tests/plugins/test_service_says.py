"""What the pages say of the service follows from what it says itself, and so does what they advise to run."""

import json
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from artifacts import ledger
from artifacts.run_evidence import TaskEvidence, TaskName, keep_task
from plugins.on_call.settings import OnCallSettings
from serving.app import create_app as create_service
from serving.settings import ServingSettings
from tests.plugins.test_became import own_mlflow
from tests.plugins.test_model_page import part
from tests.plugins.test_run_page import AT, PATH, RUN, failed
from tests.serving.world import served

__all__ = ["failed"]
KEY = "ON_CALL_SERVING_KEY_FILE"


@pytest.fixture
def mine(home, tmp_path):
    """The home with a ledger of its own, and where that lies."""
    file = tmp_path / "ledger.db"
    shutil.copy(home[0].ledger.removeprefix("sqlite:///"), file)
    return home[0].model_copy(update={"ledger": f"sqlite:///{file}", "predictions": tmp_path / "log"}), file


def asking(client):
    return OnCallSettings(serving_url=str(client.base_url), timeout_seconds=10, patience_seconds=60)


def test_of_a_service_whose_ledger_is_damaged_neither_a_restart_nor_a_key_is_advised(opened, mine):
    places, file = mine
    with served(create_service(ServingSettings(poll_seconds=2), places, "toy")) as client:
        file.write_bytes(b"no database" + file.read_bytes())
        page = opened(places, asking(client)).get("/on-call/models/toy").text
    assert "It tells this from memory, since it could not be told: ledger.damaged" in part(page, "serving")
    assert "ops.up serving" not in page and KEY not in page


class Older(BaseHTTPRequestHandler):
    """A service of before, which told nothing of itself while the ledger did not answer it."""

    def do_GET(self):
        is_ready = self.path == "/health/ready"
        ready = {"status": "ready", "model": "toy", "version": 1}
        self.send_response(200 if is_ready else 503)
        self.end_headers()
        self.wfile.write(json.dumps(ready if is_ready else {"error": "ledger.unavailable"}).encode())

    def log_message(self, *_):
        pass


def test_of_a_service_that_answers_predictions_and_tells_nothing_of_itself_no_restart_is_advised(opened, home):
    with ThreadingHTTPServer(("127.0.0.1", 0), Older) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        settings = OnCallSettings(serving_url=url, timeout_seconds=10, patience_seconds=60)
        page = opened(home[0], settings).get("/on-call/models/toy").text
        server.shutdown()
    assert "so predictions are answered; of itself it tells nothing: 503, ledger.unavailable" in part(page, "serving")
    assert "Leave the service alone" in part(page, "glance")
    assert '<code class="command">python -m training history --model toy</code>' in page
    assert "ops.up serving" not in page and KEY not in page


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


def test_a_model_that_never_had_a_champion_may_be_served_by_its_number_without_an_alarm(failed, opened, home, tmp_path):
    from mlflow import MlflowClient

    places = failed.model_copy(update=own_mlflow(home[0], tmp_path))
    MlflowClient(places.mlflow).delete_registered_model_alias("toy", "champion")
    noted = {"trained": {"run_id": "a" * 32, "model": "toy", "version": 1}}
    name = TaskName("build_training_set", RUN, "train")
    keep_task(places.home, TaskEvidence(name, "passed", AT, AT, notes=noted))
    with served(create_service(ServingSettings(), places, "toy", 1)) as client:
        pages = opened(places, asking(client))
        said, shown = part(pages.get(PATH).text, "serves"), part(pages.get("/on-call/models/toy").text, "glance")
    assert "toy: no version was promoted yet" in said and "The service answers with version 1." in said
    assert "version 1 ? by its number: the model has no champion" in shown and "✓ the champion" not in shown
