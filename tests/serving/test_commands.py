"""`python -m serving` as a person starts it: one process or several, and refusals before anything listens."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from artifacts.errors import BadInput
from artifacts.places import REPOSITORY
from artifacts.prediction_log.parts import parts
from serving.run import listen
from tests.fixtures_training_set import AS_OF, make_upcoming_rows, publish_upcoming_table
from tests.reading_prediction_log import read_part
from tests.serving.process import environment, started
from tests.serving.world import GOOD, MODEL, World, ask, wait_for


def run(world: World, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "serving", *arguments, "--json"]
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment(world, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_service_starts_answers_and_ends_with_a_sealed_log(world: World, tmp_path: Path) -> None:
    with started(world, tmp_path / "out", "--version", "2", SERVING_HOST="0.0.0.0") as running:
        told = ask(running.client, GOOD, path=f"/v1/models/{MODEL}/versions/2/predict").json()
    assert told["version"] == 2
    # SIGTERM, and a clean end.
    assert running.process.returncode == 0
    assert "WARNING: 0.0.0.0 can be reached from other machines" in (tmp_path / "out").read_text()
    assert [one.version for one in world.logged()] == [2]
    assert list(world.places.predictions.glob("*.sealed"))


def test_workers_share_the_port_and_each_logs_its_answers(world: World, tmp_path: Path) -> None:
    with started(world, tmp_path / "out", "--workers", "2") as running:
        client = running.client
        processes = set()

        def both_answered() -> bool:
            with httpx.Client(base_url=client.base_url, timeout=60) as other:
                assert ask(other, GOOD).status_code == 200
                processes.update(re.findall(r'process="(\d+)"', other.get("/metrics").text))
            return len(processes) == 2

        wait_for(both_answered)
        asked = sum(1 for _ in range(20) if ask(client, GOOD).status_code == 200)
        killed, stuck = running.workers()
        killed.kill()
        wait_for(lambda: f"worker {killed.pid} ended by signal 9; " in (tmp_path / "out").read_text())
        stuck.suspend()
        hung = f"worker {stuck.pid} hung for 20 s, and the service itself ended it; "
        wait_for(lambda: hung in (tmp_path / "out").read_text())
    assert asked == 20
    assert "WARNING" not in (tmp_path / "out").read_text()
    assert len(world.logged()) == len({one.prediction_id for one in world.logged()}) > 20


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["run", "--model", MODEL, "--version", "999"], "serving.version_missing", 2),
        (["run", "--model", "other"], "serving.no_champion", 2),
        (["run", "--model", MODEL, "--version", "1", "--champion"], "cli.arguments_invalid", 2),
        (["score", "--model", MODEL, "--set", "toy/2013-04-01.000000000000"], "publish.missing", 2),
        (["score", "--model", MODEL, "--upcoming"], "upcoming.none", 2),
        (["score", "--model", MODEL], "cli.arguments_invalid", 2),
        (["score", "--model", MODEL, "--upcoming", "--set", "toy/2013-04-01.000000000000"], "cli.arguments_invalid", 2),
    ],
)
def test_what_cannot_be_served_is_refused_with_the_reason(
    world: World, arguments: list[str], code: str, exit_code: int
) -> None:
    done = run(world, *arguments)
    assert (done.returncode, json.loads(done.stdout)["error"]) == (exit_code, code)


@pytest.mark.parametrize("verb", [["run"], ["score", "--upcoming"]])
def test_a_ledger_that_was_lost_is_no_model_that_has_no_champion(world: World, verb: list[str]) -> None:
    Path(world.places.ledger.removeprefix("sqlite:///")).unlink()
    done = run(world, *verb, "--model", MODEL)
    assert (done.returncode, json.loads(done.stdout)["error"]) == (4, "judge.ledger_lost")


def test_a_port_that_is_taken_and_a_poor_key_are_refused(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(world, "run", "--model", MODEL, "--port", str(taken.getsockname()[1]))
    assert (done.returncode, json.loads(done.stdout)["error"]) == (2, "serving.port_taken")
    done = run(world, "run", "--model", MODEL, SERVING_API_KEY="short")
    assert (done.returncode, json.loads(done.stdout)["error"]) == (2, "serving.api_key")


@pytest.mark.parametrize("host", ["300.1.1.1", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_refused_as_that(host: str) -> None:
    with pytest.raises(BadInput, match=f"{host} is no address or name of this machine") as refused:
        listen(host, 0)
    assert refused.value.code == "serving.host_unknown"


def test_a_set_is_scored_by_the_champion_into_the_log(world: World) -> None:
    done = run(world, "score", "--model", MODEL, "--set", world.training_set.id)
    told = json.loads(done.stdout)
    assert (done.returncode, told["rows"], told["version"]) == (0, world.training_set.rows, 1)
    assert {one.request_id for one in world.logged()} == {told["id"]}


def test_the_log_is_compacted_to_parts_that_hold_what_was_answered_and_again_to_nothing_new(world: World) -> None:
    scored = json.loads(run(world, "score", "--model", MODEL, "--set", world.training_set.id).stdout)
    done = run(world, "compact")
    told = json.loads(done.stdout)
    assert (done.returncode, told["predictions"], len(told["parts"])) == (0, scored["rows"], 1)
    assert told["id"] == world.places.prediction_parts
    read = [one for part in parts(told["id"]) for one in read_part(part)]
    assert {(one.request_id, one.version) for one in read} == {(scored["id"], 1)} and len(read) == scored["rows"]
    assert world.logged() == []
    assert json.loads(run(world, "compact").stdout)["parts"] == []


def test_a_disk_that_fills_is_answered_with_503_until_there_is_room(world: World, tmp_path: Path) -> None:
    with started(world, tmp_path / "out") as running:
        process = psutil.Process(running.process.pid)
        assert ask(running.client, GOOD).status_code == 200
        process.rlimit(psutil.RLIMIT_FSIZE, (20_000, psutil.RLIM_INFINITY))
        told = [ask(running.client, GOOD)]
        while told[-1].status_code == 200:
            assert len(told) < 1000
            told.append(ask(running.client, GOOD))
        assert running.client.get("/health/ready").json()["trouble"] == "log.no_room"
        told += [ask(running.client, GOOD) for _ in range(50)]
        process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
        assert ask(running.client, GOOD).status_code == 200
        assert running.client.get("/health/ready").json()["status"] == "ready"
    refused = [answer for answer in told if answer.status_code != 200]
    assert {(answer.status_code, answer.json()["error"]) for answer in refused} == {(503, "log.no_room")}
    assert not any("score" in answer.text for answer in refused)
    assert len(world.logged()) == len(told) - len(refused) + 2
    assert refused


def test_the_newest_upcoming_rows_are_scored_by_the_champion_into_the_log(world: World) -> None:
    upcoming = publish_upcoming_table(world.places.upcoming, make_upcoming_rows(AS_OF, 5), AS_OF)
    done = run(world, "score", "--model", MODEL, "--upcoming")
    told = json.loads(done.stdout)
    assert (done.returncode, told["rows"], told["version"], told["upcoming"]) == (0, 5, 1, upcoming.id)
    assert {one.request_id for one in world.logged()} == {told["id"]}
