"""A disk that is full can be tried again, says where, and leaves nothing half-written behind."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from artifacts.errors import Missing, Unavailable
from artifacts.place_errors import usable
from features.audit import audit_published
from features.export import warehouse_rows
from features.spilling import spilling
from features.validate import validate
from tests.fixtures_training_set import make_contract, make_training_set

FULL = 'IO Error: Could not write file "x": No space left on device'


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*given: Any, **options: Any) -> Any:
        raise duckdb.IOException(FULL)

    monkeypatch.setattr(duckdb, "connect", connect)


def test_what_duckdb_cannot_write_names_the_folder_and_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=f"{tmp_path} cannot be written: No space left on device") as refusal:  # noqa: SIM117
        with spilling(tmp_path):
            duckdb.sql("copy (select * from range(1000000)) to '/dev/full' (format csv)")
    assert refusal.value.code == "publish.no_place"
    assert "Free some space" in refusal.value.next_step


def test_no_room_to_spill_names_the_folder_too(tmp_path: Path) -> None:
    config = {"temp_directory": str(tmp_path), "memory_limit": "30MB", "threads": "1"}
    with (
        pytest.raises(Unavailable, match=f"{tmp_path} cannot be written: no room to spill"),
        spilling(tmp_path),
        duckdb.connect(config=config) as connection,
    ):
        connection.execute("set max_temp_directory_size = '1MB'")
        connection.execute("select count(distinct md5(i::varchar)) from range(5000000) as t(i)").fetchall()


def test_what_has_nothing_to_do_with_room_is_raised_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(duckdb.IOException, match="does not exist"), spilling(tmp_path):
        duckdb.connect(str(tmp_path / "none.duckdb"), read_only=True)


def test_an_export_on_a_full_disk_can_be_tried_again(tmp_path: Path, full: None) -> None:
    with (
        pytest.raises(Unavailable, match=f"{tmp_path} cannot be written"),
        warehouse_rows(tmp_path, "toy", make_contract()) as rows,
    ):
        next(rows)


def test_a_validation_on_a_full_disk_can_be_tried_again_and_leaves_nothing(tmp_path: Path, full: None) -> None:
    training_set = make_training_set(tmp_path / "sets")
    with pytest.raises(Unavailable, match=f"{tmp_path}/home/validation/toy/{training_set.version} cannot be written"):
        audit_published(tmp_path / "home", str(tmp_path / "sets"), training_set)
    assert list((tmp_path / "home").rglob("*")) == [tmp_path / "home" / "validation", tmp_path / "home/validation/toy"]


def test_a_validation_leaves_no_spilled_rows(tmp_path: Path) -> None:
    found = audit_published(tmp_path / "home", str(tmp_path / "sets"), make_training_set(tmp_path / "sets"))
    assert list(found.folder.parent.iterdir()) == [found.folder]
    assert {path.name for path in found.folder.iterdir()} == {"docs", "validation.json"}


def test_a_copy_of_a_folder_onto_a_full_disk_can_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "full").write_text("a row")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "full").symlink_to("/dev/full")
    with pytest.raises(Unavailable, match="to cannot be written: No space left on device"), usable(f"{tmp_path}/to"):
        shutil.copytree(tmp_path / "from", tmp_path / "to", dirs_exist_ok=True)


def test_a_version_that_goes_while_it_is_held_against_its_contract_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training_set = make_training_set(tmp_path / "sets")

    def goes(*given: Any, **options: Any) -> Any:
        shutil.move(training_set.published.uri, tmp_path / "elsewhere")
        return validate(*given, **options)

    monkeypatch.setattr("features.audit.validate", goes)
    with pytest.raises(Missing, match="was there when it was opened, and is gone") as refused:
        audit_published(tmp_path / "home", str(tmp_path / "sets"), training_set)
    assert refused.value.code == "publish.missing"
