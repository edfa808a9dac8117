"""Windows that cannot be judged: each is planted, its check names the code, and what the section says to run helps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pytest

from artifacts.prediction_log import Prediction, compact
from tests.docs.monitoring_reader import Reader, crown, reader, second, shared, trained, world
from tests.monitoring.world import WEEK

__all__ = ["reader", "second", "shared", "trained", "world"]

pytestmark = pytest.mark.slow

Records = list[Prediction]
THREE_WEEKS, BEFORE, FOUR_DAYS = "2013-03-06..2013-03-27", "2013-03-13..2013-03-20", "2013-03-20..2013-03-24"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a window; after the repair the section's commands end with `after`, and it is said no more."""

    plant: Callable[[Reader, Path], object]
    mend: Callable[[Reader], object] = lambda _: None
    after: Sequence[tuple[int, str]] = ((0, "OK"),)
    is_gone: bool = True


def logged(change: Callable[[Records], Records], window: str = WEEK) -> Callable[[Reader, Path], object]:
    return lambda reader, _: reader.logs(change(reader.world.answers(window)), window)


def longer(reader: Reader) -> None:
    """The same few rows a day, over three weeks."""
    reader.logs(reader.world.answers(THREE_WEEKS)[::8], THREE_WEEKS)


def whole(reader: Reader) -> None:
    reader.logs(reader.world.answers(WEEK))


def next_week(reader: Reader) -> None:
    """Asked on another day, as each day's rows are kept by themselves; alerts took in the week before, as they do."""
    reader.takes(reader.checks())
    reader.world.log([replace(one, asked_at=datetime(2026, 1, 2)) for one in reader.world.answers(WEEK)])
    reader.values["START..END"] = WEEK


def day(one: Prediction) -> date:
    return one.entity["observed_at"].date()  # type: ignore[index, union-attr]


def a_day_in_a_segment_that_is_away(reader: Reader, folder: Path) -> None:
    log, records = Path(reader.world.places.predictions), reader.world.answers(WEEK)
    reader.logs([one for one in records if day(one) == date(2013, 3, 23)])
    log.rename(folder / "away")
    reader.world.log([one for one in records if day(one) != date(2013, 3, 23)])


def brought_back(reader: Reader) -> None:
    log = Path(reader.world.places.predictions)
    for file in log.with_name("away").iterdir():
        file.rename(log / file.name)


def few(reader: Reader, _: Path) -> None:
    """Fewer rows than any threshold lies above, where the settings let so few be judged."""
    reader.patch.setenv("MONITORING_MIN_ROWS", "5")
    reader.logs(reader.world.answers(WEEK)[::60])


def copied_in(reader: Reader, _: Path) -> None:
    """A part, and beside it a part with one row of it."""
    places, records = reader.world.places, reader.world.answers(WEEK)
    for some in (records, records[:1]):
        reader.world.log(some)
        compact(places.predictions, places.prediction_parts)


def copy_moved_away(reader: Reader) -> None:
    parts = {path.parent: path.stat().st_size for path in Path(reader.world.places.prediction_parts).rglob("*.parquet")}
    copy = min(parts, key=lambda one: parts[one])
    copy.rename(reader.world.places.home / "copy")
    published = Path(reader.world.places.predictions) / "published-parts"
    lines = published.read_text().splitlines(keepends=True)
    published.write_text("".join(one for one in lines if copy.name not in one))


def features(**values: object) -> Callable[[Records], Records]:
    return lambda records: [replace(one, features={**one.features, **values}) for one in records]


def compacted_and_its_list_away(reader: Reader, folder: Path) -> None:
    reader.world.log(reader.world.answers(WEEK))
    reader.runs("python -m serving compact")
    (Path(reader.world.places.predictions) / "published-parts").rename(folder / "list")


def list_begun(reader: Reader) -> None:
    (Path(reader.world.places.predictions) / "published-parts").touch()


def stuck_where_drift_is_blind(reader: Reader, folder: Path) -> None:
    for rule in ("PSI", "JENSEN_SHANNON", "WASSERSTEIN"):
        reader.patch.setenv(f"MONITORING_LEAST_{rule}", "99")
    logged(features(noise=0.5))(reader, folder)


FAULTS = {
    "log.list_gone": Fault(compacted_and_its_list_away, list_begun),
    "predictions.too_few": Fault(logged(lambda records: records[::8]), longer),
    "predictions.gap": Fault(a_day_in_a_segment_that_is_away, brought_back, [(0, "in 1 new parts"), (0, "OK")]),
    "log.duplicate_ids": Fault(copied_in, copy_moved_away),
    "schema.other_model": Fault(
        logged(lambda records: [replace(records[0], model_sha256="0" * 64), *records[1:]]),
        after=[(0, "promote version 1")],
        is_gone=False,
    ),
    "schema.mixed": Fault(
        logged(features(hour="seven"), BEFORE),
        next_week,
        [(0, "do not count: schema.mixed")],
        is_gone=False,
    ),
    "values.constant": Fault(stuck_where_drift_is_blind, after=[(0, "nycflights13")], is_gone=False),
    "values.none": Fault(logged(features(place=None)), after=[(0, "nycflights13")], is_gone=False),
    "noise.too_large": Fault(few, whole),
    "baseline.too_young": Fault(
        logged(list), lambda reader: reader.world.log(reader.world.answers("2013-03-01..2013-03-20")), []
    ),
}


@pytest.mark.parametrize("code", FAULTS)
def test_what_the_section_says_to_run_after_the_repair_works(code: str, reader: Reader, tmp_path: Path) -> None:
    fault = FAULTS[code]
    crown(reader.world)
    fault.plant(reader, tmp_path)
    assert code in reader.checks()
    fault.mend(reader)
    followed = reader.follows(code)
    for (ended, said), (exit_code, told) in zip(followed, fault.after, strict=True):
        assert (ended, told in said) == (exit_code, True), said
    assert (code in reader.checks()) != fault.is_gone
