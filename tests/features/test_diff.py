"""A diff of two versions counts the rows that differ, measures how features moved, and names the cause."""

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from artifacts.contract import Contract
from artifacts.errors import BadInput, Missing
from artifacts.places import Places
from artifacts.training_set import TrainingSet, publish_training_set, write_sorted
from artifacts.why_differ import tokens
from features.build import build
from features.compared import against_previous
from features.diff import Diff, diff, lines, summary
from features.diff_rows import compare_rows
from tests.features.conftest import edit, post, reweigh
from tests.fixtures_training_set import AS_OF, make_contract, make_rows, make_training_set

CONTRACT = make_contract()
ROWS = make_rows(CONTRACT, rows=1000)


def _publish(
    root: Path, table: pa.Table = ROWS, contract: Contract = CONTRACT, sql: str = "select 1", **facts: Any
) -> TrainingSet:
    as_of = facts.pop("as_of", AS_OF)
    staged = root / "staged"
    (staged / "sql").mkdir(parents=True, exist_ok=True)
    (staged / "sql" / "toy.sql").write_text(sql)
    write_sorted(table.to_batches(), contract, staged / "data.parquet")
    return publish_training_set(str(root / "sets"), contract, as_of, staged, facts)


def _set(table: pa.Table, column: str, values: list[Any]) -> pa.Table:
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.field(column), pa.array(values, table.field(column).type))


def _diff(root: Path, table: pa.Table, **given: Any) -> Diff:
    return diff(_publish(root), _publish(root, table, **given))


def test_a_version_does_not_differ_from_itself(tmp_path: Path) -> None:
    found = _diff(tmp_path, ROWS)
    assert (found.rows.came, found.rows.went, found.rows.changed, found.rows.same) == (0, 0, 0, 1000)
    assert {move.psi for move in found.moves} == {0}
    assert "nothing that feeds it changed" in summary(found)


def test_rows_that_came_went_and_changed_are_counted_with_their_columns(tmp_path: Path) -> None:
    hours = ROWS.column("hour").to_pylist()
    hours[10:13] = [(hour + 1) % 24 for hour in hours[10:13]]
    places = ROWS.column("place").to_pylist()
    places[12] = "moon"
    after = _set(_set(ROWS, "hour", hours), "place", places).slice(4)
    found = diff(_publish(tmp_path, ROWS.slice(0, 990)), _publish(tmp_path, after)).rows
    assert (found.came, found.came_in_window, found.went, found.changed, found.same) == (10, 0, 4, 3, 983)
    assert found.changed_by_column == {"hour": 3, "place": 1}


def test_a_row_that_comes_late_into_the_old_window_is_told_apart(tmp_path: Path) -> None:
    found = diff(_publish(tmp_path, pa.concat_tables([ROWS.slice(0, 500), ROWS.slice(501, 400)])), _publish(tmp_path))
    assert (found.rows.came, found.rows.came_in_window) == (100, 1)


def test_a_null_that_becomes_a_value_is_a_change(tmp_path: Path) -> None:
    delays = [0.0 if delay is None else delay for delay in ROWS.column("delay_mean").to_pylist()]
    found = _diff(tmp_path, _set(ROWS, "delay_mean", delays))
    assert found.rows.changed_by_column == {"delay_mean": ROWS.column("delay_mean").null_count}
    [move] = [move for move in found.moves if move.column == "delay_mean"]
    assert move.null_share[0] > 0.05
    assert move.null_share[1] == 0


def test_the_stability_index_of_a_feature_follows_its_formula(tmp_path: Path) -> None:
    before = _set(ROWS, "is_holiday", [number < 500 for number in range(1000)])
    after = _set(ROWS, "is_holiday", [number < 800 for number in range(1000)])
    [move] = [m for m in diff(_publish(tmp_path, before), _publish(tmp_path, after)).moves if m.column == "is_holiday"]
    assert move.psi == pytest.approx(0.3 * math.log(0.8 / 0.5) - 0.3 * math.log(0.2 / 0.5))
    assert move.mean == (0.5, 0.8)


@pytest.mark.parametrize(("column", "old", "new"), [("noise", 0.0, -5.0), ("hour", 20, 5), ("load", 99, 0)])
def test_a_constant_of_which_half_went_below_moved_as_far_as_one_of_which_half_went_above(
    tmp_path: Path, column: str, old: float, new: float
) -> None:
    def moved(one: float, other: float) -> float:
        before, after = (_set(ROWS, column, [one] * 500 + [two] * 500) for two in (one, other))
        moves = diff(_publish(tmp_path, before), _publish(tmp_path, after)).moves
        return next(move.psi for move in moves if move.column == column)

    # Half of the rows are another value: 0.5 ln 2, and what came is held against a ten-thousandth.
    assert moved(old, new) == moved(new, old) == pytest.approx(0.5 * math.log(2) + 0.4999 * math.log(0.5 / 0.0001))


def test_a_number_that_fell_below_the_old_deciles_without_leaving_the_lowest_moved(tmp_path: Path) -> None:
    before = _set(ROWS, "noise", [0.0] * 600 + [number / 100 for number in range(400)])
    after = _set(ROWS, "noise", [-5.0] * 300 + [0.0] * 300 + [number / 100 for number in range(400)])
    [move] = [
        move for move in diff(_publish(tmp_path, before), _publish(tmp_path, after)).moves if move.column == "noise"
    ]
    assert move.psi > 1


def test_the_feature_that_moved_most_comes_first(tmp_path: Path) -> None:
    noises = [noise / 2 + 3 for noise in ROWS.column("noise").to_pylist()]
    found = _diff(tmp_path, _set(ROWS, "noise", noises))
    assert found.moves[0].column == "noise"
    assert found.moves[0].psi > 1
    assert found.moves[0].median[1] == pytest.approx(found.moves[0].median[0] / 2 + 3, abs=0.001)


def test_features_that_moved_alike_come_in_the_order_of_the_contract(tmp_path: Path) -> None:
    columns = CONTRACT.to_dict()["columns"]
    columns[8] = {**columns[5], "name": "a_delay"}
    contract = make_contract(columns=columns)
    before = ROWS.set_column(8, "a_delay", ROWS.column("delay_mean"))
    moves = diff(_publish(tmp_path, before, contract), _publish(tmp_path, before.slice(600), contract)).moves
    psi = {move.column: move.psi for move in moves}
    names = [move.column for move in moves if move.column in ("delay_mean", "a_delay")]
    assert (names, psi["a_delay"]) == (["delay_mean", "a_delay"], psi["delay_mean"])
    assert psi["a_delay"] == round(psi["a_delay"], 9) > 0


def test_columns_added_removed_and_retyped_are_named(tmp_path: Path) -> None:
    columns = CONTRACT.to_dict()["columns"]
    columns[4]["type"], columns[8]["name"] = "bigint", "hush"
    contract = make_contract(columns=columns)
    renamed = ROWS.rename_columns(contract.arrow_schema().names).cast(contract.arrow_schema())
    found = _diff(tmp_path, renamed, contract=contract)
    assert (found.columns_added, found.columns_removed, found.retyped) == (("hush",), ("noise",), ("hour",))
    assert (found.rows.same, found.why.contract) == (1000, ("hour",))


def test_a_column_that_one_version_alone_has_is_shown_with_its_distribution(tmp_path: Path) -> None:
    columns = CONTRACT.to_dict()["columns"]
    fewer = make_contract(
        columns=[column for column in columns if column["name"] not in ("hour", "is_holiday", "place")]
    )
    before = _set(_set(ROWS, "hour", [0] * 500 + [10] * 500), "is_holiday", [number < 300 for number in range(1000)])
    before = _set(before, "place", ["hill"] * 600 + ["market"] * 400)
    old, new = _publish(tmp_path, before.select(fewer.arrow_schema().names), fewer), _publish(tmp_path, before)
    told = list(lines(diff(old, new)))
    assert told[-3:] == [
        f"hour in {new.version}: null share 0, mean 5, from 0 to 10, deciles 0, 0, 0, 0, 0, 10, 10, 10, 10",
        f"is_holiday in {new.version}: null share 0, mean 0.3, false 70.0%, true 30.0%",
        f"place in {new.version}: null share 0, hill 60.0%, market 40.0%",
    ]
    assert "  contract: 3 added (hour, is_holiday, place)" in told
    assert "the contract changed" in summary(diff(old, new))
    assert "  contract: 3 removed (hour, is_holiday, place)" in list(lines(diff(new, old)))
    assert {one.version for one in diff(new, old).distributions} == {new.version}


def test_partitions_that_changed_no_row_are_no_cause(tmp_path: Path) -> None:
    january, february = ["post/parcels/2013-01/base-1"], ["post/parcels/2013-02/base-1"]
    wider = make_contract(gap_days=3)
    old = _publish(tmp_path, raw=january)
    found = diff(old, _publish(tmp_path, contract=wider, raw=january + february))
    assert found.why.landed == ("post/parcels/2013-02",)
    assert "landed" not in summary(found)
    assert "  source rows: 1 other partitions, and no row of a common column differs" in list(lines(found))
    found = diff(old, _publish(tmp_path, ROWS.slice(1), raw=january + february))
    assert "1 partitions landed" in summary(found)
    assert "  source rows: 1 landed (post/parcels/2013-02)" in list(lines(found))


@pytest.mark.parametrize(
    ("limit", "value"),
    [("gap_days", 3), ("min_rows", 7), ("label_rate", [0, 1]), ("row_growth", [0, 9]), ("newest_within_days", 99)],
)
def test_a_limit_of_the_whole_set_that_changed_is_named(tmp_path: Path, limit: str, value: Any) -> None:
    found = _diff(tmp_path, ROWS, contract=make_contract(**{limit: value}))
    assert found.old != found.new
    assert found.why.contract == (limit,)
    assert "the contract changed" in summary(found)


def test_columns_in_another_order_are_named_and_an_added_one_is_no_other_order(tmp_path: Path) -> None:
    columns = CONTRACT.to_dict()["columns"]
    turned = make_contract(columns=[*columns[:-2], columns[-1], columns[-2]])
    found = _diff(tmp_path, ROWS.select(turned.arrow_schema().names), contract=turned)
    assert found.why.contract == ("order of columns",)
    fewer = make_contract(columns=columns[:-1])
    assert _diff(tmp_path, ROWS.select(fewer.arrow_schema().names), contract=fewer).why.contract == ()


@pytest.mark.parametrize(
    ("old", "new", "formatting"),
    [
        ("select a from b -- the lot", "SELECT a\n  FROM b /* all */", True),
        ("select a from b where c = 'X'", "select a from b where c = 'x'", False),
        ("select a from b where c = '--'", "select a from b where c = '-- '", False),
        ("select a, 1 from b", "select a, 2 from b", False),
        ('select "A" from b', 'select "a" from b', False),
    ],
)
def test_formatting_is_told_from_a_change_of_sql(old: str, new: str, formatting: bool) -> None:
    assert (tokens(old) == tokens(new)) is formatting


def test_sql_that_changed_is_named_and_its_as_of_is_no_change(tmp_path: Path) -> None:
    old = _publish(tmp_path, sql="select timestamp '2013-04-01 00:00:00'")
    later = AS_OF + timedelta(days=1)
    same = diff(old, _publish(tmp_path, sql="select timestamp '2013-04-02 00:00:00'", as_of=later)).why
    other = _publish(tmp_path, ROWS.slice(1), sql="select timestamp '2013-04-02 00:00:00' + 1", as_of=later)
    assert (same.sql_changed, same.sql_only_formatting) == ((), ())
    assert same.window["as_of"] == ("2013-04-01 00:00:00", "2013-04-02 00:00:00")
    assert diff(old, other).why.sql_changed == ("toy",)


def test_versions_of_different_sets_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="different training sets"):
        diff(make_training_set(tmp_path, "toy"), make_training_set(tmp_path, "tin"))


def test_real_builds_say_what_landed_what_was_restated_and_which_sql_changed(places: Places, project: Path) -> None:
    first = build(places, "toy", datetime.fromisoformat("2013-03-01"), project)
    post(places.raw, "2013-03")
    reweigh(places.raw, "2013-01-07", 4000)
    edit(project, "toy.sql", "/ 1000.0", "/ 1000.0 * 1")
    edit(project, "postings.sql", "-- the last", "-- the very last")
    second = build(places, "toy", datetime.fromisoformat("2013-04-01"), project)
    found = diff(first, second)
    assert (found.rows.changed_by_column, found.rows.came_in_window) == ({"weight_g": 1, "weight_kg": 1}, 0)
    assert (found.why.landed, found.why.restated) == (("post/parcels/2013-03",), ("post/parcels/2013-01",))
    assert (found.why.sql_changed, found.why.sql_only_formatting) == (("toy",), ("postings",))
    assert against_previous(places.training_sets, places.warehouse, second.id) == summary(found)
    assert "the window moved, 1 partitions landed, 1 partitions were restated, the SQL changed" in summary(found)
    assert summary(found).endswith(f"; weight_g moved most (PSI {found.moves[0].psi:.3f})")
    assert "  SQL: 1 changed (toy); 1 only formatting (postings)" in list(lines(found))


def test_a_version_that_goes_while_it_is_compared_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = _publish(tmp_path), _publish(tmp_path, ROWS.slice(1))

    def moved(connection: Any, *versions: TrainingSet) -> Any:
        Path(new.published.uri).rename(tmp_path / "elsewhere")
        return compare_rows(connection, *versions)

    monkeypatch.setattr("features.diff.compare_rows", moved)
    with pytest.raises(Missing, match=f"{new.version} was there when it was opened, and is gone") as refused:
        diff(old, new)
    assert refused.value.code == "publish.missing"
