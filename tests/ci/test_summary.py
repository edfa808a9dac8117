"""How far a distribution moved is told in numbers that mean something."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.training_set import TrainingSet
from ci.summary import is_constant, movement, rows_by_month, summarise
from tests.fixtures_training_set import AS_OF, make_contract, make_rows, make_training_set, publish_table

INFINITE = float("inf")
EMPTY = {"null_share": 1.0}
RARE = {"null_share": 0.0, "mean": 3.0, "sd": 0.1, "quantiles": [3.0] * 20 + [4.0]}


def numbers(*values: float, sd: float = 2.0) -> dict[str, Any]:
    """21 quantiles: `values` in turn, each as often as fits."""
    return {"null_share": 0.0, "mean": 0.0, "sd": sd, "quantiles": sorted((list(values) * 21)[:21])}


def texts(**shares: float) -> dict[str, Any]:
    return {"null_share": 0.0, "shares": shares}


def yes(share: float) -> dict[str, Any]:
    return {"null_share": 0.0, "true": share}


@pytest.fixture(scope="module")
def training_set(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    return make_training_set(tmp_path_factory.mktemp("sets"))


@pytest.mark.parametrize("one", [numbers(1.0, 2.0), texts(a=0.4, b=0.6), yes(0.3), EMPTY, numbers(3.0, sd=0.0)])
def test_the_same_distribution_did_not_move(one: dict[str, Any]) -> None:
    assert movement(one, dict(one)) == 0.0


@given(st.floats(-100, 100), st.floats(0.5, 50))
def test_numbers_that_all_grew_moved_by_that_in_standard_deviations(grew: float, sd: float) -> None:
    before = numbers(1.0, 5.0, 9.0, sd=sd)
    after = {**before, "quantiles": [one + grew for one in before["quantiles"]]}
    assert movement(before, after) == pytest.approx(abs(grew) / sd)


def test_one_large_value_more_hardly_moves_a_distribution() -> None:
    before = numbers(0.0, 1.0, 2.0)
    assert movement(before, {**before, "quantiles": [*before["quantiles"][:-1], 3.0]}) == pytest.approx(1 / 21 / 2)


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (texts(a=0.5, b=0.5), texts(a=0.2, b=0.8), 0.3),
        (texts(a=0.5, b=0.5), texts(a=0.5, c=0.5), 0.5),
        (texts(a=1.0), texts(b=1.0), 1.0),
        (yes(0.1), yes(0.35), 0.25),
        (yes(1.0), yes(0.0), 1.0),
    ],
)
def test_shares_move_by_the_rows_that_would_have_to_change(
    before: dict[str, Any], after: dict[str, Any], moved: float
) -> None:
    assert movement(before, after) == movement(after, before) == pytest.approx(moved)


@pytest.mark.parametrize("one", [numbers(1.0, 2.0), texts(a=1.0), yes(0.5)])
def test_values_that_came_where_all_was_null_or_went_moved_infinitely(one: dict[str, Any]) -> None:
    assert movement(EMPTY, one) == movement(one, EMPTY) == INFINITE


def test_another_kind_of_values_moved_infinitely() -> None:
    assert movement(numbers(0.0, 1.0), yes(0.5)) == movement(yes(0.5), texts(true=0.5, false=0.5)) == INFINITE


def test_numbers_that_came_where_there_was_one_moved_infinitely() -> None:
    assert movement(numbers(3.0, sd=0.0), numbers(3.0, 4.0)) == INFINITE


@pytest.mark.parametrize("one", [numbers(3.0, sd=0.0), texts(a=1.0), texts(), yes(0.0), yes(1.0), EMPTY])
def test_one_value_or_none_is_constant(one: dict[str, Any]) -> None:
    assert is_constant(one)


@pytest.mark.parametrize("one", [numbers(3.0, 4.0), RARE, texts(a=0.999, b=0.001), yes(0.001), yes(0.999)])
def test_two_values_are_not_constant(one: dict[str, Any]) -> None:
    assert not is_constant(one)


def test_every_feature_of_a_training_set_is_summarised_by_its_kind(training_set: TrainingSet) -> None:
    found = summarise(training_set)
    assert list(found) == ["hour", "delay_mean", "load", "is_holiday", "noise", "place"]
    assert (found["hour"]["quantiles"][0], found["hour"]["quantiles"][-1]) == (0.0, 23.0)
    assert found["delay_mean"]["null_share"] == pytest.approx(0.1, abs=0.02)
    assert found["delay_mean"]["mean"] == pytest.approx(20, abs=1)
    assert found["hour"]["sd"] == pytest.approx(6.9, abs=0.2)
    assert found["load"]["mean"] == pytest.approx(50, abs=3)
    assert found["is_holiday"]["true"] == pytest.approx(0.1, abs=0.02)
    assert found["place"]["shares"] == pytest.approx({"harbour": 0.5, "hill": 0.3, "market": 0.2}, abs=0.03)


def test_every_number_is_that_of_the_rows(training_set: TrainingSet) -> None:
    delays = [one for one in make_rows(make_contract())["delay_mean"].to_pylist() if one is not None]
    found = summarise(training_set)["delay_mean"]
    assert found["mean"] == pytest.approx(sum(delays) / len(delays), rel=1e-5)
    assert found["null_share"] == pytest.approx(1 - len(delays) / 3000, rel=1e-5)
    assert len(found["quantiles"]) == 21
    assert sum(one <= found["quantiles"][5] for one in delays) / len(delays) == pytest.approx(0.25, abs=0.01)


def test_the_same_rows_give_the_same_summary_whatever_their_version(tmp_path: Path, training_set: TrainingSet) -> None:
    assert summarise(make_training_set(tmp_path)) == summarise(training_set)
    moved = summarise(make_training_set(tmp_path, seed=8))
    assert all(0 < movement(one, moved[name]) < 0.1 for name, one in summarise(training_set).items())


def test_nulls_and_a_single_value_are_told_apart(tmp_path: Path) -> None:
    contract = make_contract(columns=[*KEYS, {**DELAY, "name": "none"}, {**DELAY, "name": "one"}, PLACE])
    rows = make_rows(make_contract(), rows=200)
    held = {name: rows[name] for name in ("entity_id", "observed_at", "is_late", "label_known_at")}
    held |= {"none": pa.nulls(200, pa.float64()), "one": pa.array([3.5] * 200), "place": pa.array(["hill", None] * 100)}
    found = summarise(publish_table(tmp_path, contract, AS_OF, pa.table(held, schema=contract.arrow_schema())))
    assert found["none"] == EMPTY
    assert found["one"] == {"null_share": 0.0, "mean": 3.5, "sd": 0.0, "quantiles": [3.5] * 21}
    assert found["place"] == {"null_share": 0.5, "shares": {"hill": 1.0}}
    assert all(is_constant(one) for one in found.values())


def test_rows_and_late_ones_are_counted_by_month(training_set: TrainingSet) -> None:
    rows = make_rows(make_contract()).to_pylist()
    march = [row["is_late"] for row in rows if row["observed_at"].month == 3]
    found = rows_by_month(training_set)
    assert list(found) == ["2013-01", "2013-02", "2013-03"]
    assert found["2013-03"] == [len(march), sum(march)]
    assert sum(count for count, _ in found.values()) == 3000


KEYS = [column.model_dump() for column in make_contract().columns if column.role != "feature"]
DELAY, PLACE = (
    {**column.model_dump(), "null_share": 1.0}
    for column in make_contract().columns
    if column.name in ("delay_mean", "place")
)
