"""The door of training sets: the id is the content, and only the content."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from artifacts import publish
from artifacts.content import content_id
from artifacts.errors import BadInput, CannotJudge, Damaged, GateClosed, Missing
from artifacts.training_set import (
    newest,
    open_training_set,
    parse_as_of,
    parse_id,
    publish_training_set,
    version_as_of,
    versions,
    write_sorted,
)
from tests.fixtures_training_set import AS_OF, make_contract, make_rows, make_training_set, publish_table

CONTRACT = make_contract()
ROWS = make_rows(CONTRACT)
ID = content_id(ROWS.to_batches(), CONTRACT)


def _with(table: pa.Table, column: str, row: int, value: object) -> pa.Table:
    values = table.column(column).to_pylist()
    values[row] = value
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.field(column), pa.array(values, table.field(column).type))


@pytest.mark.parametrize("batch_rows", [1, 7, 1000, 3000])
def test_the_batch_size_does_not_change_the_id(batch_rows: int) -> None:
    assert content_id(ROWS.to_batches(batch_rows), CONTRACT) == ID


@pytest.mark.parametrize("row_group", [50, 3000])
@pytest.mark.parametrize("dictionary", [True, False])
def test_row_groups_and_encoding_of_pyarrow_do_not_change_the_id(
    tmp_path: Path, row_group: int, dictionary: bool
) -> None:
    pq.write_table(ROWS, tmp_path / "a.parquet", row_group_size=row_group, use_dictionary=dictionary)
    assert content_id(pq.ParquetFile(tmp_path / "a.parquet").iter_batches(), CONTRACT) == ID


def test_a_parquet_file_of_duckdb_has_the_same_id(tmp_path: Path) -> None:
    rows = ROWS  # noqa: F841  (DuckDB reads it by name)
    duckdb.execute(f"copy rows to '{tmp_path}/a.parquet' (row_group_size 2048)")
    assert content_id(pq.ParquetFile(tmp_path / "a.parquet").iter_batches(), CONTRACT) == ID


def test_large_and_dictionary_encoded_texts_have_the_same_id() -> None:
    at = ROWS.schema.get_field_index("place")
    for kind in (pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        other = ROWS.set_column(at, "place", ROWS.column("place").combine_chunks().cast(kind))
        assert content_id(other.to_batches(), CONTRACT) == ID


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("entity_id", "e000001x"),
        ("observed_at", datetime.fromisoformat("2013-01-01 01:15:00.000001")),
        ("is_late", None),
        ("label_known_at", datetime.fromisoformat("2013-01-02")),
        ("hour", 5),
        ("delay_mean", 1e-300),
        ("noise", None),
        ("load", None),
        ("is_holiday", None),
        ("noise", 0.1234),
        ("place", ""),
        ("place", None),
    ],
)
def test_any_changed_cell_changes_the_id(column: str, value: object) -> None:
    assert content_id(_with(ROWS, column, 0, value).to_batches(), CONTRACT) != ID


def test_a_null_is_not_a_zero() -> None:
    with_zero, with_null = _with(ROWS, "hour", 0, 0), _with(ROWS, "hour", 0, None)
    assert content_id(with_zero.to_batches(), CONTRACT) != content_id(with_null.to_batches(), CONTRACT)


def test_letters_moved_from_one_text_to_the_next_change_the_id() -> None:
    ab_c = _with(_with(ROWS, "place", 0, "ab"), "place", 1, "c")
    a_bc = _with(_with(ROWS, "place", 0, "a"), "place", 1, "bc")
    assert content_id(ab_c.to_batches(), CONTRACT) != content_id(a_bc.to_batches(), CONTRACT)


def test_minus_zero_is_zero() -> None:
    minus, plus = _with(ROWS, "noise", 0, -0.0), _with(ROWS, "noise", 0, 0.0)
    assert content_id(minus.to_batches(), CONTRACT) == content_id(plus.to_batches(), CONTRACT)


def test_a_dropped_row_and_a_changed_contract_change_the_id() -> None:
    columns = CONTRACT.to_dict()["columns"]
    columns[4]["bounds"] = [0, 24]
    assert content_id(ROWS.slice(1).to_batches(), CONTRACT) != ID
    assert content_id(ROWS.to_batches(), make_contract(columns=columns)) != ID


def test_a_renamed_or_retyped_column_changes_the_id() -> None:
    columns = CONTRACT.to_dict()["columns"]
    columns[8]["name"] = "hush"
    renamed = make_contract(columns=columns)
    assert content_id(ROWS.rename_columns(renamed.arrow_schema().names).to_batches(), renamed) != ID
    columns = CONTRACT.to_dict()["columns"]
    columns[4]["type"] = "bigint"
    retyped = make_contract(columns=columns)
    assert content_id(ROWS.cast(retyped.arrow_schema()).to_batches(), retyped) != ID


def test_rows_out_of_order_are_refused_also_across_batches() -> None:
    swapped = pa.concat_tables([ROWS.slice(1, 1), ROWS.slice(0, 1)])
    for batch_rows in (1, 2):
        with pytest.raises(BadInput, match="row 1 comes before") as refusal:
            content_id(swapped.to_batches(batch_rows), CONTRACT)
        assert refusal.value.code == "training_set.unsorted"


def test_a_key_that_comes_twice_is_refused_and_named_also_across_batches() -> None:
    twice = pa.concat_tables([ROWS.slice(0, 2), ROWS.slice(1, 2)]).combine_chunks()
    for batch_rows in (1, 2, 4):
        with pytest.raises(GateClosed, match="e000001") as refusal:
            content_id(twice.to_batches(batch_rows), CONTRACT)
        assert refusal.value.code == "training_set.duplicate_key"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused_with_column_and_key(value: float) -> None:
    with pytest.raises(GateClosed, match=r"noise .*e000007") as refusal:
        content_id(_with(ROWS, "noise", 7, value).to_batches(), CONTRACT)
    assert refusal.value.code == "training_set.not_finite"


def test_a_null_key_is_refused() -> None:
    with pytest.raises(GateClosed, match="entity_id is null"):
        content_id(_with(ROWS, "entity_id", 7, None).to_batches(), CONTRACT)


def test_columns_in_another_order_and_another_type_are_refused() -> None:
    with pytest.raises(BadInput, match="in their order"):
        content_id(ROWS.select(ROWS.column_names[::-1]).to_batches(), CONTRACT)
    with pytest.raises(BadInput, match="not in the contract zork"):
        content_id(ROWS.append_column("zork", ROWS.column("hour")).to_batches(), CONTRACT)
    retyped = ROWS.set_column(4, "hour", ROWS.column("hour").cast(pa.int64()))
    with pytest.raises(BadInput, match=r"hour .* type int64, wanted int32"):
        content_id(retyped.to_batches(), CONTRACT)


def test_row_order_in_the_source_does_not_matter_once_sorted(tmp_path: Path) -> None:
    shuffled = ROWS.take(pa.array(range(ROWS.num_rows - 1, -1, -1)))  # noqa: F841
    rows = duckdb.sql("select * from shuffled order by observed_at, entity_id").to_arrow_reader(512)
    assert write_sorted(rows, CONTRACT, tmp_path / "a.parquet") == ID
    assert pq.read_table(tmp_path / "a.parquet").equals(ROWS)


def test_publishing_the_same_rows_again_makes_nothing(tmp_path: Path) -> None:
    first, second = make_training_set(tmp_path), make_training_set(tmp_path)
    assert first.published.created
    assert not second.published.created
    assert first.id == second.id
    assert versions(str(tmp_path), "toy") == [first.version]
    assert first.version.startswith("2013-04-01.")


def test_a_version_says_what_it_holds(tmp_path: Path) -> None:
    opened = open_training_set(str(tmp_path), "toy", make_training_set(tmp_path).version)
    late = sum(ROWS.column("is_late").to_pylist())
    assert opened.rows == 3000
    assert opened.contract == CONTRACT
    assert opened.facts["content"] == ID
    assert opened.facts["label_rate"] == late / 3000
    assert opened.facts["window"]["first"] == str(ROWS.column("observed_at")[0].as_py())
    assert opened.as_of == AS_OF


@pytest.mark.parametrize("batch_rows", [10, 65536])
def test_a_window_takes_its_start_and_leaves_its_end(tmp_path: Path, batch_rows: int) -> None:
    training_set = make_training_set(tmp_path)
    moments = ROWS.column("observed_at").to_pylist()
    got = list(training_set.batches(["place", "entity_id"], moments[100], moments[2000], batch_rows))
    assert pa.Table.from_batches(got).equals(ROWS.slice(100, 1900).select(["place", "entity_id"]))


def test_row_groups_outside_the_window_are_not_read(tmp_path: Path) -> None:
    large = make_rows(CONTRACT, rows=80_000)
    training_set = publish_table(tmp_path, CONTRACT, AS_OF, large)
    start = large.column("observed_at")[70_000].as_py()
    [batch] = training_set.batches(["hour"], start)
    assert batch.num_rows == 10_000


def test_an_unknown_column_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no column 'zork'"):
        make_training_set(tmp_path).batches(["zork"])


def test_a_flipped_byte_is_damage_and_not_another_value(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path)
    path = training_set.path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(Damaged, match=r"data\.parquet"):
        training_set.batches(["hour"])


def test_one_version_as_of_a_moment_is_found_none_and_several_are_refused(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path)
    assert version_as_of(str(tmp_path), "toy", AS_OF).id == training_set.id
    with pytest.raises(BadInput, match="features build --name toy --as-of 2013-05-01"):
        version_as_of(str(tmp_path), "toy", datetime.fromisoformat("2013-05-01"))
    make_training_set(tmp_path, seed=8)
    with pytest.raises(BadInput, match="has 2 versions"):
        version_as_of(str(tmp_path), "toy", AS_OF)


def test_a_set_without_rows_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="no rows"):
        publish_table(tmp_path, CONTRACT, AS_OF, ROWS.slice(0, 0))
    assert versions(str(tmp_path), "toy") == []


def test_a_staged_file_that_is_not_in_key_order_is_not_published(tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    staged.mkdir()
    pq.write_table(ROWS.take(list(range(2999, -1, -1))), staged / "data.parquet")
    with pytest.raises(BadInput, match="order"):
        publish_training_set(str(tmp_path), CONTRACT, AS_OF, staged, {})
    assert versions(str(tmp_path), "toy") == []


def test_a_name_that_climbs_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="wanted a letter or digit"):
        open_training_set(str(tmp_path), "toy", "../toy")
    with pytest.raises(Missing):
        open_training_set(str(tmp_path), "toy", "2013-04-01.000000000000")


def test_a_version_in_a_renamed_folder_is_not_opened(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path)
    for other in ("2013-05-01" + training_set.version[10:], "2013-04-01.000000000000"):
        shutil.copytree(tmp_path / training_set.id, tmp_path / "toy" / other)
        with pytest.raises(Damaged, match=f"{other} holds {training_set.id}: the folder was renamed") as refusal:
            open_training_set(str(tmp_path), "toy", other)
        assert refusal.value.code == "training_set.misnamed"


def test_a_version_copied_under_another_training_set_is_not_opened(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path)
    shutil.copytree(tmp_path / "toy", tmp_path / "tin")
    with pytest.raises(Damaged, match=f"tin/{training_set.version} holds toy/"):
        open_training_set(str(tmp_path), "tin", training_set.version)


def test_a_folder_of_something_else_is_no_version(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path)
    (tmp_path / "toy" / "notes").mkdir()
    publish.publish(str(tmp_path / "toy" / "docs"), "page", lambda _: {})
    assert versions(str(tmp_path), "toy") == [training_set.version]


@pytest.mark.parametrize("stray", ["backup", "2013-04-01", "2013-04-01.copy"])
def test_a_version_in_a_folder_without_a_version_name_is_named(tmp_path: Path, stray: str) -> None:
    shutil.copytree(tmp_path / make_training_set(tmp_path).id, tmp_path / "toy" / stray)
    with pytest.raises(Damaged, match=f"toy/{stray} holds a training-set version under") as refusal:
        versions(str(tmp_path), "toy")
    assert refusal.value.code == "training_set.misnamed"


@pytest.mark.parametrize("lost", ["name", "contract", "as_of", "content"])
def test_a_manifest_that_does_not_say_what_it_holds_is_damage(tmp_path: Path, lost: str) -> None:
    made = make_training_set(tmp_path)
    facts = {key: value for key, value in made.facts.items() if key != lost}
    shutil.rmtree(tmp_path / made.id)
    publish.publish(str(tmp_path / made.id), "training_set", lambda _: facts)
    with pytest.raises(Damaged, match=f"does not say .*'{lost}'"):
        open_training_set(str(tmp_path), "toy", made.version)


def test_as_of_and_ids_are_read_as_they_are_written() -> None:
    assert parse_as_of("2013-10-01") == datetime.fromisoformat("2013-10-01")
    assert parse_as_of("2013-10-01T0600") == datetime.fromisoformat("2013-10-01 06:00")
    assert parse_id("toy/2013-10-01.3f9a") == ("toy", "2013-10-01.3f9a")


@pytest.mark.parametrize("text", ["2013-13-01", "yesterday", "2013-10-01T0000", "2013-10-1", ""])
def test_an_as_of_that_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="wanted a day such as 2013-10-01"):
        parse_as_of(text)


@pytest.mark.parametrize("text", ["toy", "toy/", "/x", "a/b/c"])
def test_an_id_without_its_two_parts_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="NAME/VERSION"):
        parse_id(text)


def test_a_version_that_is_not_there_is_refused_with_the_newest_that_are(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"toy has no version; there are the sets: none\."):
        open_training_set(str(tmp_path), "toy", "2013-01-01.000000000000")
    made = [make_training_set(tmp_path, as_of=AS_OF + timedelta(days=day), rows=200).version for day in range(10)]
    with pytest.raises(Missing, match=r"at .*/2013-01-01\.0000") as refusal:
        open_training_set(str(tmp_path), "toy", "2013-01-01.000000000000")
    assert refusal.value.code == "publish.missing"
    assert refusal.value.message.endswith(f"toy has 10 versions, newest first: {', '.join(made[::-1])}.")
    publish_table(tmp_path, CONTRACT, AS_OF - timedelta(days=1), make_rows(CONTRACT, AS_OF - timedelta(days=1)))
    with pytest.raises(Missing, match=f"has 11 versions, newest first: {made[-1]}, .*, {made[0]}, …"):
        open_training_set(str(tmp_path), "toy", "2013-01-01.000000000000")


def test_of_versions_as_of_one_moment_the_one_made_last_is_the_newest(tmp_path: Path) -> None:
    for version, created_at in (("2013-04-01.aaaaaaaaaaaa", "2026-02"), ("2013-04-01.bbbbbbbbbbbb", "2026-01")):
        facts = {"created_at": created_at}
        publish.publish(f"{tmp_path}/toy/{version}", "training_set", lambda _, facts=facts: facts)
    with pytest.raises(Missing, match=r"newest first: 2013-04-01\.aaaaaaaaaaaa, 2013-04-01\.bbbbbbbbbbbb\."):
        open_training_set(str(tmp_path), "toy", "2013-04-01.cccccccccccc")


def test_the_newest_version_is_that_of_the_newest_as_of_and_there_the_one_made_last(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="Training set toy has no version") as refused:
        newest(str(tmp_path), "toy")
    assert refused.value.code == "training_set.none"
    contract = make_contract()
    made = {}
    for seed in range(4):
        (tmp_path / "staged" / f"{seed}").mkdir(parents=True)
        write_sorted(
            make_rows(contract, seed=seed).to_batches(), contract, tmp_path / "staged" / f"{seed}" / "data.parquet"
        )
        facts = {"created_at": f"2026-01-0{9 - seed} 00:00:00"}
        made[seed] = publish_training_set(str(tmp_path), contract, AS_OF, tmp_path / "staged" / f"{seed}", facts)
    assert newest(str(tmp_path), "toy").id == made[0].id
    other = make_training_set(tmp_path, as_of=AS_OF + timedelta(days=1))
    assert newest(str(tmp_path), "toy").id == other.id


def test_a_set_that_goes_while_it_is_read_is_missing_and_one_that_changes_is_damaged(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path)
    folder = Path(training_set.published.uri)
    begun = training_set.batches(["hour"])
    folder.rename(tmp_path / "elsewhere")
    for read in (lambda: list(begun), lambda: training_set.batches(["hour"])):
        with pytest.raises(Missing, match="was there when it was opened, and is gone") as refused:
            read()
        assert (refused.value.code, str(folder) in refused.value.message) == ("publish.missing", True)
    (tmp_path / "elsewhere").rename(folder)
    begun = training_set.batches(["hour"])
    (folder / "data.parquet").write_bytes(b"PAR1")
    with pytest.raises(Damaged, match=r"data\.parquet has 4 bytes"):
        list(begun)


def test_what_fails_though_the_set_is_whole_is_told_as_it_is(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path)
    with pytest.raises(ZeroDivisionError), training_set.published.reading():
        1 / 0  # noqa: B018
