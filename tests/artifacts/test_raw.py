"""A landed partition never changes; what is learned later is a correction with its own `known_at`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from artifacts import raw
from artifacts.errors import BadInput, Conflict, Damaged, Missing

JANUARY = raw.Key("shop", "orders", "2013-01")
MOMENT = pa.timestamp("us")


def orders(*rows: tuple[str, int, int | None]) -> pa.Table:
    """Rows of (id, day of January on which it was known, price)."""
    return pa.table(
        {
            "order_id": pa.array([row[0] for row in rows], pa.string()),
            "known_at": pa.array([datetime(2013, 1, row[1]) for row in rows], MOMENT),
            "price": pa.array([row[2] for row in rows], pa.int32()),
        }
    )


def aside(*reasons: str) -> pa.Table:
    return pa.table({"line": list(range(len(reasons))), "reason": pa.array(list(reasons), pa.string())})


TWO = orders(("b", 4, 7), ("a", 3, None))


def test_a_partition_holds_its_facts_in_the_order_in_which_they_became_known(tmp_path: Path) -> None:
    made = raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {"file": "orders.csv"})
    assert (made.created, dict(made.rows), made.quarantined) == (True, {"placed": 2}, 0)
    assert made.provenance == {"file": "orders.csv"}
    (file,) = tmp_path.glob("shop/orders/*/*/placed.parquet")
    assert file.parent.name == made.revision
    assert pq.read_table(file).to_pydict() == orders(("a", 3, None), ("b", 4, 7)).to_pydict()


def test_the_same_rows_in_another_order_are_a_no_op(tmp_path: Path) -> None:
    first = raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {"file": "one"})
    again = raw.land(str(tmp_path), JANUARY, {"placed": TWO.take([1, 0])}, None, {"file": "two"})
    assert (again.created, again.revision, again.provenance) == (False, first.revision, {"file": "one"})


@pytest.mark.parametrize(
    "other",
    [
        {"placed": orders(("b", 4, 7), ("a", 3, 0))},
        {"placed": orders(("b", 4, 7), ("a", 3, None), ("a", 3, None))},
        {"placed": TWO.rename_columns(["order_id", "known_at", "cost"])},
        {"placed": TWO.set_column(2, "price", TWO["price"].cast(pa.int64()))},
        {"placed": TWO, "paid": TWO},
        {"paid": TWO},
    ],
)
def test_other_content_under_the_same_key_is_a_conflict(tmp_path: Path, other: dict[str, pa.Table]) -> None:
    first = raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {})
    with pytest.raises(Conflict, match="other rows under the same key") as refusal:
        raw.land(str(tmp_path), JANUARY, other, None, {})
    assert refusal.value.code == "raw.conflict"
    assert [partition.revision for partition in raw.partitions(str(tmp_path), "shop")] == [first.revision]


def test_a_conflict_in_one_table_keeps_the_others_from_landing(tmp_path: Path) -> None:
    raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {})
    goods = raw.draft(raw.Key("shop", "goods", "2013-01"), {"priced": TWO}, None, {})
    changed = raw.draft(JANUARY, {"placed": TWO.slice(1)}, None, {})
    with pytest.raises(Conflict):
        raw.land_all(str(tmp_path), [goods, changed])
    assert [str(partition.key) for partition in raw.partitions(str(tmp_path), "shop")] == ["shop/orders/2013-01"]


def test_null_and_an_empty_text_are_not_the_same_content(tmp_path: Path) -> None:
    raw.land(str(tmp_path), JANUARY, {"placed": TWO.set_column(0, "order_id", pa.array(["", "NA"]))}, None, {})
    with pytest.raises(Conflict):
        raw.land(
            str(tmp_path),
            JANUARY,
            {"placed": TWO.set_column(0, "order_id", pa.array([None, "NA"], pa.string()))},
            None,
            {},
        )


def test_rows_set_aside_are_kept_and_counted_by_reason(tmp_path: Path) -> None:
    made = raw.land(str(tmp_path), JANUARY, {"placed": TWO}, aside("torn", "torn", "unread"), {})
    assert made.quarantined == 3
    assert made.quarantined_by_reason == {"torn": 2, "unread": 1}
    assert len(list(tmp_path.glob("shop/orders/*/*/quarantine.parquet"))) == 1


def test_no_rows_set_aside_leave_no_file(tmp_path: Path) -> None:
    raw.land(str(tmp_path), JANUARY, {"placed": TWO}, aside(), {})
    assert list(tmp_path.rglob("quarantine.parquet")) == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (TWO.drop_columns(["known_at"]), "it has no column known_at"),
        (TWO.set_column(1, "known_at", pa.array([None, datetime(2013, 1, 1)], MOMENT)), "null in 1 rows"),
        (TWO.set_column(1, "known_at", TWO["known_at"].cast(pa.timestamp("us", "UTC"))), "wanted timestamp"),
        (TWO.set_column(1, "known_at", TWO["known_at"].cast(pa.timestamp("ms"))), "wanted timestamp"),
    ],
)
def test_a_fact_without_a_moment_for_every_row_is_refused(tmp_path: Path, table: pa.Table, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        raw.land(str(tmp_path), JANUARY, {"placed": table}, None, {})
    assert refusal.value.code == "raw.fact_invalid"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("facts", [{}, {"quarantine": TWO}])
def test_no_fact_or_one_called_quarantine_is_refused(tmp_path: Path, facts: dict[str, pa.Table]) -> None:
    with pytest.raises(BadInput, match="wanted one or more, none of them called quarantine"):
        raw.land(str(tmp_path), JANUARY, facts, None, {})


@pytest.mark.parametrize("key", [raw.Key("..", "orders", "2013-01"), raw.Key("shop", "a/b", "2013-01")])
def test_a_key_that_could_leave_the_root_is_refused(tmp_path: Path, key: raw.Key) -> None:
    with pytest.raises(BadInput, match=r"name|table|source"):
        raw.land(str(tmp_path), key, {"placed": TWO}, None, {})


@pytest.mark.parametrize("period", ["2013", "2013-00", "2013-13", "13-01", "2013-1", "2013-01-01", "0000-01"])
def test_a_period_that_is_no_month_is_refused(tmp_path: Path, period: str) -> None:
    with pytest.raises(BadInput, match="wanted one such as '2013-01'"):
        raw.land(str(tmp_path), raw.Key("shop", "orders", period), {"placed": TWO}, None, {})


def test_a_correction_stands_beside_the_first_and_every_row_has_its_moment(tmp_path: Path) -> None:
    raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {})
    rows = pa.table({"price": pa.array([9], pa.int32()), "order_id": ["a"]})
    known_at = datetime(2013, 3, 5, 6)
    made = raw.correct(str(tmp_path), JANUARY, {"placed": rows}, known_at, {"why": "typo"})
    again = raw.correct(str(tmp_path), JANUARY, {"placed": rows}, known_at, {})
    assert made.revision.startswith("correction-2013-03-")
    assert (made.created, again.created) == (True, False)
    read = pq.read_table(f"{made.uri}/placed.parquet")
    assert read.to_pylist() == [{"order_id": "a", "known_at": known_at, "price": 9}]
    assert len(raw.partitions(str(tmp_path), "shop")) == 2


@pytest.mark.parametrize(
    ("fact", "rows", "known_at", "said"),
    [
        ("paid", TWO, datetime(2013, 3, 5), "no fact landed as paid"),
        ("placed", TWO.drop_columns(["price"]), datetime(2013, 3, 5), "its columns are"),
        ("placed", TWO.set_column(2, "price", pa.array(["1", "2"])), datetime(2013, 3, 5), "landed was int32"),
        ("placed", TWO, datetime(2013, 1, 3), "is not later than"),
        ("placed", TWO, datetime(2013, 3, 5, tzinfo=UTC), "has a time zone"),
        ("placed", TWO.slice(2), datetime(2013, 3, 5), "it has no rows"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused(
    tmp_path: Path, fact: str, rows: pa.Table, known_at: datetime, said: str
) -> None:
    raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {})
    with pytest.raises(BadInput, match=said) as refusal:
        raw.correct(str(tmp_path), JANUARY, {fact: rows}, known_at, {})
    assert refusal.value.code == "raw.correction_invalid"
    assert len(raw.partitions(str(tmp_path), "shop")) == 1


def test_what_is_checked_of_a_correction_keeps_it_from_being_published_unless_it_is_there(tmp_path: Path) -> None:
    def refuse() -> None:
        raise BadInput("raw.correction_invalid", "No.", next_step="None.")

    raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {})
    moment, rows = datetime(2013, 3, 5), {"placed": orders(("a", 3, 9))}
    with pytest.raises(BadInput, match=r"No\."):
        raw.correct(str(tmp_path), JANUARY, rows, moment, {}, check=refuse)
    made = raw.correct(str(tmp_path), JANUARY, rows, moment, {})
    assert raw.correct(str(tmp_path), JANUARY, rows, moment, {}, check=refuse).created is False
    there = raw.rows_there(str(tmp_path), JANUARY, "placed")
    assert there["revision"].to_pylist()[2:] == [made.revision] and there.num_rows == 3


def test_what_has_not_landed_cannot_be_corrected(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="shop/orders/2013-01 has not landed"):
        raw.correct(str(tmp_path), JANUARY, {"placed": TWO}, datetime(2013, 3, 5), {})


def landed(root: Path, *keys: str, tables: tuple[str, ...] = ("goods", "orders")) -> None:
    for key in keys:
        table, period = key.split("/")
        raw.land(str(root), raw.Key("shop", table, period), {"placed": TWO}, None, {"tables": list(tables)})


def test_landed_through_is_the_last_month_before_a_gap(tmp_path: Path) -> None:
    assert raw.landed_through(str(tmp_path), "shop") is None
    landed(tmp_path, "orders/2012-12")
    assert raw.landed_through(str(tmp_path), "shop") is None
    landed(tmp_path, "goods/2012-12", "orders/2013-01", "goods/2013-01", "orders/2013-02")
    assert raw.landed_through(str(tmp_path), "shop") == "2013-01"
    landed(tmp_path, "orders/2013-04", "goods/2013-04", "goods/2013-02")
    assert raw.landed_through(str(tmp_path), "shop") == "2013-02"


def test_a_month_that_landed_in_part_is_a_gap_first_and_last_too(tmp_path: Path) -> None:
    landed(tmp_path, "orders/2013-01")
    assert (raw.landed_through(str(tmp_path), "shop"), raw.first_gap(str(tmp_path), "shop")) == (None, "2013-01")
    landed(tmp_path, "orders/2013-02", "goods/2013-02")
    assert (raw.landed_through(str(tmp_path), "shop"), raw.first_gap(str(tmp_path), "shop")) == (None, "2013-01")
    landed(tmp_path, "goods/2013-01", "goods/2013-03")
    assert (raw.landed_through(str(tmp_path), "shop"), raw.first_gap(str(tmp_path), "shop")) == ("2013-02", "2013-03")
    landed(tmp_path, "orders/2013-03")
    assert (raw.landed_through(str(tmp_path), "shop"), raw.first_gap(str(tmp_path), "shop")) == ("2013-03", None)


def test_a_flipped_bit_is_found_and_its_file_named(tmp_path: Path) -> None:
    made = raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {})
    assert len(raw.verify(str(tmp_path), "shop")) == 1
    file = Path(made.uri) / "placed.parquet"
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    with pytest.raises(Damaged, match=r"orders/2013-01/.*placed\.parquet has sha256"):
        raw.verify(str(tmp_path), "shop")


def test_every_page_has_a_checksum(tmp_path: Path) -> None:
    made = raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {})
    file = Path(made.uri) / "placed.parquet"
    content = bytearray(file.read_bytes())
    content[60] ^= 1
    file.write_bytes(content)
    with pytest.raises(OSError, match=r"CRC|checksum|deserializ"):
        pq.read_table(file, page_checksum_verification=True)


def test_an_object_store_holds_partitions_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = f"memory://{uuid4().hex}"
    landed_there = raw.land(root, JANUARY, {"placed": TWO}, aside("torn"), {})
    assert raw.land(root, JANUARY, {"placed": TWO}, aside("torn"), {}).created is False
    assert [partition.revision for partition in raw.verify(root, "shop")] == [landed_there.revision]
    assert raw.landed_through(root, "shop") == "2013-01"


def test_of_several_writers_with_other_rows_one_lands_and_the_others_are_told(tmp_path: Path) -> None:
    def try_to_land(price: int) -> str:
        try:
            return raw.land(str(tmp_path), JANUARY, {"placed": orders(("a", 3, price))}, None, {}).revision
        except Conflict as conflict:
            return conflict.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(try_to_land, range(8)))
    assert outcomes[1:] == ["raw.conflict"] * 7
    assert [partition.revision for partition in raw.partitions(str(tmp_path), "shop")] == outcomes[:1]


def test_one_month_can_be_verified_without_the_others(tmp_path: Path) -> None:
    damaged = raw.land(str(tmp_path), JANUARY, {"placed": TWO}, None, {})
    raw.land(str(tmp_path), raw.Key("shop", "orders", "2013-02"), {"placed": TWO}, None, {})
    (Path(damaged.uri) / "placed.parquet").write_bytes(b"")
    assert [partition.key.period for partition in raw.verify(str(tmp_path), "shop", "2013-02")] == ["2013-02"]
    with pytest.raises(Damaged, match=r"2013-01/.*placed\.parquet has 0 bytes"):
        raw.verify(str(tmp_path), "shop")
