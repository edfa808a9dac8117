"""The tables of a window are those that may hold a row of it: these are verified, what lies outside is not opened."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from artifacts import publish
from artifacts.errors import Damaged
from artifacts.prediction_log import Log, Part, compact, parts, tables
from artifacts.prediction_log.part import FILE, KIND
from tests.fixtures_prediction_log import NOON, logged, prediction

DAY = timedelta(days=1)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Three parts that were all asked for on one day, about the first, second and third day after it."""
    for day in (1, 2, 3):
        flights = [{"carrier": "UA", "scheduled_at": NOON + day * DAY + timedelta(hours=hour)} for hour in (0, 5)]
        logged(tmp_path / "log", *(prediction(entity=one) for one in flights))
        compact(tmp_path / "log", str(tmp_path / "parts"))
    return Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")


def part(log: Log, day: int) -> Part:
    return next(one for one in parts(log.into) if first(one) == NOON + day * DAY)


def first(one: Part) -> datetime:
    assert one.moments is not None
    found = one.moments["entity.scheduled_at"]
    assert found is not None
    return found[0]


def opened(log: Log, start: datetime | None, end: datetime | None) -> int:
    with tables(log, "scheduled_at", start, end) as files:
        return len(files)


def flip(one: Part) -> None:
    file = Path(one.published.uri) / FILE
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_a_manifest_says_from_when_to_when_its_rows_are(log: Log) -> None:
    assert part(log, 2).moments == {
        "asked_at": (NOON + timedelta(microseconds=1),) * 2,
        "entity.scheduled_at": (NOON + 2 * DAY, NOON + 2 * DAY + timedelta(hours=5)),
    }


@pytest.mark.parametrize(
    ("start", "end", "files"),
    [
        (None, None, 3),
        (NOON + 2 * DAY, NOON + 3 * DAY, 1),
        (NOON + 2 * DAY + timedelta(hours=5), NOON + 3 * DAY + timedelta(microseconds=1), 2),
        (NOON + 2 * DAY + timedelta(hours=6), NOON + 3 * DAY, 0),
        (NOON, NOON + DAY, 0),
    ],
)
def test_a_window_has_the_parts_that_overlap_it(log: Log, start: datetime, end: datetime, files: int) -> None:
    assert opened(log, start, end) == files


def test_a_part_outside_is_not_opened_and_a_damaged_one_inside_is_refused(log: Log) -> None:
    flip(part(log, 2))
    assert opened(log, NOON + DAY, NOON + 2 * DAY) == 1
    with pytest.raises(Damaged) as refused:
        opened(log, NOON + 2 * DAY, NOON + 3 * DAY)
    assert refused.value.code == "publish.damaged"


def test_a_part_outside_that_lost_its_file_is_refused_all_the_same(log: Log) -> None:
    (Path(part(log, 2).published.uri) / FILE).unlink()
    with pytest.raises(Damaged, match="is gone"):
        opened(log, NOON + DAY, NOON + 2 * DAY)


def test_rows_that_name_no_moment_put_their_part_into_every_window(tmp_path: Path) -> None:
    named = {"carrier": "UA", "scheduled_at": NOON + DAY}
    logged(tmp_path / "log", prediction(entity=named), prediction(entity=None))
    compact(tmp_path / "log", str(tmp_path / "parts"))
    mixed = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    assert opened(mixed, NOON + 9 * DAY, NOON + 10 * DAY) == 1


def again(one: Part, **facts: object) -> Part:
    """The part, published anew with other facts in its manifest."""
    file, uri = one.file(), one.published.uri
    kept = Path(uri).parent.parent / FILE
    shutil.copy(file, kept)
    shutil.rmtree(uri)

    def write(folder: Path) -> dict[str, object]:
        shutil.move(kept, folder / FILE)
        return {name: fact for name, fact in {**one.published.facts, **facts}.items() if fact is not None}

    publish.publish(uri, KIND, write)
    [made] = [found for found in parts(str(Path(uri).parents[3])) if found.published.uri == uri]
    return made


def test_a_part_from_before_manifests_had_moments_is_opened(log: Log) -> None:
    old = again(part(log, 2), moments=None)
    assert (old.moments, opened(log, NOON + DAY, NOON + 2 * DAY)) == (None, 1)
    flip(old)
    with pytest.raises(Damaged):
        opened(log, NOON + DAY, NOON + 2 * DAY)


def test_a_manifest_whose_moments_are_not_those_of_the_rows_is_refused_after_its_compaction(log: Log) -> None:
    wrong = again(part(log, 2), moments={"asked_at": None, "entity.scheduled_at": None})
    with pytest.raises(Damaged, match="other moments"):
        wrong.verify()
