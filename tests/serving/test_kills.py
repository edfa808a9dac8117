"""Whatever kills the service or its workers, what was answered is in the log once, with the version that scored it."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pyarrow as pa
import pytest

from artifacts.prediction_log.record import Prediction
from tests.serving.process import Running, started
from tests.serving.test_swap import damaged
from tests.serving.world import GOOD, MODEL, World, ask, json_rows, wait_for
from training.fit import load_candidate

pytestmark = pytest.mark.slow

ASKERS = 6
Told = tuple[str, int, float]


@contextmanager
def load(client: httpx.Client, rows: list[dict[str, Any]]) -> Iterator[list[Told]]:
    """Callers that ask until the end, whoever dies; id, version and score of every answer that came whole."""
    told: list[Told] = []
    stop = threading.Event()

    def keep_asking(first: int) -> None:
        for row in cycle(rows[first:] + rows[:first]):
            if stop.is_set():
                return
            try:
                answer = ask(own, row)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            assert answer.status_code == 200
            [one] = answer.json()["predictions"]
            told.append((one["prediction_id"], answer.json()["version"], one["score"]))

    with httpx.Client(base_url=client.base_url, timeout=30) as own:
        askers = [threading.Thread(target=keep_asking, args=[first]) for first in range(ASKERS)]
        for asker in askers:
            asker.start()
        try:
            yield told
        finally:
            stop.set()
            for asker in askers:
                asker.join()


def replayed(world: World, logged: list[Prediction]) -> list[float]:
    """The scores of logged features, by training's own scorer of the version that the log names."""
    scores = np.empty(len(logged))
    types = {column.name: column.arrow for column in world.training_set.contract.features}
    for version in {one.version for one in logged}:
        scorer = load_candidate(world.registry, world.runs[version - 1].run_id)
        places = [place for place, one in enumerate(logged) if one.version == version]
        columns = {
            name: pa.array([logged[place].features[name] for place in places]).cast(types[name])
            for name in scorer.encoder.names
        }
        matrix = scorer.encoder.matrix(pa.RecordBatch.from_pydict(columns))
        scores[places] = scorer.booster.inplace_predict(matrix).astype(np.float64)
    found: list[float] = scores.tolist()
    return found


def killed_under_load(world: World, out: Path, rows: list[dict[str, Any]], workers_killed: int) -> list[Told]:
    """A service of two workers loses one so many times, then all of it is killed; nobody stops asking."""
    with started(world, out, "--workers", "2") as running:
        with load(running.client, rows) as told:
            for turn in range(workers_killed):
                champion, more = 2 - turn % 2, len(told) + 30
                world.crown(champion, "rollback")
                wait_for(lambda: {version for _, version, _ in told[more:]} >= {champion})  # noqa: B023
                wait_for(lambda: len(running.workers()) == 2)
                running.workers()[turn % 2].kill()
            more = len(told) + 30
            wait_for(lambda: len(told) > more)
            running.kill_all()
        return told


@pytest.mark.parametrize(("services", "workers_killed"), [(1, 2), (4, 4)])
def test_every_answer_of_a_killed_service_is_logged_once_and_its_version_scores_it_again_bit_for_bit(
    world: World, tmp_path: Path, services: int, workers_killed: int
) -> None:
    names = [column.name for column in world.training_set.contract.features]
    rows = json_rows(world.training_set, names, 500)
    told = [
        one
        for service in range(services)
        for one in killed_under_load(world, tmp_path / f"out{service}", rows, workers_killed)
    ]
    logged = world.logged()
    assert set(Counter(one.prediction_id for one in logged).values()) == {1}
    by_id = {one.prediction_id: (one.version, one.score) for one in logged}
    assert [by_id[prediction_id] for prediction_id, _, _ in told] == [(version, score) for _, version, score in told]
    assert {version for _, version, _ in told} == {1, 2}
    assert [one.score for one in logged] == replayed(world, logged)
    # The callers that were waiting may be in the log unanswered, each at every kill.
    assert len(logged) - len(told) <= ASKERS * services * (workers_killed + 1)


def test_workers_end_with_the_parent_that_was_killed(world: World, tmp_path: Path) -> None:
    with started(world, tmp_path / "out", "--workers", "2") as running:
        wait_for(lambda: ask(running.client, GOOD).status_code == 200)
        workers = running.workers()
        assert len(workers) == 2
        running.process.kill()
        assert psutil.wait_procs(workers, timeout=30)[1] == []


def test_a_worker_that_cannot_load_the_champion_leaves_the_other_answering(world: World, tmp_path: Path) -> None:
    with started(world, tmp_path / "out", "--workers", "2") as running:
        wait_for(lambda: both_answer(running))
        with damaged(world.file(1), lambda whole: whole[:500]):
            running.workers()[0].kill()
            wait_for(lambda: "a new worker cannot start: registry.damaged" in (tmp_path / "out").read_text(), 150)
            with httpx.Client(base_url=running.client.base_url, timeout=60) as client:
                for _ in range(20):
                    assert ask(client, GOOD).json()["version"] == 1
        wait_for(lambda: both_answer(running))


def both_answer(running: Running) -> bool:
    """Whether two workers are found behind the port."""
    found = set()
    for _ in range(20):
        with httpx.Client(base_url=running.client.base_url, timeout=60) as client:
            lines = client.get("/metrics").text.splitlines()
        found.add(next(line for line in lines if line.startswith("serving_degraded{")))
    return len(found) == 2


def test_each_worker_follows_the_champion_and_a_rollback(world: World, tmp_path: Path) -> None:
    with started(world, tmp_path / "out", "--workers", "2", SERVING_POLL_SECONDS="0.2") as running:
        wait_for(lambda: both_answer(running))
        for version in (2, 3, 1, 3, 2):
            world.crown(version, "rollback")
            wait_for(lambda: versions(running) == {version})  # noqa: B023
        assert ask(running.client, GOOD, path=f"/v1/models/{MODEL}/versions/2/predict").json()["version"] == 2


def versions(running: Running) -> set[int]:
    """The versions that answer, asked on twenty connections."""
    found = set()
    for _ in range(20):
        with httpx.Client(base_url=running.client.base_url, timeout=60) as client:
            found.add(ask(client, GOOD).json()["version"])
    return found
