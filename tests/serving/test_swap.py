"""A new champion takes over without a lost request; one that cannot be loaded leaves the old one answering."""

import hashlib
import http.client
import json
import pickle
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from artifacts.errors import Damaged, Missing
from serving.app import find_version
from serving.load import load_version
from serving.trial import read_booster, try_model
from tests.serving.world import GOOD, MODEL, World, ask, serving, wait_for


def answering(client: httpx.Client) -> int:
    version: int = ask(client, GOOD).json()["version"]
    return version


def ready(client: httpx.Client) -> dict[str, object]:
    told: dict[str, object] = client.get("/health/ready").json()
    return told


def metric(client: httpx.Client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"serving_{name}{{")).rpartition(" ")[2])


@contextmanager
def damaged(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    whole = path.read_bytes()
    path.write_bytes(change(whole))
    try:
        yield
    finally:
        path.write_bytes(whole)


def test_twenty_takeovers_under_requests_lose_none_and_every_answer_has_its_versions_score(world: World) -> None:
    scores, seen, stop = {}, [], threading.Event()
    for version in (1, 2):
        with serving(world, version) as client:
            path = f"/v1/models/{MODEL}/versions/{version}/predict"
            scores[version] = ask(client, GOOD, path=path).json()["predictions"][0]["score"]
    assert scores[1] != scores[2]

    def keep_asking(base: httpx.URL) -> None:
        with httpx.Client(base_url=base, timeout=30) as own:
            while not stop.is_set():
                seen.append(ask(own, GOOD))

    with serving(world) as client:
        askers = [threading.Thread(target=keep_asking, args=[client.base_url]) for _ in range(3)]
        for asker in askers:
            asker.start()
        for turn in range(20):
            champion = 2 - turn % 2
            world.crown(champion, "rollback" if turn else "promote")
            wait_for(lambda: ready(client)["version"] == champion)  # noqa: B023
        stop.set()
        for asker in askers:
            asker.join()
    assert {answer.status_code for answer in seen} == {200}
    told = [(answer.json()["version"], answer.json()["predictions"][0]["score"]) for answer in seen]
    assert set(told) == set(scores.items())
    logged = Counter(one.prediction_id for one in world.logged())
    assert all(logged[answer.json()["predictions"][0]["prediction_id"]] == 1 for answer in seen)


def test_a_new_champion_and_a_rollback_answer_within_five_seconds(world: World) -> None:
    with serving(world, poll_seconds=1) as client:
        for version in (2, 3, 1):
            before = time.monotonic()
            world.crown(version)
            wait_for(lambda: answering(client) == version)  # noqa: B023
            assert time.monotonic() - before < 5
        assert metric(client, "takeovers_total") == 3


def test_a_slow_body_is_answered_by_the_champion_of_when_it_came(world: World) -> None:
    body = json.dumps({"rows": [GOOD]}).encode()
    head = f"POST /v1/models/{MODEL}/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with serving(world) as client, socket.create_connection((client.base_url.host, client.base_url.port)) as slow:
        slow.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:9])
        world.crown(2)
        wait_for(lambda: ready(client)["version"] == 2)
        slow.sendall(body[9:])
        answer = http.client.HTTPResponse(slow)
        answer.begin()
        assert json.loads(answer.read())["version"] == 2


def test_a_version_that_answered_lately_answers_when_named(world: World) -> None:
    with serving(world) as client:
        world.crown(2)
        wait_for(lambda: answering(client) == 2)
        assert ask(client, GOOD, path=f"/v1/models/{MODEL}/versions/1/predict").json()["version"] == 1
        assert client.get(f"/v1/models/{MODEL}").json()["loaded"] == [1, 2]
        time.sleep(0.3)
        assert metric(client, "takeovers_total") == 1


def test_a_service_with_a_version_stays_with_it(world: World) -> None:
    with serving(world, 2) as client:
        assert ask(client, GOOD).json()["error"] == "serving.no_champion_here"
        world.crown(3)
        time.sleep(0.3)
        assert ready(client) == {"status": "ready", "model": MODEL, "version": 2}
        assert ask(client, GOOD, path=f"/v1/models/{MODEL}/versions/2/predict").json()["version"] == 2


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda whole: whole[: len(whole) // 2],
    "a flipped bit": lambda whole: whole[:500] + bytes([whole[500] ^ 4]) + whole[501:],
    "a pickle": lambda whole: pickle.dumps({"model": whole}),
    "empty": lambda whole: b"",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_champion_leaves_the_old_one_answering_and_says_so(world: World, how: str) -> None:
    with serving(world) as client, damaged(world.file(2), DAMAGE[how]):
        world.crown(2)
        wait_for(lambda: ready(client)["status"] == "degraded")
        # Anybody may ask for health: the code and no folder. Who has the key reads the sentence.
        assert ready(client)["trouble"] == "registry.damaged"
        assert str(world.file(2).name) in client.get(f"/v1/models/{MODEL}").json()["troubles"][0]
        assert answering(client) == 1
        assert metric(client, "degraded") == metric(client, "takeover_failures_total") == 1
        assert metric(client, "takeovers_total") == 0
        world.crown(1, "rollback")
        wait_for(lambda: ready(client)["status"] == "ready")


@pytest.mark.parametrize("file", ["model/categories.json", "training_set.json", "model/model.ubj"])
def test_a_champion_with_a_file_gone_leaves_the_old_one_answering(world: World, file: str) -> None:
    path = world.file(2, file)
    with serving(world) as client:
        path.rename(path.with_suffix(".away"))
        try:
            world.crown(2)
            wait_for(lambda: ready(client)["status"] == "degraded")
            assert answering(client) == 1
        finally:
            path.with_suffix(".away").rename(path)


def test_a_mended_champion_is_taken_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.live.TRY_AGAIN_SECONDS", 0.2)
    with serving(world) as client:
        with damaged(world.file(2), DAMAGE["truncated"]):
            world.crown(2)
            wait_for(lambda: ready(client)["status"] == "degraded")
        wait_for(lambda: answering(client) == 2)
        assert ready(client)["status"] == "ready"


def test_a_ledger_that_is_gone_or_damaged_leaves_the_old_one_answering(world: World) -> None:
    ledger = Path(world.places.ledger.removeprefix("sqlite:///"))
    with serving(world) as client, damaged(ledger, lambda whole: b"not a database" * 100):
        wait_for(lambda: ready(client)["status"] == "degraded")
        assert answering(client) == 1
    with serving(world) as client:
        ledger.rename(ledger.with_suffix(".away"))
        wait_for(lambda: ready(client).get("trouble") == "judge.ledger_lost")
        told = client.get(f"/v1/models/{MODEL}").json()
        assert (told["champion"], [one.partition(":")[0] for one in told["not_told"]]) == (1, ["judge.ledger_lost"])
        assert answering(client) == 1


def test_what_nobody_foresaw_leaves_the_old_one_answering_and_has_a_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(world) as client:
        with monkeypatch.context() as broken:
            broken.setattr("serving.live.champion_line", lambda *_: 1 // 0)
            wait_for(lambda: ready(client).get("trouble") == "serving.watcher_failed")
            assert answering(client) == 1
            assert "ZeroDivisionError" in client.get(f"/v1/models/{MODEL}").json()["troubles"][0]
        wait_for(lambda: ready(client)["status"] == "ready")


def test_a_ledger_of_another_registry_is_refused(world: World) -> None:
    other = World(world.places, world.training_set, (world.runs[0], world.runs[2]))
    other.crown(2)
    with pytest.raises(Damaged) as refused:
        find_version(world.places, MODEL, None)
    assert refused.value.code == "serving.champion_differs"


def test_a_version_that_is_not_there_is_missing_with_those_that_are(world: World) -> None:
    with pytest.raises(Missing) as refused:
        load_version(world.registry, MODEL, 999)
    assert (refused.value.code, "1, 2, 3" in refused.value.message) == ("serving.version_missing", True)
    with pytest.raises(Missing) as refused:
        find_version(world.places, "other", None)
    assert (refused.value.code, MODEL in refused.value.message) == ("serving.no_champion", True)


def test_a_file_is_tried_in_another_process_and_its_crash_is_only_a_refusal(world: World, tmp_path: Path) -> None:
    for content in (pickle.dumps(Trap(tmp_path)), b"{", world.file(1).read_bytes()[:2000], b""):
        path = tmp_path / "model.ubj"
        path.write_bytes(content)
        with pytest.raises(Damaged) as refused:
            try_model(path, hashlib.sha256(content).hexdigest(), np.zeros((1, 6), np.float32))
        assert refused.value.code == "serving.trial_failed"
    assert not (tmp_path / "sprung").exists()


def test_the_bytes_that_are_loaded_are_those_that_were_logged(world: World) -> None:
    with pytest.raises(Damaged) as refused:
        read_booster(world.file(1), world.runs[1].model_sha256)
    assert refused.value.code == "serving.file_changed"


def test_what_is_no_model_is_refused_though_its_sha256_is_right(tmp_path: Path) -> None:
    path = tmp_path / "model.ubj"
    path.write_bytes(b"no model")
    with pytest.raises(Damaged) as refused:
        read_booster(path, hashlib.sha256(b"no model").hexdigest())
    assert refused.value.code == "serving.file_refused"


@pytest.mark.parametrize("beside", ["training_set.json", "config.yaml"])
def test_a_file_beside_the_model_that_is_not_the_one_logged_is_refused(world: World, beside: str) -> None:
    with damaged(world.file(2, beside), lambda whole: whole + b" "):
        with pytest.raises(Damaged) as refused:
            world.registry.artefact(world.runs[1].run_id, beside)
        assert refused.value.code == "registry.damaged"


def test_a_contract_with_wider_bounds_than_were_trained_on_is_not_served(world: World) -> None:
    with damaged(world.file(2, "training_set.json"), lambda whole: whole.replace(b'"bounds": [', b'"bounds": [-', 1)):
        with pytest.raises(Damaged) as refused:
            load_version(world.registry, MODEL, 2)
        assert refused.value.code == "registry.damaged"


class Trap:
    """Unpickled, it leaves a file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "sprung"

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._file,)
