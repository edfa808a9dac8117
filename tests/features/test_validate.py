"""Every expectation closes the gate on its own red case; what cannot be judged is no pass and no bad data either."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from great_expectations.datasource.fluent.interfaces import Batch

from artifacts.contract import Contract
from artifacts.errors import CannotJudge, GateClosed
from features.checks import BETWEEN, NOT_NULL, Check, row_checks
from features.expectations import new_context, run_checks
from features.validate import Validation, validate
from tests.fixtures_training_set import AS_OF, make_contract, make_rows

CONTRACT = make_contract()
ROWS = make_rows(CONTRACT, rows=1000)


def _hold(folder: Path, table: pa.Table = ROWS, contract: Contract = CONTRACT, **given: Any) -> Validation:
    pq.write_table(table, folder / "data.parquet")
    as_of, previous = given.get("as_of", AS_OF), given.get("previous")
    return validate(folder / "data.parquet", contract, as_of, previous, folder=folder, attempt="try")


def _with(column: str, values: dict[int, Any], table: pa.Table = ROWS) -> pa.Table:
    cells = table.column(column).to_pylist()
    for row, value in values.items():
        cells[row] = value
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.field(column), pa.array(cells, table.field(column).type))


def test_rows_that_keep_the_contract_pass_and_leave_data_docs(tmp_path: Path) -> None:
    found = _hold(tmp_path)
    assert all(result["passed"] for result in found.results)
    assert (tmp_path / "docs" / "index.html").is_file()
    [page] = (tmp_path / "docs" / "validations").rglob("*.html")
    assert found.docs == page
    assert "delay_mean" in page.read_text()
    assert len(json.loads((tmp_path / "validation.json").read_text())) == len(found.results) > 30


def test_each_mark_of_data_docs_is_shown_without_the_fonts_of_another_host(tmp_path: Path) -> None:
    with pytest.raises(GateClosed):
        _hold(tmp_path, _with("hour", {5: 24}))
    [page] = (tmp_path / "docs" / "validations").rglob("*.html")
    text = page.read_text()
    marks = set(re.findall(r'<i class="fas (fa-[a-z-]+) text-', text))
    shown = set(re.findall(r'\.(fa-[a-z-]+)::before { content: "', text))
    assert {"fa-check-circle", "fa-times"} <= marks <= shown


def test_data_docs_ask_no_other_host_and_their_links_lead_to_pages_that_are_there(tmp_path: Path) -> None:
    found = _hold(tmp_path)
    for page in (tmp_path / "docs").rglob("*.html"):
        text = page.read_text()
        assert not re.search(r'<(?:script|link|img|iframe)[^>]*https?:|url\([\'"]?https?:|@import', text)
        links = re.findall(r'<a\s[^>]*href="([^"#:]+)"|content="0; url=([^"]+)"', text)
        assert links
        assert all((page.parent / unquote(one or other)).is_file() for one, other in links)
    assert found.docs.relative_to(tmp_path / "docs").as_posix() in unquote((tmp_path / "docs/index.html").read_text())


@pytest.mark.parametrize(
    ("column", "values", "named"),
    [
        (
            "hour",
            {5: 24, 3: -1},
            "ExpectColumnValuesToBeBetween on hour: -1 to 24, 2 of 1000 rows (0.20%) beyond, wanted 0 to 23",
        ),
        ("delay_mean", {5: 600.5}, " to 600.5, 1 of 1000 rows (0.10%) beyond, wanted -60 to 600, e.g. e000005"),
        ("load", {7: 100.001}, " to 100.001, 1 of 1000 rows (0.10%) beyond, wanted 0 to 100, e.g. e000007"),
        ("place", {9: "moon"}, "ExpectColumnValuesToBeInSet on place: moon in 1 of 1000 rows"),
        ("place", {**dict.fromkeys(range(20), "moon"), 900: "mars"}, "on place: moon, mars in 21 of 1000 rows (2.10%)"),
        ("place", {at: f"p{at}" for at in range(7)}, "on place: p0, p1, p2, p3, p4 and 2 more in 7 of 1000 rows"),
        ("hour", {4: None}, "ExpectColumnValuesToNotBeNull on hour: null in 1 of 1000 rows (0.10%), wanted null in at"),
        (
            "is_holiday",
            {4: None},
            "on is_holiday: null in 1 of 1000 rows (0.10%), wanted null in at most 0.00% of the ",
        ),
        ("is_late", {4: None}, "on is_late: null in 1 of 1000 rows"),
        ("label_known_at", {4: None}, "on label_known_at: null in 1 of 1000 rows"),
        ("entity_id", {4: "e000003"}, "on repeated_entities: 1, wanted 0 to 0, e.g. e000003"),
    ],
)
def test_a_bad_cell_closes_the_gate_and_is_named(tmp_path: Path, column: str, values: Any, named: str) -> None:
    from decimal import Decimal

    cells = {row: Decimal(str(value)) if column == "load" else value for row, value in values.items()}
    with pytest.raises(GateClosed) as refusal:
        _hold(tmp_path, _with(column, cells))
    assert refusal.value.code == "validation.failed"
    assert named in refusal.value.message
    assert (tmp_path / "docs" / "index.html").is_file()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"contract": make_contract(min_rows=1001)}, "on rows: 1000, wanted 1001 or more"),
        ({"contract": make_contract(label_rate=[0.5, 0.6])}, "on label_rate: 0."),
        ({"contract": make_contract(label_rate=[0.0, 0.1])}, "on label_rate: 0."),
        ({"as_of": AS_OF + timedelta(days=9)}, "on newest_row_days_before_as_of: 10"),
        ({"as_of": AS_OF - timedelta(days=1)}, "on newest_label_days_before_as_of: -"),
        ({"contract": make_contract(gap_days=0.8)}, "on labels_known_within_gap_days: 0, wanted 0.99 or more"),
        ({"as_of": AS_OF - timedelta(days=3)}, "on newest_row_days_before_as_of: -"),
        ({"previous": {"rows": 3000, "window": {"first": "2013-01-01", "last": "2013-03-31"}}}, "on row_growth: 0.3"),
        ({"previous": {"rows": 300, "window": {"first": "2013-01-01", "last": "2013-03-31"}}}, "on row_growth: 3."),
    ],
)
def test_a_set_out_of_its_limits_closes_the_gate(tmp_path: Path, given: dict[str, Any], named: str) -> None:
    with pytest.raises(GateClosed) as refusal:
        _hold(tmp_path, **given)
    assert named in refusal.value.message


def test_a_version_of_three_months_can_follow_one_of_one_month(tmp_path: Path) -> None:
    _hold(tmp_path, previous={"rows": 340, "window": {"first": "2013-01-01", "last": "2013-01-31"}})


def test_a_row_at_the_very_moment_of_as_of_closes_the_gate(tmp_path: Path) -> None:
    newest, known = (ROWS.column(name)[-1].as_py() for name in ("observed_at", "label_known_at"))
    with pytest.raises(GateClosed, match="newest_row_days_before_as_of: 0, wanted above 0"):
        _hold(tmp_path, as_of=newest)
    with pytest.raises(GateClosed, match="newest_label_days_before_as_of: 0, wanted above 0"):
        _hold(tmp_path, as_of=known)


def test_one_label_of_a_hundred_may_be_known_late_as_a_correction_is_and_no_more(tmp_path: Path) -> None:
    observed = ROWS.column("observed_at").to_pylist()
    late = {row: observed[row] + timedelta(days=1, seconds=1) for row in range(11)}
    _hold(tmp_path, _with("label_known_at", {row: late[row] for row in range(10)}))
    with pytest.raises(
        GateClosed, match=r"labels_known_within_gap_days: 0.989, wanted 0.99 or more, e.g. 2013-01-01 [0-9:]+/e000000, "
    ):
        _hold(tmp_path, _with("label_known_at", late))


def test_labels_of_one_class_only_close_the_gate(tmp_path: Path) -> None:
    one_class = _with("is_late", dict.fromkeys(range(1000), True))
    with pytest.raises(GateClosed, match="rows_of_rarer_class: 0, wanted 1 or more"):
        _hold(tmp_path, one_class, make_contract(label_rate=[0, 1]))


def test_a_repeated_key_closes_the_gate(tmp_path: Path) -> None:
    with pytest.raises(GateClosed, match=r"repeated_keys: 2, wanted 0 to 0, e\.g\. 2013-"):
        _hold(tmp_path, pa.concat_tables([ROWS, ROWS.slice(5, 2)]))


def test_columns_in_another_order_and_of_another_type_close_the_gate(tmp_path: Path) -> None:
    with pytest.raises(GateClosed, match="ExpectTableColumnsToMatchOrderedList on the set: place, noise"):
        _hold(tmp_path, ROWS.select(ROWS.column_names[::-1]))
    wide = ROWS.set_column(4, "hour", ROWS.column("hour").cast(pa.int64()))
    with pytest.raises(GateClosed, match="on type of hour: int64, wanted int32"):
        _hold(tmp_path, wide)


def test_nulls_may_crowd_into_one_chunk_as_long_as_their_share_of_all_is_allowed() -> None:
    check = Check(NOT_NULL, "x", {"column": "x", "mostly": 0.5}, "half", allowed=0.5)
    full, empty = pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [None, None]}, dtype=float)
    [half] = run_checks(new_context(), "toy", [full, empty], [check])
    [most] = run_checks(new_context(), "toy", [full, empty, empty], [check])
    assert (half.passed, half.unexpected, half.seen) == (True, 2, 4)
    assert (most.passed, most.observed) == (False, "null in 4 of 6 rows (66.67%)")


def test_up_to_five_keys_are_named_the_earliest_first(tmp_path: Path) -> None:
    with pytest.raises(GateClosed, match=r"e\.g\. e000010, e000011, e000012, e000013, e000014\.") as refusal:
        _hold(tmp_path, _with("noise", dict.fromkeys(range(10, 90), 11.0)))
    assert " to 11, 80 of 1000 rows (8.00%) beyond, wanted -10 to 10" in refusal.value.message


def test_a_value_that_many_cells_hold_is_told_once_in_the_data_docs(tmp_path: Path) -> None:
    checks = row_checks(CONTRACT)
    [of_hour] = [one for one in checks if (one.column, one.expectation) == ("hour", BETWEEN)]
    [found] = run_checks(new_context(), "toy", [pd.DataFrame({"hour": [99, 99, 98, 3]})] * 2, [of_hour])
    assert (found.values, found.unexpected) == ([99, 98], 6)


def test_expectations_count_what_their_sql_counts(tmp_path: Path) -> None:
    rows = _with("hour", {1: 99, 2: None}, _with("place", {3: "moon", 4: None}, _with("noise", {5: -11.0})))
    with pytest.raises(GateClosed):
        _hold(tmp_path, rows)
    found = {(r["expectation"], r["column"]): r for r in json.loads((tmp_path / "validation.json").read_text())}
    for check in row_checks(CONTRACT)[1:]:
        [(count,)] = duckdb.execute(f"select count(*) from rows where {check.broken}").fetchall()
        assert found[check.expectation, check.column]["unexpected"] == count


def test_an_expectation_that_raises_is_neither_a_pass_nor_bad_data(tmp_path: Path) -> None:
    texts = ROWS.set_column(4, "hour", ROWS.column("hour").cast(pa.string()))
    with pytest.raises(CannotJudge, match="ExpectColumnValuesToBeBetween on hour: ") as refusal:
        _hold(tmp_path, texts)
    assert (refusal.value.code, refusal.value.exit_code) == ("validation.raised", 4)
    found = json.loads((tmp_path / "validation.json").read_text())
    assert {one["passed"] for one in found if one["raised"]} == {False}


def test_an_expectation_that_gave_no_result_is_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*given: Any, **options: Any) -> Any:
        answer = whole(*given, **options)
        answer.results.pop()
        return answer

    whole = Batch.validate
    monkeypatch.setattr(Batch, "validate", forgetful)
    with pytest.raises(CannotJudge, match="did not run") as refusal:
        _hold(tmp_path)
    assert refusal.value.code == "validation.raised"


def test_a_set_without_rows_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="0 rows") as refusal:
        _hold(tmp_path, ROWS.slice(0, 0))
    assert refusal.value.code == "validation.nothing_to_check"


def test_a_suite_without_expectations_cannot_judge() -> None:
    with pytest.raises(CannotJudge, match="0 expectations") as refusal:
        run_checks(new_context(), "toy", [pd.DataFrame({"x": [1]})], [])
    assert refusal.value.code == "validation.nothing_to_check"


def test_a_set_without_any_known_label_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="no value of label_rate"):
        _hold(tmp_path, _with("is_late", dict.fromkeys(range(1000))))
