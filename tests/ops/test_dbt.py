"""Plain dbt keeps out of a warehouse that another process has, says so in a sentence, and else ends as dbt ends."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from artifacts.errors import Unavailable
from artifacts.places import REPOSITORY
from features.build_lock import turn

HELD = r"features\.warehouse_in_use: A build, or `make dbt`, holds .*/warehouse\. Wait for it to end, and try again\.\n"
OPEN = r"features\.warehouse_in_use: The warehouse is open in another process: .* \(PID \d+\).*\n"
# Five hours of it.
LASTING = "select sum(sqrt(a.range * b.range)) as s from range(10000000) as a, range(10000000) as b"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ops.dbt", *arguments]


def dbt(home: Path, *arguments: str) -> tuple[int, str, str]:
    """How plain dbt ended in this home, and what it said on stdout and on stderr."""
    environ = environment(home)
    done = subprocess.run(command(*arguments), cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def environment(home: Path) -> dict[str, str]:
    own = {"PIPELINE_HOME": str(home), "DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home)}
    return {**os.environ, **own}


@pytest.mark.parametrize(
    "arguments", [("build", "-s", "late_arrival"), ("docs", "generate"), ("--target-path", "clean", "build")]
)
def test_beside_a_build_dbt_is_refused_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with turn(tmp_path / "warehouse"):
        code, said, complained = dbt(tmp_path, *arguments)
    assert (code, said) == (4, "")
    assert re.fullmatch(HELD, complained), complained


def test_beside_a_shell_in_the_warehouse_dbt_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir()
    with duckdb.connect(str(tmp_path / "warehouse" / "shipshape.duckdb")):
        code, said, complained = dbt(tmp_path, "docs", "generate")
    assert (code, said) == (4, "")
    assert re.fullmatch(OPEN, complained), complained


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [(("--version",), "core:"), (("ls", "--quiet", "-s", "late_arrival"), "shipshape.training_sets.late_arrival\n")],
)
def test_what_opens_no_warehouse_waits_for_none(tmp_path: Path, arguments: tuple[str, ...], wanted: str) -> None:
    with turn(tmp_path / "warehouse"):
        code, said, _ = dbt(tmp_path, *arguments)
    assert code == 0
    assert wanted in said.lower()


def test_dbt_ends_with_its_own_words_and_exit_codes(tmp_path: Path) -> None:
    code, said, complained = dbt(tmp_path, "show", "--inline", "select 1 + 1 as two", "--output", "json")
    assert (code, '"two": 2' in said, complained) == (0, True, "")
    code, said, _ = dbt(tmp_path, "show", "--inline", "select wrong")
    assert (code, 'Referenced column "wrong" was not found' in said) == (2, True), said
    code, _, complained = dbt(tmp_path, "build", "--wrong")
    assert (code, "No such option" in complained) == (2, True), complained


def test_an_as_of_that_was_left_in_the_environment_is_not_that_of_plain_dbt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPSHAPE_AS_OF", "2013-11-01")
    inline = ("compile", "--inline", "select {{ as_of() }} as moment")
    code, said, _ = dbt(tmp_path, *inline, "--vars", "{as_of: 2013-12-01}")
    assert (code, "timestamp '2013-12-01'" in said) == (0, True), said


def test_a_build_waits_for_dbt_until_it_has_ended(tmp_path: Path) -> None:
    lasting = command("show", "--inline", LASTING)
    with subprocess.Popen(lasting, cwd=REPOSITORY, env=environment(tmp_path), stdout=subprocess.DEVNULL) as running:
        try:
            until = time.monotonic() + 60
            # Its log; to ask for the warehouse before could refuse dbt.
            while not (tmp_path / "dbt.log").exists() and time.monotonic() < until:
                time.sleep(0.05)
            assert running.poll() is None
            assert is_held(tmp_path / "warehouse")
        finally:
            running.kill()
    assert not is_held(tmp_path / "warehouse")


def is_held(warehouse: Path) -> bool:
    try:
        with turn(warehouse, wait_seconds=0):
            return False
    except Unavailable:
        return True
