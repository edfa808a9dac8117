"""Upcoming rows are published whole under their content's id, the newest is found, and damage is seen."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from artifacts.contract import Contract
from artifacts.errors import BadInput, Damaged, GateClosed, Missing
from artifacts.lookup import upcoming_columns
from artifacts.upcoming import newest_upcoming, open_upcoming
from tests.fixtures_training_set import AS_OF, LOOKUP, make_contract, make_upcoming_rows, publish_upcoming_table

HOUR = timedelta(hours=1)


def published(root: Path, as_of: datetime = AS_OF, rows: int = 5, **options: object):
    return publish_upcoming_table(root, make_upcoming_rows(as_of, rows), as_of, **options)


def test_what_is_read_back_is_what_was_written_and_has_no_label(tmp_path: Path) -> None:
    upcoming = published(tmp_path)
    again = open_upcoming(str(tmp_path), "toy", upcoming.version)
    names = [column.name for column in again.columns.columns]
    assert names[-2:] == ["number", "starts_at"]
    assert "is_late" not in names and "label_known_at" not in names
    assert pa.Table.from_batches(again.batches(names)) == make_upcoming_rows(AS_OF, 5)
    assert (again.rows, again.as_of, again.id) == (5, AS_OF, f"toy/{upcoming.version}")


def test_the_same_rows_are_published_once_and_another_cell_is_another_version(tmp_path: Path) -> None:
    first, again = published(tmp_path), published(tmp_path)
    assert (first.published.created, again.published.created, first.version) == (True, False, again.version)
    assert published(tmp_path, rows=6).version != first.version


def test_no_rows_are_published_as_none_with_no_window(tmp_path: Path) -> None:
    upcoming = published(tmp_path, rows=0)
    assert (upcoming.rows, upcoming.facts["window"]) == (0, None)
    assert list(upcoming.batches(["hour"])) == []


def test_the_newest_has_the_latest_as_of_and_of_these_the_one_made_last(tmp_path: Path) -> None:
    later = AS_OF + HOUR
    for as_of, rows, created_at in (
        (later, 5, "2020-01-01 08:00:00"),
        (later, 6, "2020-01-01 09:00:00"),
        (later, 7, "2020-01-01 07:00:00"),
        (AS_OF, 8, "2020-01-02 00:00:00"),
    ):
        published(tmp_path, as_of, rows, created_at=created_at)
    assert open_upcoming(str(tmp_path), "toy", newest_upcoming(str(tmp_path), "toy")).rows == 6


def test_a_folder_that_is_no_version_or_has_no_manifest_is_passed_over(tmp_path: Path) -> None:
    midnight = published(tmp_path)
    later = published(tmp_path, AS_OF + HOUR)
    assert newest_upcoming(str(tmp_path), "toy") == later.version
    (Path(later.published.uri) / "manifest.json").unlink()
    (tmp_path / "toy" / "2099-old").mkdir()
    assert newest_upcoming(str(tmp_path), "toy") == midnight.version


def test_none_is_refused_with_the_command_that_publishes_one(tmp_path: Path) -> None:
    with pytest.raises(Missing) as refusal:
        newest_upcoming(str(tmp_path), "toy")
    assert refusal.value.code == "upcoming.none"
    assert "python -m features upcoming --name toy" in refusal.value.next_step


def test_a_flipped_byte_is_seen(tmp_path: Path) -> None:
    upcoming = published(tmp_path)
    file = Path(upcoming.published.uri) / "data.parquet"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    with pytest.raises(Damaged):
        list(upcoming.batches(["hour"]))


def test_a_renamed_folder_is_seen(tmp_path: Path) -> None:
    upcoming = published(tmp_path)
    other = upcoming.version.replace("2013-04-01", "2013-04-02")
    Path(upcoming.published.uri).rename(tmp_path / "toy" / other)
    with pytest.raises(Damaged):
        open_upcoming(str(tmp_path), "toy", other)


@pytest.mark.parametrize(("column", "value"), [("entity_id", "e0"), ("number", 0)])
def test_a_key_that_names_two_rows_publishes_nothing(tmp_path: Path, column: str, value: object) -> None:
    table = make_upcoming_rows(AS_OF, 5)
    same = {"entity_id": ["e0"] * 5, "place": ["hill"] * 5, "number": [0] * 5, "starts_at": [AS_OF] * 5}
    for name in ["entity_id"] if column == "entity_id" else ["place", "number", "starts_at"]:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array(same[name], table.schema.field(at).type))
    with pytest.raises(GateClosed) as refusal:
        publish_upcoming_table(tmp_path, table, AS_OF)
    assert refusal.value.code == "upcoming.key_twice"
    assert list(tmp_path.glob("toy/*")) == []


def test_what_is_said_of_upcoming_rows_does_not_change_a_training_sets_id() -> None:
    plain, told = make_contract(), make_contract(upcoming={"within_days": 2, "lookup": LOOKUP})
    assert plain.digest() == told.digest()
    assert Contract.from_dict(told.to_dict()) == told
    before = told.to_dict()
    del before["upcoming"]
    assert Contract.from_dict(before) == plain


def test_a_training_set_without_upcoming_rows_says_what_to_write() -> None:
    with pytest.raises(BadInput, match="does not say which of its rows are upcoming"):
        upcoming_columns(make_contract())


@pytest.mark.parametrize(
    ("lookup", "complaint"),
    [
        (["nowhere"], "a column that the training set has not"),
        (["place", "place"], "names a column twice"),
        (["is_late"], "is known before the label"),
        ([], "names no column"),
        ([{"name": "hour", "type": "integer", "description": "again"}], "of the training set again"),
        ([{"name": "x", "type": "integer", "description": "x", "role": "entity"}], "has no other role"),
        ([{"name": "x", "type": "double", "description": "x"}], "cannot have the role"),
    ],
)
def test_a_lookup_key_that_cannot_be_is_refused(lookup: list[object], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        make_contract(upcoming={"within_days": 2, "lookup": lookup})


def test_a_training_set_has_no_column_for_lookups_alone() -> None:
    told = make_contract().to_dict()
    told["columns"][4]["role"] = "lookup"
    with pytest.raises(BadInput, match="'lookup' is for columns in `upcoming`"):
        Contract.from_dict(told)


def test_rows_must_be_observed_for_some_time() -> None:
    with pytest.raises(BadInput, match=r"within_days: 0\.0 is not above 0"):
        make_contract(upcoming={"within_days": 0, "lookup": ["place"]})
