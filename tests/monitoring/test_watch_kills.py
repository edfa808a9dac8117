"""Whatever kills a day of monitoring, once it is done again no alert is lost and none is told under two keys."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from artifacts import alerts
from artifacts.places import REPOSITORY, read_places
from tests.monitoring.receivers import Posts, running
from tests.monitoring.world import WEEK, World
from tests.slow_tier import commit_here, drawn

# Each third of the thirty durable steps, from another one on with each commit; TEST_KILL_EVERY=1 is all of them.
EVERY = int(os.environ.get("TEST_KILL_EVERY", "3"))
FIRST = 1 + drawn("kills", EVERY, commit_here())
# A message that was sent, and not marked yet.
SENT = {"after request", "before do_commit"}


@pytest.fixture
def receiver() -> Iterator[Posts]:
    with running(Posts()) as server:
        yield server


def days_that_die(world: World, homes: Path, receiver: Posts) -> list[dict[str, Any]]:
    """What `killed.py` says, for the log of `world`."""
    shared = {"PREDICTIONS", "PREDICTION_PARTS", "MLFLOW", "MLFLOW_ARTIFACTS", "LEDGER", "TRAINING_SETS"}
    places = {name: str(getattr(world.places, name.lower())) for name in shared}
    environ = {**os.environ, **{f"PIPELINE_{name}": place for name, place in places.items()}}
    environ |= {"MONITORING_REPLICATES": "200", "MONITORING_WEBHOOK_URL": receiver.url, "PYTHONPATH": str(REPOSITORY)}
    given = [str(homes), world.run.model, WEEK, str(FIRST), str(EVERY)]
    command = [sys.executable, "-m", "tests.monitoring.killed", *given]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.timeout(3600)
def test_a_kill_at_any_step_loses_no_alert_and_doubles_none(world: World, tmp_path: Path, receiver: Posts) -> None:
    world.log(world.answers(WEEK, lambda row: {**row, "place": "elsewhere"})[::6])
    told = days_that_die(world, tmp_path, receiver)
    died = {one["step"]: one["died"] for one in told if "died" in one}
    lived = {one["step"]: (one["done"], one["due"]) for one in told if "done" in one}
    assert len(died) >= 30 // EVERY
    [(identity, due)] = {(done, tuple(due)) for done, due in lived.values()}
    assert (list(lived), due) == ([*died, max(died) + EVERY], (identity,))
    of_home = {step: [(key, body) for path, key, body in receiver.got if path == f"/{step}"] for step in lived}
    assert len({key for got in of_home.values() for key, _ in got}) == 1
    # Each home has pages of its own, and all else is the same.
    events = {
        json.dumps(body["events"]).replace(f"{tmp_path}/{step}/reports/", "")
        for step, got in of_home.items()
        for _, body in got
    }
    assert len(events) == 1
    assert {one["page"] for one in json.loads(*events)} == {f"{identity}/index.html"}
    assert {step for step, got in of_home.items() if len(got) != 1} <= {
        step for step, name in died.items() if name in SENT
    }
    most = max(len(got) for got in of_home.values())
    assert most == 2 or (most == 1 and "after request" not in died.values())
    for step in lived:
        place = read_places({"PIPELINE_HOME": str(tmp_path / str(step))}).alerts
        opened = [(one.kind, one.key, one.incident) for one in alerts.history(place, world.run.model)]
        assert ("DRIFT", "unseen_share|place|training|-", 1) in opened
        assert {incident for _, _, incident in opened} == {1}
        assert (len(set(opened)), alerts.undelivered(place)) == (len(opened), 0)
