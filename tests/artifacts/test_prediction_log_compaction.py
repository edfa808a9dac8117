"""Compaction moves every prediction into Parquet once, killed or not, and a reader of both counts each once."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifacts import storage
from artifacts.errors import BadInput, Damaged
from artifacts.leftovers import KEPT_SECONDS
from artifacts.places import REPOSITORY
from artifacts.prediction_log import LogSettings, LogWriter, Prediction, compact, parts
from artifacts.prediction_log.kinds import Kinds
from tests.fixtures_prediction_log import ALWAYS, NOON, answered, bits, callers, ids, logged, prediction
from tests.reading_prediction_log import predictions, read_log
from tests.strategies_prediction_log import PREDICTIONS


def both(root: Path, start: datetime = ALWAYS[0], end: datetime = ALWAYS[1]) -> list[Prediction]:
    return list(predictions(root / "log", str(root / "parts"), start, end))


def run_compact(root: Path, **given_facts: Any) -> Any:
    return compact(root / "log", str(root / "parts"), **given_facts)


def query(root: Path, sql: str) -> list[Any]:
    files = f"read_parquet('{root}/parts/*/*/*/*/*.parquet', union_by_name=true)"
    return duckdb.connect().execute(sql.format(files=files)).fetchall()


def test_sealed_segments_become_parts_by_model_version_and_day(tmp_path: Path) -> None:
    records = [
        prediction(),
        prediction(asked_at=NOON + timedelta(days=1)),
        prediction(version=4),
        prediction(model="other"),
        prediction(),
    ]
    logged(tmp_path / "log", *records)
    done = run_compact(tmp_path)
    assert (len(done.parts), done.predictions, done.removed, done.left) == (4, 5, 1, 0)
    found = parts(str(tmp_path / "parts"))
    assert [(part.key.model, part.key.version, part.key.day, part.predictions) for part in found] == [
        ("late_arrival", 3, date(2013, 10, 1), 2),
        ("late_arrival", 3, date(2013, 10, 2), 1),
        ("late_arrival", 4, date(2013, 10, 1), 1),
        ("other", 3, date(2013, 10, 1), 1),
    ]
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == [
        ".lock",
        ".readers",
        ".tmp",
        "published-parts",
    ]
    assert sorted(map(bits_text, both(tmp_path))) == sorted(map(bits_text, records))


def bits_text(one: Prediction) -> str:
    """Comparable, whatever the order of the features."""
    found = bits(one)
    return repr({name: sorted(value.items()) if isinstance(value, dict) else value for name, value in found.items()})


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(records=st.lists(PREDICTIONS, min_size=1, max_size=8))
def test_parquet_keeps_every_bit(tmp_path_factory: pytest.TempPathFactory, records: list[Prediction]) -> None:
    root = tmp_path_factory.mktemp("root")
    with LogWriter(root / "log") as log:
        log.append(records)
    run_compact(root)
    found = both(root, datetime(1, 1, 1), datetime(9999, 12, 31, 23))
    assert sorted(map(bits_text, found)) == sorted(map(bits_text, records))


def test_features_and_entity_are_typed_columns_for_sql(tmp_path: Path) -> None:
    logged(tmp_path / "log", prediction(), prediction(features={"distance": 200, "carrier": None, "gust": None}))
    run_compact(tmp_path)
    [types] = query(
        tmp_path, "select typeof(features), typeof(entity), typeof(score), typeof(asked_at) from {files} limit 1"
    )
    assert types == (
        'STRUCT("distance" BIGINT, delay_mean_3h DOUBLE, carrier VARCHAR, is_weekend BOOLEAN, gust DOUBLE)',
        "STRUCT(carrier VARCHAR, flight BIGINT, scheduled_at TIMESTAMP)",
        "DOUBLE",
        "TIMESTAMP",
    )
    sql = "select sum(features.distance), count(features.carrier), min(day), max(version) from {files}"
    assert query(tmp_path, sql) == [(1600, 1, date(2013, 10, 1), 3)]


def test_parts_of_other_columns_are_read_together(tmp_path: Path) -> None:
    for features in ({"a": 1}, {"a": 1.5, "b": "x"}, {}):
        logged(tmp_path / "log", prediction(features=features, entity=None))
        run_compact(tmp_path)
    assert query(tmp_path, "select features.a, features.b from {files} order by 1") == [
        (1.0, None),
        (1.5, "x"),
        (None, None),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [{"a": 1}, {"a": 2.5}, {"a": None}],
        [{"a": 2**63}, {"a": -(2**63)}, {"a": 2**2000}],
        [{"a": 2**70}, {"a": 0.5}],
        [{"a": True}, {"a": 1}, {"a": "x"}, {"a": 1.0}],
        [{"a": 1, "A": 2}, {"a": 3, "A": 4}],
        [{"": 3, "b": 1}],
        [{"a\0": 4, "a": 1}],
        [{}, {"a": 1}, {"a": None}, {"b": None}],
        [{"a": math.nan}, {"a": math.inf}, {"a": -0.0}, {"a": 5e-324}],
        [{"a": math.nan}, {"a": 1}, {"a": "é\U0001f600\0"}],
    ],
)
def test_values_that_no_typed_column_holds_are_kept_exactly(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    records = [prediction(features=row, entity={**row, "day": date(2013, 10, 1)}) for row in rows]
    logged(tmp_path / "log", *records, prediction(features={}, entity=None), prediction(features={}, entity={}))
    wanted = [bits(one) for _, one in read_log(tmp_path / "log")]
    run_compact(tmp_path)
    assert [bits(one) for one in both(tmp_path)] == wanted
    assert len(query(tmp_path, "select * from {files}")) == len(rows) + 2


def test_names_that_sql_cannot_tell_apart_or_write_get_no_column() -> None:
    kinds = Kinds()
    kinds.see({"a": 1, "A": 2, "b": 3, "": 4, "c\0": 5})
    assert [field.name for field in kinds.columns().struct()] == ["b"]


def test_a_live_segment_is_left_alone_and_read_all_the_same(tmp_path: Path) -> None:
    old = prediction()
    logged(tmp_path / "log", old)
    with LogWriter(tmp_path / "log") as log:
        new = prediction()
        log.append([new])
        assert run_compact(tmp_path).predictions == 1
        assert [one.prediction_id for one in both(tmp_path)] == [old.prediction_id, new.prediction_id]
    assert run_compact(tmp_path).predictions == 1
    assert len(both(tmp_path)) == 2


def test_an_unsealed_segment_of_a_killed_process_is_compacted_without_its_torn_tail(tmp_path: Path) -> None:
    with callers(tmp_path / "log", threads=1, segment_bytes=10**9) as process:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        assert run_compact(tmp_path).predictions == 0
        process.send_signal(signal.SIGKILL)
        said += answered(process)
    [segment] = (tmp_path / "log").glob("*.log")
    with segment.open("ab") as stream:
        stream.write(b"\x10\x00")
    assert run_compact(tmp_path).torn_tails == 1
    assert Counter(one.prediction_id for one in both(tmp_path)) >= Counter(said)
    assert list((tmp_path / "log").glob("*.log")) == []


def test_every_folder_down_to_a_part_is_on_the_disk_before_its_segment_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, unlink = os.fsync, os.unlink

    def watch_sync(descriptor: int) -> None:
        done.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    def watch_unlink(path: Any, **rest: Any) -> None:
        done.append(f"unlink {Path(path).suffix}")
        unlink(path, **rest)

    monkeypatch.setattr(os, "fsync", watch_sync)
    monkeypatch.setattr(os, "unlink", watch_unlink)
    with LogWriter(tmp_path / "log" / "deep") as log:
        log.append([prediction()])
        assert str(tmp_path / "log" / "deep") in done
    compact(tmp_path / "log" / "deep", str(tmp_path / "parts"))
    assert done.index(str(tmp_path)) < done.index(str(tmp_path / "log")) < done.index("unlink .log")
    above = ["", "/parts", "/parts/model=late_arrival", "/parts/model=late_arrival/version=3"]
    for folder in [*above, f"{above[-1]}/day=2013-10-01"]:
        assert f"{tmp_path}{folder}" in done[: done.index("unlink .log")]
    seal, log = done.index("unlink .sealed"), done.index("unlink .log")
    assert str(tmp_path / "log" / "deep") in done[seal:log]
    assert str(tmp_path / "log" / "deep") in done[log:]


def test_compacting_again_does_nothing_and_an_empty_or_absent_log_is_no_error(tmp_path: Path) -> None:
    assert run_compact(tmp_path).removed == 0
    logged(tmp_path / "log", prediction())
    run_compact(tmp_path)
    again = run_compact(tmp_path)
    assert (again.parts, again.predictions, again.removed) == ([], 0, 0)


def test_a_segment_without_predictions_is_removed(tmp_path: Path) -> None:
    segment = logged(tmp_path / "log", prediction())
    segment.with_suffix(".sealed").unlink()
    os.truncate(segment, segment.read_bytes().index(b'{"shapes"'))
    assert run_compact(tmp_path).removed == 1
    assert both(tmp_path) == []


def test_small_batches_make_more_parts_of_the_same_predictions(tmp_path: Path) -> None:
    for _ in range(4):
        logged(tmp_path / "log", prediction(), prediction())
    before = sorted(ids(tmp_path / "log"))
    assert len(run_compact(tmp_path, batch_bytes=1).parts) == 4
    assert sorted(one.prediction_id for one in both(tmp_path)) == before


def test_more_rows_than_are_held_keep_their_order(tmp_path: Path) -> None:
    records = [prediction(version=number % 3 + 1) for number in range(7000)]
    with LogWriter(tmp_path / "log") as log:
        log.append(records)
    run_compact(tmp_path)
    wanted = sorted(records, key=lambda one: one.version)
    assert [one.prediction_id for one in both(tmp_path)] == [one.prediction_id for one in wanted]


def test_a_window_is_half_open_and_spans_parts_and_segments(tmp_path: Path) -> None:
    moments = [NOON + timedelta(hours=hours) for hours in (-1, 0, 12, 23, 24)]
    records = [prediction(asked_at=moment) for moment in moments]
    logged(tmp_path / "log", *records[:3])
    run_compact(tmp_path)
    logged(tmp_path / "log", *records[3:])
    assert both(tmp_path, moments[1], moments[4]) == records[1:4]
    assert both(tmp_path, moments[2], moments[2] + timedelta(microseconds=1)) == [records[2]]


def test_no_segment_goes_while_someone_reads_and_the_next_compaction_takes_it(tmp_path: Path) -> None:
    records = [prediction() for _ in range(3)]
    logged(tmp_path / "log", *records)
    reading = predictions(tmp_path / "log", str(tmp_path / "parts"), *ALWAYS)
    got = [next(reading)]
    done = run_compact(tmp_path)
    assert (done.predictions, done.removed, done.left) == (3, 0, 1)
    assert [*got, *reading] == records
    assert both(tmp_path) == records
    again = run_compact(tmp_path)
    assert (again.predictions, again.removed) == (0, 1)
    assert both(tmp_path) == records


def test_a_damaged_segment_stays_is_named_and_keeps_no_other_from_being_compacted(tmp_path: Path) -> None:
    first, last = prediction(), prediction()
    logged(tmp_path / "log", first)
    segment = logged(tmp_path / "log", prediction())
    logged(tmp_path / "log", last)
    content = bytearray(segment.read_bytes())
    content[-50] ^= 1
    segment.write_bytes(content)
    with pytest.raises(Damaged, match=segment.name):
        run_compact(tmp_path)
    assert list((tmp_path / "log").glob("*.log")) == [segment]
    assert [part.predictions for part in parts(str(tmp_path / "parts"))] == [2]
    with pytest.raises(Damaged, match=segment.name):
        both(tmp_path)


def test_parts_that_a_failed_compaction_published_are_told_by_the_one_that_ends_well_and_then_no_more(
    tmp_path: Path,
) -> None:
    segment = logged(tmp_path / "log", prediction(), prediction(version=4))
    # Both parts are published, and cannot be listed: the segment stays.
    (tmp_path / "log" / "published-parts").write_text("no part\n")
    with pytest.raises(Damaged, match="names no part"):
        run_compact(tmp_path)
    published = [part.published.uri for part in parts(str(tmp_path / "parts"))]
    assert (len(published), segment.exists()) == (2, True)
    (tmp_path / "log" / "published-parts").unlink()
    again = run_compact(tmp_path)
    assert (sorted(again.parts), again.predictions, again.removed) == (sorted(published), 0, 1)
    assert run_compact(tmp_path).parts == []


def test_parts_beside_a_damaged_segment_are_told_once_that_was_moved_away(tmp_path: Path) -> None:
    logged(tmp_path / "log", prediction(), prediction(version=4))
    segment = logged(tmp_path / "log", prediction())
    segment.write_bytes(segment.read_bytes()[:-40] + b"x" * 40)
    for _ in range(2):
        with pytest.raises(Damaged, match=segment.name):
            run_compact(tmp_path)
    assert list((tmp_path / "log").glob("*.log")) == [segment]
    for path in (segment, segment.with_suffix(".sealed")):
        path.rename(tmp_path / path.name)
    published = [part.published.uri for part in parts(str(tmp_path / "parts"))]
    told = run_compact(tmp_path).parts
    assert (len(told), sorted(told)) == (2, sorted(published))
    assert run_compact(tmp_path).parts == []


def test_two_predictions_with_one_id_are_not_compacted_and_not_read_from_parts(tmp_path: Path) -> None:
    one = prediction()
    logged(tmp_path / "log", one)
    run_compact(tmp_path)
    logged(tmp_path / "log", one)
    with pytest.raises(Damaged, match=one.prediction_id):
        both(tmp_path)
    logged(tmp_path / "log", one)
    with pytest.raises(Damaged, match=one.prediction_id):
        run_compact(tmp_path)
    assert len(list((tmp_path / "log").glob("*.log"))) == 2


def test_a_part_that_was_changed_keeps_its_segments_and_is_not_read(tmp_path: Path) -> None:
    logged(tmp_path / "log", prediction())
    reading = read_log(tmp_path / "log")
    next(reading)
    run_compact(tmp_path)
    reading.close()  # type: ignore[attr-defined]
    [file] = (tmp_path / "parts").rglob("*.parquet")
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    with pytest.raises(Damaged, match="sha256"):
        run_compact(tmp_path)
    assert len(list((tmp_path / "log").glob("*.log"))) == 1
    with pytest.raises(Damaged, match="sha256"):
        both(tmp_path)


def edit_facts(root: Path, **facts: Any) -> None:
    from artifacts.manifest import _digest

    [path] = (root / "parts").rglob("manifest.json")
    manifest = json.loads(path.read_text())
    manifest.pop("sha256")
    manifest["facts"] |= facts
    path.write_text(json.dumps({**manifest, "sha256": _digest(manifest)}))


@pytest.mark.parametrize("facts", [{"predictions": 2}, {"version": 4}, {"day": "2013-10-02"}])
def test_a_manifest_that_disagrees_with_its_part_is_damage(tmp_path: Path, facts: dict[str, Any]) -> None:
    logged(tmp_path / "log", prediction())
    run_compact(tmp_path)
    edit_facts(tmp_path, **facts)
    with pytest.raises(Damaged, match="its manifest"):
        both(tmp_path)


@pytest.mark.parametrize("name", ["0-copy", "copy"])
def test_a_part_that_was_copied_beside_itself_is_damage_and_to_be_moved_away(tmp_path: Path, name: str) -> None:
    import shutil

    logged(tmp_path / "log", prediction())
    run_compact(tmp_path)
    [part] = [path.parent for path in (tmp_path / "parts").rglob("manifest.json")]
    copy = shutil.copytree(part, part.with_name(name))
    with pytest.raises(Damaged) as refused:
        both(tmp_path)
    assert refused.value.code == "publish.damaged"
    assert refused.value.message.startswith(f"{copy} is damaged: segment ")
    assert refused.value.message.endswith(f" is in part {part.name} too.")
    assert refused.value.next_step == "Move the one of both that is a copy out of the log."
    shutil.move(copy, tmp_path / "away")
    both(tmp_path)


@pytest.mark.parametrize("spoilt", ["byte", "size", "manifest"])
def test_a_spoilt_part_is_to_be_restored_since_nothing_makes_it_again(tmp_path: Path, spoilt: str) -> None:
    logged(tmp_path / "log", prediction())
    run_compact(tmp_path)
    [path] = (tmp_path / "parts").rglob("manifest.json" if spoilt == "manifest" else "*.parquet")
    content = path.read_bytes()
    path.write_bytes(content[:-9] + (b"" if spoilt == "size" else b"damaged!!"))
    with pytest.raises(Damaged) as refused:
        both(tmp_path)
    assert refused.value.code == "publish.damaged"
    assert refused.value.next_step == "Restore it from a copy, under its own name."


def test_parts_are_told_by_model_version_and_window(tmp_path: Path) -> None:
    logged(tmp_path / "log", prediction(), prediction(version=4), prediction(model="other"))
    run_compact(tmp_path)
    into = str(tmp_path / "parts")
    assert len(parts(into, model="late_arrival")) == 2
    assert len(parts(into, model="late_arrival", version=4)) == 1
    assert parts(into, start=NOON + timedelta(hours=12)) == []
    assert parts(into, end=NOON - timedelta(hours=12)) == []
    assert len(parts(into, start=NOON, end=NOON + timedelta(hours=1))) == 3


def test_parts_go_to_an_object_store_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    into, one = f"memory://{tmp_path.name}", prediction()
    logged(tmp_path / "log", one)
    assert compact(tmp_path / "log", into).removed == 1
    assert list(predictions(tmp_path / "log", into, *ALWAYS)) == [one]


def test_pages_have_checksums(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    logged(tmp_path / "log", prediction(request_id="a" * 500))
    run_compact(tmp_path)
    [file] = (tmp_path / "parts").rglob("*.parquet")
    whole = file.read_bytes()
    offset = pq.ParquetFile(file).metadata.row_group(0).column(2).data_page_offset
    found = 0
    for at in range(offset + 20, offset + 60):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            pq.ParquetFile(file, page_checksum_verification=True).read()
        except (OSError, pa.ArrowException) as error:
            found += "CRC" in str(error)
    assert found > 0


def test_what_killed_writers_and_compactions_left_is_removed_a_day_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "log"
    logged(folder, prediction())
    draft, left = folder / ".20131001T000000000000-1-00000000.new", folder / ".tmp" / f"compaction.{'0' * 32}"
    draft.write_text("")
    left.mkdir(parents=True)
    run_compact(tmp_path)
    assert draft.exists()
    assert left.exists()
    tomorrow = time.time() + KEPT_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    logged(folder, prediction())
    run_compact(tmp_path)
    assert not draft.exists()
    assert not left.exists()


def test_one_compaction_works_at_a_time(tmp_path: Path) -> None:
    logged(tmp_path / "log", prediction())
    with storage.locked(str(tmp_path / "log")):
        waiting = threading.Thread(target=run_compact, args=(tmp_path,))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        assert not (tmp_path / "parts").exists()
    waiting.join()
    assert len(both(tmp_path)) == 1


def test_compaction_and_reading_beside_live_writers_lose_and_double_nothing(tmp_path: Path) -> None:
    records: list[Prediction] = []
    stop = threading.Event()

    def write(log: LogWriter) -> None:
        while not stop.is_set():
            one = prediction(version=len(records) % 2 + 1)
            log.append([one])
            records.append(one)

    with LogWriter(tmp_path / "log", LogSettings(segment_bytes=8192)) as log:
        threads = [threading.Thread(target=write, args=(log,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(8):
            time.sleep(0.1)
            run_compact(tmp_path)
            answered_before = {one.prediction_id for one in records}
            found = Counter(one.prediction_id for one in both(tmp_path))
            assert answered_before <= found.keys()
            assert set(found.values()) == {1}
        stop.set()
        for thread in threads:
            thread.join()
    assert len(parts(str(tmp_path / "parts"))) > 4
    run_compact(tmp_path)
    assert Counter(one.prediction_id for one in both(tmp_path)) == Counter(one.prediction_id for one in records)


KILLED_AT_EACH_STEP = """
import os, signal, shutil, sys
from pathlib import Path
from artifacts.prediction_log import compact
from tests.fixtures_prediction_log import ALWAYS, prediction
import pyarrow.parquet
root, first, step = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def killed_before(number):
    count = 0
    def counted(call):
        def instead(*args, **kwargs):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)
        return instead
    for name in ("fsync", "rename", "unlink", "mkdir"):
        setattr(os, name, counted(getattr(os, name)))
    compact(root / f"log{number}", str(root / f"parts{number}"))

for number in range(first, 1000, step):
    shutil.copytree(root / "log", root / f"log{number}")
    child = os.fork()
    if child == 0:
        killed_before(number)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(number, status, flush=True)
    if status != -signal.SIGKILL:
        break
"""


def test_a_compaction_killed_at_any_step_loses_and_doubles_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        logged(tmp_path / "log", prediction(), prediction(version=4))
    wanted = sorted(ids(tmp_path / "log"))
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_STEP, str(tmp_path), "1", "1"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    steps = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert steps[-1][1] == 0
    assert len(steps) > 15
    seen = set()
    for number, status in steps:
        log, into = tmp_path / f"log{number}", str(tmp_path / f"parts{number}")
        state = (len(parts(into)), len(list(log.glob("*.log"))), len(list(log.glob("*.sealed"))))
        seen.add(state)
        assert sorted(one.prediction_id for one in predictions(log, into, *ALWAYS)) == wanted
        told = compact(log, into).parts
        # What ended well has told itself.
        assert sorted(told) == ([part.published.uri for part in parts(into)] if status else [])
        assert sorted(one.prediction_id for one in predictions(log, into, *ALWAYS)) == wanted
        assert sum(part.predictions for part in parts(into)) == 4
        assert list(log.glob("*.log")) == []
    # Nothing published, one of two parts, both with all segments, one or all without a seal, one gone, all gone.
    assert {(0, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 1), (2, 2, 0), (2, 1, 0), (2, 0, 0)} <= seen


def test_a_file_in_the_logs_place_is_refused_by_the_command_that_the_runbook_names(tmp_path: Path) -> None:
    assert run_compact(tmp_path).parts == []
    (tmp_path / "log").write_text("a file where the log's folder should be")
    with pytest.raises(BadInput, match="is no place to keep anything") as refused:
        run_compact(tmp_path)
    assert refused.value.code == "place.invalid"
