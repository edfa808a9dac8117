"""A home has one at a time who runs its DAGs or starts its services: whoever comes meanwhile is told who that is."""

import socket
import subprocess
import sys
from datetime import datetime

import pytest

from artifacts import ledger
from artifacts.errors import BadInput
from artifacts.places import REPOSITORY, read_places
from ops import run, up
from ops.at_work import at_work
from ops.replay.run import build_parser
from ops.services import start, stop_all

HOLDS = """
import sys, time
from artifacts.places import read_places
from ops.at_work import at_work
with at_work(read_places(), "make run"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Of an empty home, which the environment names, and in which neither verb would come far."""
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INGESTION_NYCFLIGHTS13_FOLDER", str(tmp_path / "nowhere"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("OPS_AIRFLOW_PORT", str(taken.getsockname()[1]))
        yield read_places()


@pytest.fixture
def services(places):
    """A process that stands for what `make up` started."""
    start(places, {}, {"scheduler": ["python", "-c", "import time; time.sleep(600)"]})
    yield places
    stop_all(places)


@pytest.fixture
def holder(places):
    """The id of a process that is at work in the home; it is killed."""
    with subprocess.Popen([sys.executable, "-c", HOLDS], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_make_run_refuses_while_services_of_the_home_are_up(services):
    with pytest.raises(BadInput, match=r"scheduler are up; none may be\. Run: make down") as refused:
        run.replay(None)
    assert refused.value.code == "run.services_up"


@pytest.mark.parametrize(
    ("given", "verb"),
    [([], "make replay"), (["--until", "2013-11-15"], 'make replay ARGS="--until 2013-11-15"')],
)
def test_make_replay_refuses_while_services_of_the_home_are_up_by_the_name_that_it_was_called(services, given, verb):
    about = {"decided_at": datetime(2013, 11, 1), "decided_by": "tester", "reason": "for the test", "expected": None}
    ledger.promote(services.ledger, model="late_arrival", version=1, run_id="0" * 32, **about)
    with pytest.raises(BadInput, match=f"^{verb} runs the DAGs") as refused:
        arguments = build_parser().parse_args(given)
        arguments.verb(arguments)
    assert refused.value.code == "run.services_up"


def test_a_home_that_is_no_folder_is_told_as_that(tmp_path):
    (tmp_path / "home").write_text("a file")
    for home in (tmp_path / "home", tmp_path / "home" / "below"):
        with (
            pytest.raises(BadInput, match="is no place to keep anything") as refused,
            at_work(read_places({"PIPELINE_HOME": str(home)}), "make run"),
        ):
            pass
        assert refused.value.code == "place.invalid"


@pytest.mark.parametrize(
    ("verb", "act"), [("make run", run.replay), ("make up", up.up), ("python -m ops.up serving", up.serving)]
)
def test_whoever_comes_while_make_run_is_at_work_is_told_so_and_may_once_it_was_killed(places, holder, verb, act):
    with pytest.raises(BadInput, match=rf"make run \(process {holder.pid}\) is at work .* then run: {verb}") as refused:
        act(None)
    assert refused.value.code == "home.in_use"
    holder.kill()
    holder.wait()
    with at_work(places, verb):
        pass
