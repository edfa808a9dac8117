"""What was answered is in the log, once and bit for bit, whoever appends."""

import asyncio
import errno
import math
import os
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifacts.errors import BadInput, Unavailable
from artifacts.places import REPOSITORY
from artifacts.prediction_log import LogSettings, LogWriter, Prediction, Tally, backlog, compact
from artifacts.prediction_log.coding import encode, payload
from artifacts.settings import read_settings
from tests.fixtures_prediction_log import bits, ids, logged, prediction
from tests.reading_prediction_log import read_log
from tests.strategies_prediction_log import PREDICTIONS


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(PREDICTIONS, max_size=4), max_size=4))
def test_what_was_logged_reads_back_bit_for_bit(tmp_path_factory: pytest.TempPathFactory, appends: Any) -> None:
    folder = tmp_path_factory.mktemp("log")
    with LogWriter(folder) as log:
        for records in appends:
            log.append(records)
    wanted = [one for records in appends for one in records]
    assert [bits(one) for _, one in read_log(folder)] == [bits(one) for one in wanted]


@pytest.mark.parametrize("pattern", ["7ff8000000000001", "fff8000000000000", "8000000000000000", "0000000000000001"])
def test_a_score_and_a_feature_keep_their_very_bits(tmp_path: Path, pattern: str) -> None:
    [value] = struct.unpack(">d", bytes.fromhex(pattern))
    logged(tmp_path, prediction(score=value, features={"x": value, "text": "NaN"}))
    [(_, found)] = read_log(tmp_path)
    assert struct.pack(">d", found.score).hex() == pattern
    assert struct.pack(">d", found.features["x"]).hex() == pattern
    assert found.features["text"] == "NaN"


def test_numpy_floats_are_kept_as_the_floats_that_they_are(tmp_path: Path) -> None:
    import numpy as np

    logged(tmp_path, prediction(score=np.float64(0.1), features={"x": np.float64(-0.0)}))
    [(_, found)] = read_log(tmp_path)
    assert (found.score, math.copysign(1, found.features["x"])) == (0.1, -1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_facts", "wrong"),
    [
        ({"prediction_id": "A" * 32}, "wanted 32 hex digits"),
        ({"via": "mail"}, "wanted one of batch, http, invocations"),
        ({"asked_at": datetime(2013, 10, 1, tzinfo=UTC)}, "wanted naive UTC"),
        ({"score": 1}, "wanted a float64"),
        ({"version": 0}, "from 1 on"),
        ({"version": True}, "from 1 on"),
        ({"model": "../x"}, "name of|model is"),
    ],
)
def test_a_prediction_that_no_reader_could_use_is_not_made(given_facts: dict[str, Any], wrong: str) -> None:
    with pytest.raises(BadInput, match=wrong):
        prediction(**given_facts)


@pytest.mark.parametrize(
    "given_facts",
    [
        {"features": {"x": "\ud800"}},
        {"request_id": "\ud800"},
        {"features": {"x": b"bytes"}},
        {"features": {"x": datetime(2013, 10, 1)}},
        {"features": {"x": [1]}},
        {"features": {"x": {"bits": "00"}}},
        {"entity": {"x": datetime(2013, 10, 1, tzinfo=UTC)}},
        {"features": {"x": 1.0, "text": b"NaN"}, "score": math.nan},
    ],
)
def test_what_json_would_change_is_refused_and_the_rest_is_logged(tmp_path: Path, given_facts: dict[str, Any]) -> None:
    good = prediction()
    with LogWriter(tmp_path) as log:
        with pytest.raises(BadInput, match="cannot be logged") as refusal:
            log.append([good, prediction(**given_facts)])
        log.append([good])
    assert refusal.value.code == "log.invalid"
    assert ids(tmp_path) == [good.prediction_id]


def test_an_append_with_one_id_twice_is_refused(tmp_path: Path) -> None:
    one = prediction()
    with LogWriter(tmp_path) as log, pytest.raises(BadInput, match="one prediction_id"):
        log.append([one, replace(one, score=0.5)])


def test_an_append_beyond_a_frame_is_refused(tmp_path: Path) -> None:
    with LogWriter(tmp_path) as log, pytest.raises(BadInput, match="at most 16777216 an append"):
        log.append([prediction(features={"x": "a" * 17_000_000})])


def test_what_predictions_have_in_common_is_written_once_a_segment() -> None:
    known: dict[Any, int] = {}
    first, second = (len(payload(encode([prediction()]), known)) for _ in range(2))
    assert first - second > len("delay_mean_3h") + 64


def test_eight_threads_log_everything_and_share_their_syncs(tmp_path: Path) -> None:
    records = [prediction() for _ in range(400)]
    with LogWriter(tmp_path) as log, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: log.append([one]), records))
        counts = log.counts()
    assert sorted(ids(tmp_path)) == sorted(one.prediction_id for one in records)
    assert (counts.appends, counts.predictions) == (400, 400)
    assert 0 < counts.syncs < 300


def test_each_caller_waits_for_a_sync_of_what_it_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fdatasync

    def watch(descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        sync(descriptor)
        synced.append(size)

    monkeypatch.setattr(os, "fdatasync", watch)
    with LogWriter(tmp_path) as log:
        for count in range(1, 4):
            log.append([prediction()])
            [segment] = tmp_path.glob("*.log")
            assert (len(synced), synced[-1]) == (count, segment.stat().st_size)


def test_by_interval_an_answer_waits_for_no_sync_and_a_sync_comes_soon(tmp_path: Path) -> None:
    with LogWriter(tmp_path, LogSettings(durability="interval", sync_seconds=10)) as log:
        for _ in range(20):
            log.append([prediction()])
        assert log.counts().syncs <= 1
        until(lambda: log.counts().syncs >= 1)
        assert log.counts().syncs <= 2
    assert len(ids(tmp_path)) == 20


def test_coroutines_hand_over_too_and_share_their_syncs(tmp_path: Path) -> None:
    records = [prediction() for _ in range(100)]

    async def all_of_them(log: LogWriter) -> None:
        await asyncio.gather(*(asyncio.wrap_future(log.submit(encode([one]))) for one in records))

    with LogWriter(tmp_path) as log:
        asyncio.run(all_of_them(log))
        assert log.counts().syncs < 100
    assert ids(tmp_path) == [one.prediction_id for one in records]


def test_a_coroutine_that_is_cancelled_harms_nobody(tmp_path: Path) -> None:
    async def cancelled(log: LogWriter) -> None:
        waiting = asyncio.ensure_future(asyncio.wrap_future(log.submit(encode([prediction()]))))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wrap_future(log.submit(encode([prediction()])))

    with LogWriter(tmp_path) as log:
        asyncio.run(cancelled(log))
        log.append([prediction()])
    assert len(ids(tmp_path)) == 3


PROCESS = """
import sys
from pathlib import Path
from artifacts.prediction_log import LogWriter
from tests.fixtures_prediction_log import prediction
with LogWriter(Path(sys.argv[1])) as log:
    sys.stdin.readline()
    for _ in range(50):
        log.append([prediction()])
"""


def test_processes_write_side_by_side(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    writers = [subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, env=env) for _ in range(3)]
    assert [writer.communicate(b"go\n") and writer.returncode for writer in writers] == [0, 0, 0]
    tally = Tally()
    assert len({one.prediction_id for _, one in read_log(tmp_path, tally)}) == 150
    assert (tally.segments, tally.predictions, tally.torn_tails) == (3, 150, 0)


def test_a_full_segment_is_sealed_and_the_next_one_begins(tmp_path: Path) -> None:
    records = [prediction() for _ in range(60)]
    with LogWriter(tmp_path, LogSettings(segment_bytes=4096)) as log:
        for one in records:
            log.append([one])
        # One is under way, or has just been sealed.
        assert len(list(tmp_path.glob("*.sealed"))) >= log.counts().segments - 1 >= 3
    assert len(list(tmp_path.glob("*.sealed"))) == len(list(tmp_path.glob("*.log")))
    assert ids(tmp_path) == [one.prediction_id for one in records]


def test_an_old_segment_is_sealed_though_nobody_appends(tmp_path: Path) -> None:
    with LogWriter(tmp_path, LogSettings(segment_seconds=5)) as log:
        log.append([prediction()])
        assert list(tmp_path.glob("*.sealed")) == []
        until(lambda: len(list(tmp_path.glob("*.sealed"))) == 1)
        log.append([prediction()])
    assert len(list(tmp_path.glob("*.log"))) == 2


def test_a_closed_log_takes_nothing_more(tmp_path: Path) -> None:
    log = LogWriter(tmp_path)
    log.close()
    log.close()
    assert not log.has_failed
    with pytest.raises(Unavailable, match="was closed") as refusal:
        log.append([prediction()])
    assert refusal.value.code == "log.closed"
    assert list(tmp_path.glob("*")) == []


def test_a_fork_of_the_writer_is_refused_instead_of_waiting_for_ever(tmp_path: Path) -> None:
    with LogWriter(tmp_path) as log:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            try:
                log.append([prediction()])
            except Unavailable:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_failed_sync_refuses_all_who_waited_for_it_and_takes_their_records_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, lost, last = (prediction() for _ in range(3))

    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with LogWriter(tmp_path) as log:
        log.append([first])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            with pytest.raises(Unavailable, match="Input/output error") as refusal:
                log.append([lost])
        assert ids(tmp_path) == [first.prediction_id]
        log.append([last])
        assert (log.counts().refused, log.counts().segments) == (1, 2)
    assert refusal.value.code == "log.unwritable"
    assert ids(tmp_path) == [first.prediction_id, last.prediction_id]


def test_as_long_as_a_refused_record_cannot_be_taken_back_everything_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, lost, last = (prediction() for _ in range(3))

    def fail(*_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with LogWriter(tmp_path) as log:
        log.append([first])
        with monkeypatch.context() as patch:
            patch.setattr(os, "ftruncate", fail)
            with monkeypatch.context() as also:
                also.setattr(os, "fdatasync", fail)
                with pytest.raises(Unavailable):
                    log.append([lost])
            with pytest.raises(Unavailable):
                log.append([last])
        log.append([last])
    assert ids(tmp_path) == [first.prediction_id, last.prediction_id]


def test_by_interval_a_failed_sync_is_counted_and_a_new_segment_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with LogWriter(tmp_path, LogSettings(durability="interval", sync_seconds=0.05)) as log:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            log.append([prediction()])
            until(lambda: log.counts().failed_syncs == 1)
        log.append([prediction()])
        assert (log.counts().failed_syncs, log.counts().segments) == (1, 2)
    assert len(ids(tmp_path)) == 2


def test_an_unexpected_error_reaches_the_caller_and_the_writer_lives_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise RuntimeError("no more")

    with LogWriter(tmp_path) as log:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            with pytest.raises(Unavailable, match="no more"):
                log.append([prediction()])
        log.append([prediction()])
    assert len(ids(tmp_path)) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_the_thread_that_writes_ends_nobody_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()

    def fail(_: int) -> None:
        hold.wait(10)
        raise MemoryError

    with LogWriter(tmp_path, LogSettings(segment_bytes=4096)) as log:
        log.append([prediction()])
        monkeypatch.setattr(os, "fsync", fail)
        log.append([prediction(request_id="r" * 4096)])
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(log.append, [prediction()])
            time.sleep(0.1)
            hold.set()
            with pytest.raises(Unavailable, match="has failed"):
                waiting.result(10)
        with pytest.raises(Unavailable, match="has failed"):
            log.append([prediction()])
        assert log.has_failed
    assert len(ids(tmp_path)) == 2


def _close_and_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the segment that the thread closes be closed, and fail, as a network file system may."""
    close = os.close

    def closed(descriptor: int) -> None:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        close(descriptor)
        if is_file and threading.current_thread().name == "prediction-log":
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "close", closed)


def test_a_refused_segment_that_fails_to_close_keeps_nobody_waiting_and_the_writer_lives_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with LogWriter(tmp_path) as log, ThreadPoolExecutor(1) as threads:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            _close_and_fail(patch)
            with pytest.raises(Unavailable, match="Input/output error"):
                threads.submit(log.append, [prediction()]).result(10)
        log.append([prediction()])
    assert len(ids(tmp_path)) == 1


def test_a_sealed_segment_that_fails_to_close_is_sealed_and_the_next_answers_are_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LogWriter(tmp_path, LogSettings(segment_bytes=4096)) as log:
        _close_and_fail(monkeypatch)
        for _ in range(3):
            log.append([prediction(request_id="r" * 4096)])
        until(lambda: len(list(tmp_path.glob("*.sealed"))) == 3)
        assert log.counts().failed_seals == 0
    assert len(ids(tmp_path)) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whatever_goes_wrong_while_a_group_is_taken_back_its_callers_hear_of_the_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: int) -> None:
        raise RuntimeError("no more")

    with LogWriter(tmp_path) as log, ThreadPoolExecutor(1) as threads:
        log.append([prediction()])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            patch.setattr(os, "ftruncate", fail)
            waiting = threads.submit(log.append, [prediction()])
            with pytest.raises(Unavailable, match="no more"):
                waiting.result(10)


def test_a_probe_says_whether_the_log_takes_anything_and_is_no_prediction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with LogWriter(tmp_path / "log") as log:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            with pytest.raises(Unavailable, match="no room"):
                log.probe().result(10)
        [segment] = (tmp_path / "log").glob("*.log")
        before = segment.stat().st_size
        log.probe().result(10)
        assert segment.stat().st_size - before > 65_536
        one = prediction()
        log.append([one])
    assert ids(tmp_path / "log") == [one.prediction_id]
    assert compact(tmp_path / "log", str(tmp_path / "parts")).predictions == 1
    with pytest.raises(Unavailable, match="was closed"):
        log.probe()


def test_a_seal_that_fails_loses_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = LogWriter(tmp_path)
    log.append([prediction()])

    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        log.close()
    assert log.counts().failed_seals == 1
    assert len(ids(tmp_path)) == 1
    assert list(tmp_path.glob("*.sealed")) == []


def test_after_a_seal_that_fails_the_next_answers_go_to_a_new_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()

    def fail(_: int) -> None:
        failed.set()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with LogWriter(tmp_path, LogSettings(segment_bytes=4096)) as log:
        log.append([prediction()])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            log.append([prediction(request_id="r" * 4096)])
            assert failed.wait(10)
            time.sleep(0.1)
        log.append([prediction()])
        assert (log.counts().failed_seals, log.counts().segments) == (1, 2)
    assert len(ids(tmp_path)) == 3


def test_a_segment_that_cannot_begin_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with LogWriter(tmp_path) as log, monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(Unavailable):
            log.append([prediction()])
        assert list(tmp_path.iterdir()) == []


def test_a_shape_that_was_refused_is_written_with_the_next_one_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, lost, last = prediction(), prediction(features={"new": 1}), prediction(features={"new": 2})

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with LogWriter(tmp_path) as log:
        log.append([first])
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", fail)
            with pytest.raises(Unavailable, match="No space left") as refusal:
                log.append([lost])
        log.append([last])
        assert log.counts().segments == 1
    assert refusal.value.code == "log.no_room"
    assert [one for _, one in read_log(tmp_path)] == [first, last]


def test_a_folder_that_cannot_be_made_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with LogWriter(tmp_path / "file" / "log") as log, pytest.raises(Unavailable, match="cannot be written") as refusal:
        log.append([prediction()])
    assert refusal.value.code == "log.unwritable"


def test_the_backlog_is_told_while_the_segment_is_written(tmp_path: Path) -> None:
    assert backlog(tmp_path / "nothing").predictions == 0
    logged(tmp_path, prediction(), prediction())
    with LogWriter(tmp_path) as log:
        log.append([prediction() for _ in range(5)])
        found = backlog(tmp_path)
    assert (found.segments, found.predictions) == (2, 7)
    size = sum(path.stat().st_size for path in tmp_path.glob("*.log"))
    assert found.bytes <= size


def test_the_backlog_leaves_a_torn_tail_out(tmp_path: Path) -> None:
    segment = logged(tmp_path, prediction(), prediction())
    os.truncate(segment, segment.stat().st_size - 200)
    assert backlog(tmp_path).predictions == 1


def test_the_backlog_takes_an_empty_file_for_no_predictions(tmp_path: Path) -> None:
    (tmp_path / "20131001T000000000000-1-00000000.log").write_bytes(b"")
    assert (backlog(tmp_path).segments, backlog(tmp_path).predictions) == (1, 0)


def test_reading_holds_one_frame_at_a_time(tmp_path: Path) -> None:
    import tracemalloc

    with LogWriter(tmp_path, LogSettings(segment_bytes=1_000_000)) as log:
        for _ in range(60):
            log.append([prediction() for _ in range(200)])
    tracemalloc.start()
    count = sum(1 for _ in read_log(tmp_path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 28 MB are for the ids of the last million predictions, whatever the log's size.
    assert (count, peak < 32_000_000) == (12_000, True)


def test_settings_come_from_the_environment_under_the_callers_prefix() -> None:
    found = read_settings(LogSettings, "SERVING_LOG_", {"SERVING_LOG_DURABILITY": "interval"})
    assert (found.durability, found.segment_bytes) == ("interval", 64 * 2**20)


@pytest.mark.parametrize(
    "given_settings",
    [{"durability": "none"}, {"sync_seconds": 0}, {"segment_bytes": 1}, {"segment_seconds": 0}, {"unknown": 1}],
)
def test_settings_out_of_bounds_are_refused(given_settings: dict[str, Any]) -> None:
    environ = {f"X_{name.upper()}": str(value) for name, value in given_settings.items()}
    with pytest.raises(BadInput):
        read_settings(LogSettings, "X_", environ)


def test_a_thread_that_waits_keeps_no_other_from_appending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold, sync = threading.Event(), os.fdatasync

    def slow(descriptor: int) -> None:
        hold.wait(10)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)
    with LogWriter(tmp_path) as log, ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(log.append, [prediction()]) for _ in range(8)]
        time.sleep(0.2)
        assert not any(one.done() for one in waiting)
        hold.set()
        assert [one.result() for one in waiting] == [None] * 8
        assert log.counts().syncs <= 2


def test_dates_of_an_entity_stay_dates(tmp_path: Path) -> None:
    entity = {"day": date(2013, 10, 1), "at": datetime(2013, 10, 1), "none": None}
    logged(tmp_path, prediction(entity=entity), prediction(entity=None), prediction(entity={}))
    found: list[Prediction] = [one for _, one in read_log(tmp_path)]
    assert [one.entity for one in found] == [entity, None, {}]
    assert type(found[0].entity["day"]) is date  # type: ignore[index]
