"""A world that moved, and outcomes that cannot be judged: planted, named by their codes, their sections followed."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from artifacts.prediction_log import Prediction
from tests.docs.monitoring_reader import Reader, crown, reader, second, shared, trained, world
from tests.fixtures_training_set import make_training_set
from tests.monitoring.conftest import baseline_file
from tests.monitoring.test_truth import changed, spoilt
from tests.monitoring.world import WEEK

__all__ = ["baseline_file", "reader", "second", "shared", "trained", "world"]

pytestmark = pytest.mark.slow

Records = list[Prediction]
FOUR_DAYS = "2013-03-20..2013-03-24"


@dataclass(frozen=True)
class Fault:
    """What a check says no to; the section's commands, after the repair, end with `after`."""

    plant: Callable[[Reader, Path], object]
    after: Sequence[tuple[int, str]]
    mend: Callable[[Reader], object] = lambda _: None


def elsewhere(records: Records, count: int | None = None) -> Records:
    """Answers of which so many are about entities that no training set has."""
    return [
        replace(one, entity={**(one.entity or {}), "entity_id": f"x{at}"}) if count is None or at < count else one
        for at, one in enumerate(records)
    ]


def unnamed(records: Records) -> Records:
    return [replace(one, entity=None, asked_at=datetime(2013, 3, 21)) for one in records]


def with_features(records: Records, **features: object) -> Records:
    return [replace(one, features={**one.features, **features}) for one in records]


def moved(change: Callable[[Records], Records]) -> Callable[[Reader, Path], object]:
    """Logged otherwise than it was scored, and taken into alerts."""

    def plant(reader: Reader, _: Path) -> None:
        reader.logs(change(reader.world.answers(WEEK)))
        reader.takes(reader.checks())

    return plant


def known(change: Callable[[Records], Records] = list, window: str = WEEK) -> Callable[[Reader, Path], object]:
    """Logged, and its outcomes are known."""

    def plant(reader: Reader, _: Path) -> None:
        reader.logs(change(reader.world.answers(window)), window)
        reader.knows(reader.world.training_set)

    return plant


def labels(change: Callable[[pa.Array], pa.Array], window: str = WEEK) -> Callable[[Reader, Path], object]:
    """Logged, and its outcomes are known to be others than they were."""

    def plant(reader: Reader, _: Path) -> None:
        reader.logs(reader.world.answers(window), window)
        [label] = pa.Table.from_batches(list(reader.world.training_set.batches(["is_late"]))).columns
        sets = Path(reader.world.places.training_sets)
        reader.knows(changed(reader.world, sets, is_late=pa.array(change(label.to_numpy()))))

    return plant


def answered_by_another(records: Records, reader: Reader) -> Records:
    return [replace(one, version=2, model_sha256=reader.second.model_sha256) for one in records]


def worse(reader: Reader, folder: Path) -> None:
    """Version 2 answers, and its labels turned round."""
    reader.has_its_own_registry()
    reader.crowns_another()
    labels(lambda late: ~late)(reader, folder)
    reader.logs(answered_by_another(reader.world.answers(WEEK), reader))


def no_probability(reader: Reader, _: Path) -> None:
    reader.has_its_own_registry()
    reader.crowns_another()
    records = answered_by_another(reader.world.answers(WEEK), reader)
    reader.logs([replace(records[0], score=1.5), *records[1:]])


def promise_lost(reader: Reader, folder: Path) -> None:
    known()(reader, folder)
    with sqlite3.connect(reader.has_its_own_registry()) as database:
        for table in ("metrics", "latest_metrics"):
            database.execute(f"delete from {table} where key = 'holdout_brier'")
    database.close()


def new_names(reader: Reader, folder: Path) -> None:
    reader.has_its_own_registry()
    moved(lambda records: with_features(records, place="a new quay"))(reader, folder)


def built_lately(reader: Reader) -> None:
    reader.knows(make_training_set(reader.world.places.training_sets, rows=9000, seed=8))


def tolerating_little(reader: Reader, folder: Path) -> None:
    """Known outcomes, held against what a week of so few rows cannot tell."""
    known()(reader, folder)
    for name in ("LOG_LOSS", "CALIBRATION_ERROR", "BRIER"):
        reader.patch.setenv(f"MONITORING_WORSE_{name}", "0.0")
    reader.takes(reader.checks())


def whole_week(reader: Reader) -> None:
    reader.logs(reader.world.answers(WEEK))


FAULTS = {
    "drift.null_share": Fault(moved(lambda records: with_features(records, place=None)), [(0, "nycflights13")]),
    "drift.out_of_range_share": Fault(
        moved(lambda records: [*with_features(records[:100], hour=-1), *records[100:]]),
        [(0, "drift.out_of_range_share")],
    ),
    "skew.unequal": Fault(known(lambda records: spoilt(records, 7)), [(0, "DRIFT")]),
    "labels.too_few": Fault(known(lambda records: elsewhere(records, 300)), [(0, "nycflights13")]),
    "labels.too_few_days": Fault(known(window=FOUR_DAYS), [(0, "OK")], whole_week),
    "labels.one_class": Fault(labels(lambda late: late & False), [(3, "rows_of_rarer_class: 0")]),
    "performance.worse": Fault(worse, [(0, "promote version 2"), (0, "toy/1")]),
    "score.invalid": Fault(no_probability, [(0, "toy/1")]),
    "promise.missing": Fault(promise_lost, [(0, "toy/")]),
    "drift.unseen_share": Fault(new_names, [(0, "toy/")], built_lately),
    "performance.uncertain": Fault(tolerating_little, [(0, "performance.uncertain")]),
    "monitoring.no_entity": Fault(known(unnamed), [(0, "OK")], whole_week),
}


@pytest.mark.parametrize("code", FAULTS)
def test_what_the_section_says_to_run_works(code: str, reader: Reader, tmp_path: Path) -> None:
    fault = FAULTS[code]
    crown(reader.world)
    fault.plant(reader, tmp_path)
    said = reader.checks()
    assert f"{code}: " in said, said
    reader.values["FINDINGS"] = said.splitlines()[-1].removeprefix("toy/")
    fault.mend(reader)
    for (ended, said), (exit_code, told) in zip(reader.follows(code), fault.after, strict=True):
        assert (ended, told in said) == (exit_code, True), said
