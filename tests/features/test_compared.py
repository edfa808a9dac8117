"""What was found of two versions is said again, and found out again once what it follows from is another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from artifacts.errors import Damaged
from artifacts.training_set import open_training_set, parse_id, publish_training_set, write_sorted
from features.compared import against_previous
from features.diff import diff, summary
from tests.fixtures_training_set import AS_OF, make_contract, make_rows, make_training_set

Kept = Callable[[], list[Path]]


def publish(root: Path, rows: int, **facts: Any) -> str:
    contract = make_contract()
    staged = root / "staged"
    staged.mkdir(parents=True, exist_ok=True)
    write_sorted(make_rows(contract, rows=1000).slice(0, rows).to_batches(), contract, staged / "data.parquet")
    return publish_training_set(str(root / "sets"), contract, AS_OF, staged, facts).id


@pytest.fixture
def ids(tmp_path: Path) -> tuple[str, str]:
    """A version and one that was compared with it."""
    first = publish(tmp_path, 990)
    return first, publish(tmp_path, 1000, previous=first)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return lambda: sorted((tmp_path / "warehouse" / "compared" / "toy").iterdir())


def said_in(root: Path, version: str, warehouse: Path | None = None) -> str:
    return against_previous(str(root / "sets"), warehouse or root / "warehouse", version)


def found_in(root: Path, ids: tuple[str, str]) -> str:
    old, new = (open_training_set(str(root / "sets"), *parse_id(one)) for one in ids)
    return summary(diff(old, new))


def test_the_same_two_versions_are_compared_once(tmp_path: Path, ids: tuple[str, str], kept: Kept) -> None:
    said = said_in(tmp_path, ids[1])
    assert said == found_in(tmp_path, ids)
    assert "10 rows came, 0 went, 0 changed, 990 are the same" in said
    [memo] = kept()
    # Only what reads it can say this.
    memo.write_text(f"{said}, as was kept")
    assert said_in(tmp_path, ids[1]) == f"{said}, as was kept"


@pytest.mark.parametrize("damaged", [b"", b"\xff", b"late_arrival/2013-10-01.0 against toy/2013-04-01.0: 1 rows came"])
def test_what_was_kept_of_no_such_two_is_found_out_again(
    tmp_path: Path, ids: tuple[str, str], kept: Kept, damaged: bytes
) -> None:
    said = said_in(tmp_path, ids[1])
    kept()[0].write_bytes(damaged)
    assert said_in(tmp_path, ids[1]) == said
    assert [memo.read_text() for memo in kept()] == [said]


def test_other_tools_compare_again(
    tmp_path: Path, ids: tuple[str, str], kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    said_in(tmp_path, ids[1])
    kept()[0].write_text(f"{kept()[0].read_text()}, by other tools")
    monkeypatch.setattr("features.inputs.TOOLS", ("duckdb",))
    assert said_in(tmp_path, ids[1]) == found_in(tmp_path, ids)


def test_versions_of_the_same_names_in_another_place_are_compared_for_themselves(
    tmp_path: Path, ids: tuple[str, str]
) -> None:
    other = tmp_path / "other"
    assert (publish(other, 990, tools={"duckdb": "0.1"}), publish(other, 1000, previous=ids[0])) == ids
    here, there = (said_in(root, ids[1], tmp_path / "warehouse") for root in (tmp_path, other))
    assert ("the tools changed" in here, "the tools changed" in there) == (False, True)


@pytest.mark.parametrize("which", [0, 1])
def test_a_version_that_is_damaged_since_is_refused(tmp_path: Path, ids: tuple[str, str], which: int) -> None:
    said_in(tmp_path, ids[1])
    file = tmp_path / "sets" / ids[which] / "data.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(Damaged, match=ids[which]):
        said_in(tmp_path, ids[1])


def test_where_nothing_can_be_kept_it_is_said_all_the_same(tmp_path: Path, ids: tuple[str, str]) -> None:
    (tmp_path / "warehouse").write_text("")
    assert said_in(tmp_path, ids[1]) == found_in(tmp_path, ids)


def test_a_first_version_has_nothing_to_differ_from(tmp_path: Path) -> None:
    version = make_training_set(tmp_path / "sets").id
    assert said_in(tmp_path, version) == f"{version} is the first version of toy"
