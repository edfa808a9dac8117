"""Faults of a service that runs: each is planted, named by its code, and gone after what its section says to run."""

import ctypes
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from serving.app import create_app
from serving.settings import ServingSettings
from tests.docs import runbook
from tests.docs.serving_reader import Reader, answers, reader
from tests.serving.conftest import shared, trained, world
from tests.serving.process import started
from tests.serving.test_refusals import _half_a_request, _in_flight
from tests.serving.test_scores import features
from tests.serving.world import GOOD, MODEL, World, ask, json_rows, served, serving, wait_for

__all__ = ["reader", "shared", "trained", "world"]

pytestmark = pytest.mark.slow

SERVE = "python -m serving run --model MODEL"


def refusal(client: httpx.Client) -> str:
    told = ask(client, GOOD)
    return str(told.json().get("error", told.status_code))


def test_a_log_that_is_no_folder_is_told_by_the_command_and_once_it_is_one_the_service_answers(
    reader: Reader,
) -> None:
    log = reader.world.places.predictions
    log.write_text("a file where the log's folder should be")
    with serving(reader.world) as client:
        assert refusal(client) == "log.unwritable"
        reader.mends_the_log("log.unwritable", log, client)


def test_a_log_without_room_is_compacted_but_for_what_is_written_and_answers_once_there_is_room(
    reader: Reader, tmp_path: Path
) -> None:
    with started(reader.world, tmp_path / "out") as running:
        process = psutil.Process(running.process.pid)
        process.rlimit(psutil.RLIMIT_FSIZE, (20_000, psutil.RLIM_INFINITY))
        wait_for(lambda: refusal(running.client) == "log.no_room")
        [(ended, said)] = reader.follows("log.no_room")
        assert (ended, "new parts" in said) == (0, True), said
        # What the section calls a sign that room has to come from elsewhere.
        [(ended, said)] = reader.follows("log.no_room")
        assert (ended, "0 predictions in 0 new parts" in said) == (0, True), said
        process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
        wait_for(lambda: running.client.get("/health/ready").status_code == 200)
        answers(running.client)


def test_a_process_that_is_ending_takes_nothing_and_another_is_started(reader: Reader) -> None:
    app = create_app(ServingSettings(), reader.world.places, MODEL)
    with served(app) as client:
        app.state.service.log.close()
        assert refusal(client) == "log.closed"
    [command] = runbook.section("log.closed").commands
    assert reader.serves(command, answers)[0] == 0


def fails(client: httpx.Client) -> None:
    """The thread that writes the log ends by what nobody foresaw, once the next answer is handed to it."""
    answers(client)
    [writer] = [one for one in threading.enumerate() if one.name == "prediction-log"]
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(writer.ident or 0), ctypes.py_object(MemoryError))
    assert refusal(client) == "log.ended"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_service_whose_writer_has_failed_ends_by_itself_and_is_started_again(reader: Reader) -> None:
    ended, said = reader.serves(SERVE, fails)
    assert (ended, "log.ended: " in said) == (4, True), said
    [command] = runbook.section("log.ended").commands
    assert reader.serves(command, answers)[0] == 0


def test_what_one_worker_is_too_few_or_too_slow_for_is_answered_by_two(reader: Reader, tmp_path: Path) -> None:
    large = json_rows(reader.world.training_set, features(reader.world), 1000)
    with serving(reader.world, max_in_flight=1) as client, httpx.Client(base_url=client.base_url) as other:
        held = _half_a_request(client)
        wait_for(lambda: _in_flight(other) == 1)
        assert refusal(other) == "request.too_many"
        held.close()
    with serving(reader.world, timeout_seconds=0.02) as client:
        wait_for(lambda: ask(client, *large).json().get("error") == "request.too_slow")
    commands = {one for code in ("request.too_many", "request.too_slow") for one in runbook.section(code).commands}
    [command] = commands
    words = runbook.parse(runbook.filled(command, reader.values))[1]
    assert words[:3] == ["run", "--model", MODEL]
    with started(reader.world, tmp_path / "out", *words[3:]) as running:
        assert ask(running.client, *large).status_code == 200
        assert len(running.workers()) == 2


def test_what_nobody_foresaw_is_told_with_a_traceback_in_the_log_and_the_service_answers_on(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(ServingSettings(poll_seconds=2), world.places, MODEL)
    with served(app) as client:
        live = app.state.service.live
        whole, live.current = live.current, None
        assert refusal(client) == "http.500"
        live.current = whole
        # What raised has cost the first caller's connection.
        with httpx.Client(base_url=client.base_url, timeout=60) as another:
            answers(another)
    assert "AttributeError: 'NoneType' object has no attribute" in capsys.readouterr().err
