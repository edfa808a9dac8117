"""A file that is written over is whole or as it was, and a secret is its owner's alone from the first byte."""

import stat
from pathlib import Path

import pytest

from artifacts.whole_file import FOR_ITS_OWNER, write_whole


def test_what_was_there_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "told.json"
    for text in ("before", "now"):
        write_whole(path, text)
    assert path.read_text() == "now"
    assert list(path.parent.iterdir()) == [path]


def test_text_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "told.json"
    write_whole(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "a lone surrogate: \ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_is_readable_by_its_owner_alone_also_in_place_of_a_file_that_all_could_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_whole(path, "old")
    path.chmod(0o644)
    write_whole(path, "new", FOR_ITS_OWNER)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
