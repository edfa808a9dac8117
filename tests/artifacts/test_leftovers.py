"""A temporary folder of ours whose process was killed goes with the next one; all others stay."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import pytest

from artifacts.leftovers import MAKING_SECONDS, temporary_folder
from artifacts.places import REPOSITORY
from tests.fixtures_prediction_log import logged, prediction

ROOMS = ("artifacts", "ingestion", "features", "training", "serving", "monitoring", "plugins")
HOLDERS = {
    "a folder": """
with temporary_folder("thing") as folder:
    (folder / "spilled").write_text("x")
    wait()
""",
    "predictions that are not compacted": """
with tables(Log(Path(sys.argv[1]), sys.argv[2], "late_arrival"), None, None, None):
    wait()
""",
    "ids beyond what is held in memory": """
with Twice(held=1) as twice:
    for number in range(3):
        twice.add(f"{number:032x}", "segment", number)
    wait()
""",
}
BEGIN = """
import sys, time
from pathlib import Path
from artifacts.leftovers import temporary_folder
from artifacts.prediction_log import Log, tables
from artifacts.prediction_log.twice import Twice
def wait():
    print("made", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("what", HOLDERS)
def test_what_a_killed_process_left_goes_with_the_next_folder_and_what_one_at_work_has_does_not(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    logged(tmp_path / "log", prediction())
    command = [sys.executable, "-c", BEGIN + HOLDERS[what], str(tmp_path / "log"), str(tmp_path / "parts")]
    environ = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "made\n"
        later = time.time() + MAKING_SECONDS + 10
        monkeypatch.setattr(time, "time", lambda: later)
        [left] = names(scratch)
        assert list((scratch / left).iterdir())
        with temporary_folder("next") as own:
            assert names(scratch) == {left, own.name}
        process.send_signal(signal.SIGKILL)
    assert names(scratch) == {left}
    with temporary_folder("next") as own:
        assert names(scratch) == {own.name}
    assert names(scratch) == set()


def test_what_is_being_made_and_what_is_not_ours_stays(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, foreign = f"shipshape-thing.{uuid4().hex}", f"thing.{uuid4().hex}"
    for name in (ours, foreign):
        (scratch / name).mkdir()
    with temporary_folder("next") as own:
        assert names(scratch) == {ours, foreign, own.name}
    later = time.time() + MAKING_SECONDS + 10
    monkeypatch.setattr(time, "time", lambda: later)
    with temporary_folder("next"):
        pass
    assert names(scratch) == {foreign}


def test_no_room_makes_a_temporary_folder_that_stays_when_it_is_killed() -> None:
    files = [path for room in ROOMS for path in (REPOSITORY / room).rglob("*.py")]
    made = {
        path.relative_to(REPOSITORY).as_posix()
        for path in files
        if re.search(r"mkdtemp|TemporaryDirectory", path.read_text())
    }
    # The cache removes by itself what killed downloads left in it.
    assert made == {"artifacts/cache.py"}
