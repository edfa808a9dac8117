"""Requests that wait together are scored in one call and logged by one commit, and each gets what is its own."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest

from artifacts.errors import Unavailable
from artifacts.prediction_log.table import Table
from artifacts.prediction_log.writer import LogWriter
from serving.app import find_version
from serving.loaded import LoadedVersion
from serving.metrics import Metrics
from serving.plain import Plain
from serving.plain_scores import PlainAsked, score_together
from serving.together import Together
from tests.serving.test_scores import features, wanted
from tests.serving.world import GOOD, MODEL, World, ask, json_rows, serving

NOW = datetime(2020, 1, 1)


def plain(world: World, version: LoadedVersion, count: int) -> list[PlainAsked]:
    """Requests of one row each, of the training set's first rows."""
    names = version.encoder.names
    rows = [tuple(row[name] for name in names) for row in json_rows(world.training_set, names, count)]
    return [PlainAsked(version, Plain([row]), "http", NOW) for row in rows]


def answers(world: World, asked: Sequence[PlainAsked]) -> tuple[list[Table], int]:
    """What all of them get who ask at once, and how many syncs it took."""

    async def ask_all(log: LogWriter) -> list[Table]:
        one = Together(log, Metrics())
        return await asyncio.gather(*(one.answer(each) for each in asked))

    with LogWriter(world.places.predictions) as log:
        return asyncio.run(ask_all(log)), log.counts().syncs


def test_those_that_ask_at_once_share_a_commit_and_get_their_own_scores_and_ids(world: World) -> None:
    asked = plain(world, find_version(world.places, MODEL, 1), 40)
    tables, syncs = answers(world, asked)
    assert [table.scores for table in tables] == [[score] for score in wanted(world, 1)[:40]]
    assert [table.request_id for table in tables] == [one.request_id for one in asked]
    assert syncs == 1
    logged = {one.prediction_id: (one.score, one.version, one.request_id) for one in world.logged()}
    assert len(world.logged()) == len(logged) == 40
    assert all(logged[table.ids[0]] == (table.scores[0], 1, table.request_id) for table in tables)


def test_versions_are_never_mixed_though_they_share_a_commit(world: World) -> None:
    first, second = (plain(world, find_version(world.places, MODEL, version), 20) for version in (1, 2))
    asked = [one for pair in zip(first, second, strict=True) for one in pair]
    tables, _ = answers(world, asked)
    assert [table.scores[0] for table in tables[::2]] == wanted(world, 1)[:20]
    assert [table.scores[0] for table in tables[1::2]] == wanted(world, 2)[:20]
    by_id = {one.prediction_id: one.version for one in world.logged()}
    assert [by_id[table.ids[0]] for table in tables] == [1, 2] * 20


def test_a_row_scores_the_same_whatever_is_beside_it(world: World) -> None:
    asked = plain(world, find_version(world.places, MODEL, 2), 300)
    alone = [score_together([one])[0].scores[0] for one in asked]
    assert alone == wanted(world, 2)[:300]
    for size in (2, 7, 64, 65, 300):
        assert [table.scores[0] for table in score_together(asked[:size])] == alone[:size]


def test_when_the_log_refuses_all_who_waited_hear_of_it_and_the_next_are_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = plain(world, find_version(world.places, MODEL, 1), 3)
    metrics = Metrics()

    async def ask_twice(log: LogWriter) -> list[Any]:
        one = Together(log, metrics)
        with monkeypatch.context() as broken:
            broken.setattr("os.fdatasync", _fail)
            refused = await asyncio.gather(*(one.answer(each) for each in asked), return_exceptions=True)
        assert "log.unwritable" in (metrics.log_trouble or "")
        return [*refused, await one.answer(asked[0])]

    with LogWriter(world.places.predictions) as log:
        *refused, answered = asyncio.run(ask_twice(log))
    assert [type(one) for one in refused] == [Unavailable] * 3
    assert [one.prediction_id for one in world.logged()] == answered.ids
    assert (metrics.log_trouble, metrics.log_backlog) == (None, 0)


def test_a_log_whose_thread_has_ended_is_told_by_who_hands_over_and_all_hear_of_it(world: World) -> None:
    asked = plain(world, find_version(world.places, MODEL, 1), 3)
    metrics = Metrics()

    async def ask_all(log: LogWriter) -> list[Any]:
        one = Together(log, metrics)
        return await asyncio.gather(*(one.answer(each) for each in asked), return_exceptions=True)

    with LogWriter(world.places.predictions) as log:
        log.close()
        refused = asyncio.run(ask_all(log))
    assert [one.code for one in refused] == ["log.closed"] * 3
    assert (metrics.log_trouble or "").startswith("log.closed: ")
    assert metrics.log_backlog == 0


def _fail(_: int) -> None:
    raise OSError(5, "Input/output error")


def test_a_plain_request_and_one_that_is_not_answer_alike(world: World) -> None:
    path = f"/v1/models/{MODEL}/versions/1/predict"
    with serving(world) as client:
        for found in (ask(client, GOOD), ask(client, GOOD, path=path)):
            assert (found.status_code, found.headers["content-type"]) == (200, "application/json")
        short = ask(client, GOOD, GOOD).json()
        long = ask(client, GOOD, {**GOOD, "place": "moon"}).json()
        assert short["predictions"][0]["score"] == long["predictions"][0]["score"]
        assert [*short] == [*long] and [*short["predictions"][0]] == [*long["predictions"][0]]
        assert _counted(client, 'requests_total{route="/v1/models/{model}/predict",status="200"') == 3
        assert _counted(client, 'rows_total{version="1"') == 6


def _counted(client: httpx.Client, beginning: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"serving_{beginning}")).rpartition(" ")[2])


def test_a_large_request_is_scored_in_pieces_to_the_same_scores_and_log(world: World) -> None:
    rows = json_rows(world.training_set, features(world), 1000)
    with serving(world) as client:
        answer = ask(client, *rows).json()
        columns = [*rows[0]]
        split = {"columns": columns, "data": [[*row.values()] for row in rows]}
        by_split = client.post("/invocations", json={"dataframe_split": split}).json()
    scores = [told["score"] for told in answer["predictions"]]
    assert scores == by_split["predictions"] == wanted(world, 1)[:1000]
    logged = [one for one in world.logged() if one.request_id == answer["request_id"]]
    assert [one.prediction_id for one in logged] == [told["prediction_id"] for told in answer["predictions"]]
    assert [(one.score, dict(one.features)) for one in logged] == list(zip(scores, rows, strict=True))


@pytest.mark.parametrize("version", ["01", "+1", "1.0", " 1", "0", "-1", ""])
def test_a_version_has_one_way_to_be_written(world: World, version: str) -> None:
    with serving(world) as client:
        assert ask(client, GOOD, path=f"/v1/models/{MODEL}/versions/{version}/predict").status_code == 404
