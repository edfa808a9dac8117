"""Whatever ends a writer, its answers are in the log, each once; a full disk answers nobody whom it does not keep."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY
from artifacts.prediction_log import Durability, Tally, compact
from tests.fixtures_prediction_log import ALWAYS, answered, callers, ids
from tests.reading_prediction_log import predictions, read_log


@pytest.mark.parametrize(
    ("kills", "durability"), [(3, "each"), (2, "interval"), pytest.param(20, "each", marks=pytest.mark.slow)]
)
def test_every_answer_of_killed_writers_is_found_exactly_once(
    tmp_path: Path, kills: int, durability: Durability
) -> None:
    said: list[str] = []
    moments = random.Random(kills)
    for _ in range(kills):
        with callers(tmp_path / "log", segment_bytes=8192, durability=durability) as process:
            assert process.stdout is not None
            for _ in range(20):
                said += process.stdout.readline().split()
            time.sleep(moments.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
            said += answered(process)
    tally = Tally()
    found = Counter(one.prediction_id for _, one in read_log(tmp_path / "log", tally))
    assert len(said) >= 60 * kills
    assert {found[one] for one in said} == {1}
    assert tally.segments > kills
    compact(tmp_path / "log", str(tmp_path / "parts"))
    assert list((tmp_path / "log").glob("*.log")) == []
    assert (
        Counter(one.prediction_id for one in predictions(tmp_path / "log", str(tmp_path / "parts"), *ALWAYS)) == found
    )


def test_a_kill_in_the_midst_of_a_frame_leaves_a_tail_that_is_cut_off(tmp_path: Path) -> None:
    half_way = """
import os, signal, sys
from pathlib import Path
from artifacts.prediction_log import LogWriter
from tests.fixtures_prediction_log import prediction
log = LogWriter(Path(sys.argv[1]))
log.append([prediction()])
write = os.pwrite
def half(descriptor, content, offset):
    write(descriptor, content[:len(content) // 2], offset)
    os.kill(os.getpid(), signal.SIGKILL)
os.pwrite = half
log.append([prediction()])
"""
    assert run(half_way, tmp_path).returncode == -signal.SIGKILL
    tally = Tally()
    assert len(list(read_log(tmp_path, tally))) == 1
    assert tally.torn_tails == 1
    assert tally.torn_bytes > 0


FULL = """
import resource, sys
from pathlib import Path
from artifacts.errors import Unavailable
from artifacts.prediction_log import LogWriter
from tests.fixtures_prediction_log import prediction
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
codes = []
with LogWriter(folder) as log:
    def fill():
        while True:
            one = prediction()
            try:
                log.append([one])
            except Unavailable as refusal:
                codes.append(refusal.code)
                print("refused", one.prediction_id)
                return
            print("answered", one.prediction_id)
    fill()
    if not limit:
        for _ in range(50):
            fill()
        (folder / "ballast").unlink()
    last = prediction()
    log.append([last])
    print("answered", last.prediction_id)
    if limit:
        fill()
    else:
        assert len(list(folder.glob("*.log"))) == 1
assert set(codes) == {"log.no_room"}, codes
"""


def run(script: str, *arguments: object, before: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    if before:
        command = ["unshare", "-Urm", "sh", "-c", f'{before} && exec "$@"', "sh", *command]
    return subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False)


def said_of(output: str) -> tuple[list[str], set[str]]:
    lines = [line.split() for line in output.splitlines()]
    return [one for word, one in lines if word == "answered"], {one for word, one in lines if word == "refused"}


def test_a_file_that_may_not_grow_refuses_keeps_the_answers_and_a_new_segment_begins(tmp_path: Path) -> None:
    done = run(FULL, tmp_path, 10_000)
    assert done.returncode == 0, done.stderr
    kept, refused = said_of(done.stdout)
    assert ids(tmp_path) == kept
    assert (len(kept) > 20, len(refused)) == (True, 2)


CAN_MOUNT = run("", before="mount -t tmpfs none /mnt").returncode == 0


@pytest.mark.skipif(not CAN_MOUNT, reason="no tmpfs can be mounted here; the test above bounds the file instead")
def test_a_full_disk_refuses_keeps_the_answers_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    small = f"mount -t tmpfs -o size=256k none {tmp_path}/disk && head -c 100000 /dev/zero > {tmp_path}/disk/ballast"
    copied = FULL + f"\nimport shutil; shutil.copytree(folder, {str(tmp_path / 'log')!r})\n"
    done = run(copied, tmp_path / "disk", 0, before=small)
    assert done.returncode == 0, done.stderr
    kept, refused = said_of(done.stdout)
    assert ids(tmp_path / "log") == kept
    assert (len(kept) > 100, len(refused)) == (True, 51)


FULL_FOR_PARQUET = """
import errno, sys
from pathlib import Path
from artifacts.errors import Unavailable
from artifacts.prediction_log import compact
from tests.fixtures_prediction_log import ALWAYS, logged, prediction
from tests.reading_prediction_log import predictions
disk = Path(sys.argv[1])
for number in range(40):
    logged(disk / "log", *(prediction(request_id=f"{number}{other}" * 40) for other in range(3)))
try:
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(512))
except OSError as error:
    assert error.errno == errno.ENOSPC
try:
    compact(disk / "log", str(disk / "parts"))
except Unavailable as refusal:
    print(refusal.code)
assert len(list((disk / "log").glob("*.log"))) == 40
(disk / "ballast").unlink()
assert compact(disk / "log", str(disk / "parts")).predictions == 120
assert len(list(predictions(disk / "log", str(disk / "parts"), *ALWAYS))) == 120
"""


@pytest.mark.skipif(not CAN_MOUNT, reason="no tmpfs can be mounted here")
def test_a_compaction_that_finds_no_room_removes_nothing_and_can_be_tried_again(tmp_path: Path) -> None:
    done = run(FULL_FOR_PARQUET, tmp_path, before=f"mount -t tmpfs -o size=1500k none {tmp_path}")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "publish.no_place\n"
