"""What `make up` starts is ended whole, also when its first process is gone, and nobody else's process ever is."""

import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import psutil
import pytest

from artifacts.errors import Unavailable
from artifacts.places import read_places
from ops import services
from ops.services import alive, log_of, record, running, start, stop_all, wait_until_healthy
from ops.sessions import began, lives
from tests.processes import command_of

# A parent whose child does not end with it, and whose grandchild minds no SIGTERM.
STUBBORN = "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
CHILD = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]); time.sleep(600)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {CHILD!r}]); time.sleep(600)"


@pytest.fixture
def places(tmp_path):
    return read_places({"PIPELINE_HOME": str(tmp_path)})


def until(told):
    deadline = time.monotonic() + 60
    while not told() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert told()


def tree(places):
    """The three processes of a service, first the one that was started."""
    start(places, dict(os.environ), {"tree": ["python", "-c", PARENT]})
    until(lambda: "deaf" in log_of(places, "tree").read_text())
    first = alive(places)["tree"]
    family = [first, *first.children(recursive=True)]
    assert len(family) == 3
    return family


def test_down_ends_children_whose_parent_has_died_and_only_then_forgets_them(places, monkeypatch):
    monkeypatch.setattr("ops.sessions.ENDED_WITHIN_SECONDS", 1)
    first, *others = tree(places)
    first.kill()
    until(lambda: not lives(first))
    assert (alive(places), running(places)) == ({}, ["tree"])
    assert stop_all(places) == ["tree"]
    assert [one for one in others if lives(one)] == []
    assert not record(places).exists()


def test_down_ends_a_tree_whose_parent_ends_at_once_and_leaves_its_children(places, monkeypatch):
    monkeypatch.setattr("ops.sessions.ENDED_WITHIN_SECONDS", 1)
    family = tree(places)
    assert stop_all(places) == ["tree"]
    assert [one for one in family if lives(one)] == []


@pytest.mark.parametrize("is_our_log", [True, False])
def test_a_session_without_its_first_process_is_ours_only_if_it_writes_to_our_log(places, is_our_log, tmp_path):
    ours, theirs = log_of(places, "daemon"), tmp_path / "their.log"
    theirs.touch()
    with ours.open("wb") as out:
        leader = subprocess.Popen(["sh", "-c", "sleep 600 & echo $!; exec 1>&2"], stdout=subprocess.PIPE, stderr=out,
                                  start_new_session=True, text=True)  # fmt: skip
        with leader.stdout as said:
            left = psutil.Process(int(said.readline()))
        leader.wait()
    there = (ours if is_our_log else theirs).stat()
    told = {"pid": leader.pid, "began": "1 since boot x", "log": [there.st_dev, there.st_ino]}
    record(places).write_text(json.dumps({"daemon": told}))
    try:
        assert stop_all(places) == (["daemon"] if is_our_log else [])
        assert lives(left) != is_our_log
    finally:
        if lives(left):
            left.kill()


def test_a_program_that_cannot_be_recorded_is_not_left_running(places, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(services, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        start(places, dict(os.environ), {"lost": ["python", "-c", "import time; time.sleep(600)"]})
    assert not any("time.sleep(600)" in command_of(one) for one in psutil.Process().children())


def test_a_process_that_ended_and_was_not_waited_for_has_no_command_line():
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert command_of(psutil.Process(ended.pid)) == ""


@pytest.mark.parametrize("said", [b"<html>", b"[]", b'{"scheduler": 3}', b"{}"])
def test_whoever_answers_nonsense_is_not_healthy(places, monkeypatch, said):
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            """Nothing."""

    monkeypatch.setattr(services, "HEALTHY_WITHIN_SECONDS", 0.2)
    process = psutil.Process()
    record(places).write_text(json.dumps({"api": {"pid": process.pid, "began": began(process.pid)}}))
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with pytest.raises(Unavailable) as refused:
                wait_until_healthy(places, "api", f"http://127.0.0.1:{server.server_port}/", {"scheduler"})
        finally:
            server.shutdown()
            thread.join()
    assert refused.value.code == "up.unhealthy"
