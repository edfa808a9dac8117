"""Copies of what lies in an object store: fetched once, checked, and gone a month after they were last asked for."""

import hashlib
import os
import time
from pathlib import Path

import fsspec
import pytest

from artifacts import storage
from artifacts.cache import cached

DAY = 24 * 60 * 60
ONE, TWO = hashlib.sha256(b"one").hexdigest(), hashlib.sha256(b"two").hexdigest()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    store = fsspec.filesystem("memory")
    store.pipe({"/cached/one.txt": b"one", "/cached/two.txt": b"two"})
    return tmp_path / "shipshape"


def age(root: Path, days: float) -> None:
    for path in [root, *root.rglob("*")]:
        os.utime(path, (time.time() - days * DAY,) * 2)


def there(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()} - {".swept"}


def test_a_copy_is_made_once_and_again_when_it_was_damaged(root: Path) -> None:
    path = storage.fetch("memory://cached", "one.txt", ONE)
    assert (path, path.read_bytes()) == (root / ONE / "one.txt", b"one")
    fsspec.filesystem("memory").rm("/cached/one.txt")
    assert storage.fetch("memory://cached", "one.txt", ONE).read_bytes() == b"one"
    fsspec.filesystem("memory").pipe("/cached/one.txt", b"one")
    path.write_bytes(b"onE")
    assert storage.fetch("memory://cached", "one.txt", ONE).read_bytes() == b"one"
    assert there(root) == {ONE}


def test_what_nobody_asked_for_in_a_month_goes_when_something_new_comes(root: Path) -> None:
    storage.fetch("memory://cached", "one.txt", ONE)
    (root / ".killed").mkdir()
    age(root, 31)
    storage.fetch("memory://cached", "two.txt", TWO)
    assert there(root) == {TWO}


def test_what_is_asked_for_stays_however_old_it_is(root: Path) -> None:
    storage.fetch("memory://cached", "one.txt", ONE)
    age(root, 31)
    storage.fetch("memory://cached", "one.txt", ONE)
    storage.fetch("memory://cached", "two.txt", TWO)
    assert there(root) == {ONE, TWO}


def test_it_is_looked_for_at_most_once_an_hour(root: Path) -> None:
    storage.fetch("memory://cached", "one.txt", ONE)
    age(root / ONE, 31)
    storage.fetch("memory://cached", "two.txt", TWO)
    assert there(root) == {ONE, TWO}


def test_without_a_sha256_a_file_is_kept_under_its_own_so_that_equal_ones_are_kept_once(root: Path) -> None:
    def download(folder: Path) -> Path:
        (folder / "one.json").write_bytes(b"one")
        return folder / "one.json"

    assert cached(download, "one.json") == cached(download, "one.json") == root / ONE / "one.json"
    assert there(root) == {ONE}
