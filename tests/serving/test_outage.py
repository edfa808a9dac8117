"""MLflow, the ledger or a model on trial that takes for ever holds up no answer and no rollback."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

import serving.live
from artifacts.errors import Missing, Unavailable
from serving.app import create_app, find_version
from serving.deadlines import Aside
from serving.run import IMPATIENT
from serving.settings import ServingSettings
from tests.serving.test_scores import features
from tests.serving.test_swap import answering, damaged, ready
from tests.serving.world import GOOD, MODEL, World, ask, json_rows, served, wait_for
from tests.serving.world import serving as serving_of


def ledger_file(world: World) -> Path:
    """The file of the ledger."""
    return Path(world.places.ledger.removeprefix("sqlite:///"))


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a server that takes connections and never answers, as an MLflow that hangs."""
    for name in IMPATIENT:
        monkeypatch.setenv(name, "0" if "RETRIES" in name else "60")
    with socket.create_server(("127.0.0.1", 0), backlog=100) as one:
        yield f"http://127.0.0.1:{one.getsockname()[1]}"


def test_an_mlflow_that_hangs_holds_up_neither_predictions_nor_what_is_told_from_memory(
    world: World, silent: str
) -> None:
    first = find_version(world.places, MODEL, None)
    places = world.places.model_copy(update={"mlflow": silent})
    settings = ServingSettings(poll_seconds=0.05, timeout_seconds=3)
    large = json_rows(world.training_set, features(world), 1000)
    with served(create_app(settings, places, MODEL, None, first)) as client, ThreadPoolExecutor(12) as threads:
        asked = [threads.submit(client.get, f"/v1/models/{MODEL}") for _ in range(12)]
        # Held up by MLflow, these would be 503.
        assert ask(client, *large).status_code == 200
        told = [one.result(60) for one in asked]
    assert {one.status_code for one in told} == {200}
    assert {(one.json()["answers"], one.json()["champion"], one.json()["versions"]) for one in told} == {(1, 1, None)}
    # On a busy machine the ledger may be late as well.
    assert all(
        any(why.startswith("serving.no_answer: MLflow did not") for why in one.json()["not_told"]) for one in told
    )
    assert {str(one.json()["troubles"]) for one in told} == {"[]"}


def test_a_ledger_that_cannot_be_read_leaves_the_champion_that_is_followed(world: World) -> None:
    with serving_of(world, poll_seconds=2) as client:
        before = client.get(f"/v1/models/{MODEL}").json()
        assert (before["champion"], before["not_told"], before["versions"][:2]) == (1, [], [1, 2])
        ledger_file(world).write_bytes(b"not a database at all, but long enough to be read as one" * 20)
        told = client.get(f"/v1/models/{MODEL}").json()
        assert (told["champion"], told["not_told"][0].partition(":")[0]) == (1, "ledger.damaged")
        assert ask(client, GOOD).status_code == 200


def test_an_mlflow_that_was_lost_is_named_and_what_it_told_last_stays(world: World) -> None:
    database = Path(world.places.mlflow.removeprefix("sqlite:///"))
    away = database.with_suffix(".away")
    with serving_of(world) as client:

        def told(wanted: list[str]) -> dict[str, Any]:
            # On a busy machine one of them may be late.
            found: dict[str, Any] = {}
            wait_for(
                lambda: (
                    found.update(client.get(f"/v1/models/{MODEL}").json())
                    or [one.partition(":")[0] for one in found["not_told"]] == wanted
                )
            )
            return found

        before = told([])
        database.rename(away)
        try:
            lost = told(["registry.missing"])
            assert (lost["versions"], lost["champion"]) == (before["versions"], 1)
            ledger_file(world).unlink()
            wait_for(lambda: ready(client).get("trouble") == "judge.ledger_lost")
            assert told(["judge.ledger_lost", "registry.missing"])["champion"] == 1
            assert ask(client, GOOD).status_code == 200
        finally:
            away.rename(database)


def test_a_version_of_a_registry_without_any_is_not_said_to_be_another_one(world: World) -> None:
    lost = world.places.model_copy(update={"mlflow": f"sqlite:///{world.places.home}/none.db"})
    with pytest.raises(Missing, match=r"has: none\. Restore MLflow's database, train one, or set PIPELINE_MLFLOW"):
        find_version(lost, MODEL, 1)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[int]]:
    """The versions whose loading takes for ever."""
    versions, over, as_it_is = {3}, threading.Event(), serving.live.load_line

    def waiting(registry: Any, line: Any) -> Any:
        while line.version in versions and not over.is_set():
            time.sleep(0.02)
        return as_it_is(registry, line)

    monkeypatch.setattr("serving.live.load_line", waiting)
    yield versions
    over.set()


def test_a_rollback_does_not_wait_for_a_version_that_is_loading(world: World, held: set[int]) -> None:
    with serving_of(world) as client:
        for version in (3, 1, 2, 1):
            before = time.monotonic()
            world.crown(version)
            if version == 3:
                time.sleep(0.5)
                continue
            wait_for(lambda: answering(client) == version, seconds=30)  # noqa: B023
            assert time.monotonic() - before < 5
        assert ready(client)["status"] == "ready"
        held.clear()
        time.sleep(0.5)
        assert answering(client) == 1
        world.crown(3)
        wait_for(lambda: answering(client) == 3, seconds=30)


def test_a_version_that_takes_too_long_to_load_is_a_trouble_and_is_tried_again(
    world: World, held: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.live.LOAD_SECONDS", 3)
    monkeypatch.setattr("serving.live.TRY_AGAIN_SECONDS", 0.2)
    with serving_of(world) as client:
        world.crown(3)
        wait_for(lambda: ready(client)["status"] == "degraded", seconds=30)
        assert ready(client)["trouble"] == "serving.no_answer"
        assert answering(client) == 1
        held.clear()
        wait_for(lambda: answering(client) == 3, seconds=60)


def trouble(client: httpx.Client) -> object:
    return ready(client).get("trouble")


def test_once_the_ledger_answers_again_the_trouble_is_the_version_that_is_loading(world: World, held: set[int]) -> None:
    with serving_of(world) as client:
        world.crown(3)
        with damaged(ledger_file(world), lambda whole: b"not a database" * 100):
            wait_for(lambda: trouble(client) == "ledger.damaged", seconds=30)
        wait_for(lambda: trouble(client) == "serving.loading", seconds=30)
        assert "Version 3 of toy" in client.get(f"/v1/models/{MODEL}").json()["troubles"][0]
        world.crown(1)
        wait_for(lambda: ready(client)["status"] == "ready", seconds=30)
        held.clear()
        world.crown(3)
        wait_for(lambda: answering(client) == 3, seconds=60)


def test_once_the_ledger_answers_again_the_trouble_is_why_its_champion_could_not_be_loaded(
    world: World, held: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.live.LOAD_SECONDS", 1)
    monkeypatch.setattr("serving.live.TRY_AGAIN_SECONDS", 600)
    with serving_of(world) as client:
        world.crown(3)
        wait_for(lambda: trouble(client) == "serving.no_answer", seconds=30)
        with damaged(ledger_file(world), lambda whole: b"not a database" * 100):
            wait_for(lambda: trouble(client) == "ledger.damaged", seconds=30)
        wait_for(lambda: trouble(client) == "serving.no_answer", seconds=30)


def test_a_version_is_taken_over_as_soon_as_it_is_loaded_however_seldom_the_ledger_is_asked(world: World) -> None:
    with serving_of(world, poll_seconds=2) as client:
        before = time.monotonic()
        world.crown(2)
        wait_for(lambda: answering(client) == 2, seconds=30)
        assert time.monotonic() - before < 5


def test_a_ledger_that_hangs_once_is_asked_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    as_it_is, over, asked = serving.live.champion_line, threading.Event(), []

    def hanging(*given: Any) -> Any:
        asked.append(1)
        if len(asked) == 2:
            over.wait(60)
        return as_it_is(*given)

    monkeypatch.setattr("serving.live.LEDGER_SECONDS", 0.3)
    monkeypatch.setattr("serving.live.champion_line", hanging)
    with serving_of(world) as client:
        wait_for(lambda: len(asked) >= 2, seconds=30)
        world.crown(2)
        wait_for(lambda: answering(client) == 2, seconds=30)
        over.set()


def test_so_many_are_asked_at_once_and_no_more_though_nobody_waits_for_them() -> None:
    over = threading.Event()

    async def ask_all() -> list[Any]:
        aside = Aside("The oracle", 0.1, at_once=2)
        hung = await asyncio.gather(*(aside.run(over.wait) for _ in range(3)), return_exceptions=True)
        with pytest.raises(Unavailable, match="to any of 2 that ask already"):
            await aside.run(lambda: 1)
        over.set()
        await asyncio.sleep(0.2)
        return [*hung, await aside.run(lambda: 1)]

    *hung, last = asyncio.run(ask_all())
    assert [type(one) for one in hung] == [Unavailable] * 3
    assert last == 1


def test_what_goes_wrong_aside_is_raised_to_who_waits() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Aside("The oracle", 10, at_once=1).run(lambda: 1 // 0))


def test_polling_so_seldom_that_no_time_is_left_to_load_is_refused() -> None:
    with pytest.raises(ValueError, match="less than or equal to 2"):
        ServingSettings(poll_seconds=2.5)
