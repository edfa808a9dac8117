"""A service whose log's writer has failed ends, with the reason, so that whoever supervises it starts another."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from artifacts import cli
from artifacts.places import REPOSITORY
from serving.__main__ import build_parser
from tests.serving.process import environment
from tests.serving.world import GOOD, MODEL, World, ask, wait_for

# The writer's thread ends by what nobody foresaw, once the first answer is safe.
FAILS = """
import sys
from artifacts import cli
from artifacts.prediction_log.commits import Commits
from serving.__main__ import build_parser
as_it_is = Commits.tidy
def no_more(self, *, last):
    if self.counts.predictions:
        raise MemoryError("no more")
    as_it_is(self, last=last)
Commits.tidy = no_more
sys.exit(cli.run(build_parser()))
"""


def test_a_service_whose_writer_has_failed_ends_by_itself_with_a_code_that_is_started_again(
    world: World, tmp_path: Path
) -> None:
    out, command = tmp_path / "out", [sys.executable, "-c", FAILS, "run", "--model", MODEL, "--port", "0"]
    with out.open("w") as stream:
        more = environment(world, PYTHONPATH=str(REPOSITORY))
        process = subprocess.Popen(command, cwd=REPOSITORY, env=more, stdout=stream, stderr=stream)
    try:
        wait_for(lambda: re.search(r"on http://\S+:\d+", out.read_text()) or process.poll() is not None)
        [url] = re.findall(r"on (http://\S+:\d+)", out.read_text())
        with httpx.Client(base_url=url, timeout=60) as client:
            assert ask(client, GOOD).status_code == 200
        assert process.wait(timeout=30) == 4
    finally:
        process.kill()
    assert "MemoryError: no more" in out.read_text()
    assert "log.ended" in out.read_text()
    assert len(world.logged()) == 1


def test_a_command_that_is_run_again_under_its_name_logs_each_row_once(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, place in environment(world).items():
        monkeypatch.setenv(name, place)
    again = ["score", "--model", MODEL, "--set", world.training_set.id, "--once", "of march", "--json"]
    assert [cli.run(build_parser(), again) for _ in range(2)] == [0, 0]
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["rows"], first["id"]) == (second["rows"], second["id"])
    logged = world.logged()
    assert len(logged) == first["rows"] == len({one.prediction_id for one in logged})
    assert {one.request_id for one in logged} == {first["id"]}
