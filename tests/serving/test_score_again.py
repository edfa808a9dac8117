"""A task that scores, and is killed or fails half-way and run again, has each row in the log exactly once."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import serving.batch
from artifacts.places import REPOSITORY
from artifacts.prediction_log import compact
from serving.app import find_version
from serving.settings import ServingSettings
from serving.upcoming_batch import Task, score_once
from tests.serving.process import environment
from tests.serving.test_scores import wanted
from tests.serving.world import MODEL, World

TASK = Task("score_upcoming manual__1", datetime.now(UTC))
KILLED = """
import os, signal, sys
from datetime import datetime
from artifacts.places import read_places
from artifacts.training_set import open_training_set, parse_id
from serving import batch
from serving.app import find_version
from serving.settings import ServingSettings
from serving.upcoming_batch import Task, score_once
places, model, rows, name, since = read_places(), *sys.argv[1:]
batch.BATCH_ROWS, as_it_is, done = 400, batch.predict, []
def third_kills(*given, **more):
    done.append(1)
    if len(done) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return as_it_is(*given, **more)
batch.predict = third_kills
version, rows_of = find_version(places, model, None), open_training_set(places.training_sets, *parse_id(rows))
score_once(places, ServingSettings(), version, rows_of, Task(name, datetime.fromisoformat(since)))
"""


def test_a_task_that_was_killed_and_then_failed_logs_each_row_once_when_it_is_run_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = [MODEL, world.training_set.id, TASK.name, TASK.since.isoformat()]
    command, more = [sys.executable, "-c", KILLED, *about], environment(world, PYTHONPATH=str(REPOSITORY))
    killed = subprocess.run(command, cwd=REPOSITORY, env=more, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(world.logged()) == 1200
    compact(world.places.predictions, world.places.prediction_parts)
    assert world.logged() == []

    version, scores = find_version(world.places, MODEL, None), wanted(world, 1)
    as_it_is, seen = serving.batch.predict, []

    def fails_at_the_third(*given: Any, **options: Any) -> Any:
        seen.append(1)
        if len(seen) == 3:
            raise RuntimeError("no more")
        return as_it_is(*given, **options)

    # Another size of the batches than the first try had: what counts is the row.
    monkeypatch.setattr("serving.batch.BATCH_ROWS", 700)
    with monkeypatch.context() as broken, pytest.raises(RuntimeError, match="no more"):
        broken.setattr("serving.batch.predict", fails_at_the_third)
        score_once(world.places, ServingSettings(), version, world.training_set, TASK)
    assert len(world.logged()) == 200

    for _ in range(2):
        done = score_once(world.places, ServingSettings(), version, world.training_set, TASK)
        assert (done.rows, done.mean_score) == (3000, pytest.approx(sum(scores) / 3000))
    compact(world.places.predictions, world.places.prediction_parts)
    found = everything(world)
    assert [score for _, _, score in found] == scores
    assert {request for _, request, _ in found} == {done.request_id}
    assert len({one for one, _, _ in found}) == 3000


def everything(world: World) -> list[tuple[str, str, float]]:
    """Id, request and score of all that was compacted, in the order of the rows."""
    import duckdb

    files = f"{world.places.prediction_parts}/*/*/*/*/predictions.parquet"
    sql = "select prediction_id, request_id, score from read_parquet(?) order by prediction_id"
    return duckdb.sql(sql, params=[files]).fetchall()


def test_another_task_and_another_version_have_requests_of_their_own_and_so_have_other_rows(world: World) -> None:
    first, second = (find_version(world.places, MODEL, version) for version in (1, 2))
    later = Task(TASK.name, TASK.since + timedelta(days=3))
    assert TASK.request_id(first, "toy/a") == later.request_id(first, "toy/a")
    others = [
        Task("score_upcoming manual__2", TASK.since).request_id(first, "toy/a"),
        TASK.request_id(second, "toy/a"),
        TASK.request_id(first, "toy/b"),
    ]
    assert len({TASK.request_id(first, "toy/a"), *others}) == 4


def test_some_days_of_a_set_that_are_scored_again_are_logged_once_and_other_days_beside_them(world: World) -> None:
    version, task = find_version(world.places, MODEL, 1), Task("some days")
    days = [(datetime(2013, 2, day), datetime(2013, 2, day + 1)) for day in (1, 1, 2)]
    scored = [
        score_once(world.places, ServingSettings(), version, world.training_set, task, window=one) for one in days
    ]
    assert scored[0] == scored[1]
    assert len(world.logged()) == scored[0].rows + scored[2].rows
