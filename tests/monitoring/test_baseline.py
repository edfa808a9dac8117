"""The baseline that training keeps is that of the newest fit and holdout rows, and is read whole or not at all."""

import json
import math
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from artifacts.baseline import FILE, Baseline, read_baseline
from artifacts.binning import MOST_VALUES, Bins, learn_category, learn_number
from artifacts.column import Column
from artifacts.counting import count_by_day
from artifacts.errors import CannotJudge, Missing
from artifacts.registry import Registry
from monitoring.described import read_described
from tests.monitoring.world import WEEK, World, codes
from training.baseline import log_baseline


def counted(values: Any, days: int = 1, bounds: Any = None) -> Any:
    """The bins and the counts of a column."""
    rows = len(values)
    day = pa.array([date(2013, 1, 1) + timedelta(days=row * days // rows) for row in range(rows)])
    with duckdb.connect() as connection:
        connection.register("rows", pa.table({"x": values, "day": day}))
        text = isinstance(values[0], str)
        bins = learn_category(connection, "rows", "x") if text else learn_number(connection, "rows", "x", bounds)
        return bins, count_by_day(connection, "rows", bins)


def test_it_has_every_feature_over_the_holdout_and_as_long_before_and_the_score_over_the_holdout(world: World) -> None:
    found = read_described(Registry.at(world.places), "toy", 1).baseline
    assert isinstance(found, Baseline)
    [rows] = {one.rows for _, one in found.features.values()}
    held = sum(batch.num_rows for batch in world.training_set.batches(["hour"], found.start, found.end))
    assert (list(found.features), rows, str(found.start)) == (
        [column.name for column in world.training_set.contract.features],
        held,
        "2013-01-29 00:00:00",
    )
    assert (len(found.score[1].days), len(found.features["hour"][1].days)) == (
        30,
        61,
    )  # of 31 and 62: the set has no row on its last day


def test_a_run_without_a_baseline_is_unknown_and_is_told_the_command_which_then_helps(
    world: World, baseline_file: Path
) -> None:
    before = baseline_file.read_bytes()
    shutil.rmtree(baseline_file.parent)
    world.log(world.answers(WEEK))
    found = world.check(truth=world.training_set)
    assert (found.state, codes(found)) == ("UNKNOWN", {"baseline.missing"})
    assert found.findings[0].reason.next_step == f"Make it: python -m training baseline --run {world.run.run_id}"
    log_baseline(Registry.at(world.places), world.places.training_sets, world.run.run_id)
    assert (world.check(truth=world.training_set).state, baseline_file.read_bytes()) == ("OK", before)


@pytest.mark.parametrize("edit", [("[0,", "[1,"), ('"toy/', '"boy/'), ("{", "")])
def test_a_baseline_that_was_altered_is_unknown(world: World, baseline_file: Path, edit: tuple[str, str]) -> None:
    baseline_file.write_text(baseline_file.read_text().replace(*edit, 1))
    world.log(world.answers(WEEK))
    assert codes(world.check()) == {"baseline.damaged"}


def test_a_baseline_of_another_model_is_unknown(world: World, baseline_file: Path, tmp_path: Path) -> None:
    found = read_baseline(baseline_file)
    Baseline(**{**vars(found), "model_sha256": "0" * 64}).write(tmp_path)
    shutil.copy(tmp_path / FILE, baseline_file)
    world.log(world.answers(WEEK))
    assert codes(world.check()) == {"baseline.other_model"}


def test_what_is_no_baseline_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "baseline.json").write_text(json.dumps({"sha256": "0"}))
    with pytest.raises(CannotJudge, match="is not the baseline"):
        read_baseline(tmp_path / "baseline.json")


def test_few_values_have_a_bin_each_and_a_common_one_shares_it_with_none_that_was_never_there() -> None:
    bins, found = counted([3.0, 1.0, 3.0, None, float("nan")])
    assert (bins.is_exact, bins.edges[1:], found.counts.tolist(), found.nulls.tolist()) == (
        True,
        (1.0, math.nextafter(3.0, 0.0), 3.0),
        [[0, 1, 0, 2, 0]],
        [2],
    )


def test_values_of_less_than_a_twentieth_of_the_rows_each_have_no_edge_more() -> None:
    bins, _ = counted([float(row % 24) for row in range(2400)])
    assert bins.edges[1:] == tuple(map(float, range(24)))


def test_a_value_that_a_tenth_of_the_rows_have_has_a_bin_of_its_own_among_quantiles() -> None:
    bins, found = counted([500.0 if row % 10 == 0 else float(row) for row in range(1000)])
    at = bins.edges.index(500.0)
    assert (bins.is_exact, bins.edges[at - 1], found.counts[0, at]) == (False, math.nextafter(500.0, 0.0), 100)


def test_many_values_have_quantiles_whose_counts_add_up_whatever_the_threads() -> None:
    values = np.random.default_rng(1).lognormal(2, 1, 50_000)
    bins, found = counted(values, days=3)
    assert (bins.is_exact, len(bins.edges) < MOST_VALUES, found.counts.sum(axis=1).tolist()) == (
        False,
        True,
        [16_667, 16_667, 16_666],
    )
    assert bins.spread == pytest.approx(float(np.std(values)), rel=1e-6)
    assert found.places(bins)[1:-1] == pytest.approx(
        [
            (float(values[(values > low) & (values <= high)].mean()) - bins.edges[0]) / bins.spread
            for low, high in zip(bins.edges, bins.edges[1:], strict=False)
        ],
        abs=1e-5,
    )


def test_infinity_is_beyond_the_last_edge_and_out_of_range() -> None:
    _, found = counted([1.0, 2.0, float("inf")], bounds=(0.0, 5.0))
    assert (found.counts.tolist(), found.out_of_range.tolist()) == ([[0, 1, 0, 1, 1]], [1])


def test_categories_are_counted_by_name_whatever_stands_in_it() -> None:
    bins, found = counted(["a'b", 'c"d', "a'b", "ü"])
    assert dict(zip(bins.categories, found.counts.sum(axis=0).tolist(), strict=False)) == {"a'b": 2, 'c"d': 1, "ü": 1}


def test_a_training_set_that_goes_while_it_is_counted_is_missing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sets" / world.training_set.id
    shutil.copytree(world.training_set.published.uri, folder)

    def moved(connection: Any, column: Column) -> Bins:
        if folder.exists():
            folder.rename(tmp_path / "elsewhere")
        return learn_category(connection, "newest", column.name)

    monkeypatch.setattr("training.baseline._learn", moved)
    with pytest.raises(Missing, match=f"{folder} was there when it was opened, and is gone") as refused:
        log_baseline(Registry.at(world.places), str(tmp_path / "sets"), world.run.run_id)
    assert refused.value.code == "publish.missing"
