"""Copies the files of a place, local or in an object store, out of it and into an empty one, by the same names."""

import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import fsspec

from artifacts.errors import Damaged, Unavailable
from artifacts.places import is_url
from artifacts.publish import MANIFEST, sha256_of
from artifacts.shelf import LOCK, TEMPORARY


def files(place: str, left_out: Collection[Path] = ()) -> list[str]:
    """The sorted relative names of all files, without locks and what is being written; empty when nothing is there."""
    if not is_url(place):
        return sorted(_local(Path(place), frozenset(left_out)))
    store, root = _store(place)
    with_root = store.find(root) if store.exists(root) else []
    return sorted(path[len(root) :].lstrip("/") for path in with_root)


def copy_out(place: str, names: Collection[str], folder: Path, *, may_go: bool = False) -> int:
    """Copy `names` into `folder`; the number of files. One that went meanwhile is passed over when it `may_go`."""
    store, root = _store(place)
    copied = 0
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            store.get_file(f"{root}/{name}", str(target))
            copied += 1
        except FileNotFoundError:
            if not may_go:
                raise
            target.unlink(missing_ok=True)
    return copied


def copy_in(folder: Path, place: str) -> int:
    """Copy all of `folder` into an empty place and read it back; the number of files.

    A local place appears in one step; in an object store manifests go last, so no folder is there before its files.
    Raises `Damaged` (`restore.unequal`) when what was written reads back as something else.
    """
    names = files(str(folder))
    if is_url(place):
        store, root = _store(place)
        for name in sorted(names, key=lambda name: (name.rsplit("/", 1)[-1] == MANIFEST, name)):
            store.put_file(str(folder / name), f"{root}/{name}")
    else:
        _copy_local(folder, Path(place), names)
    for name in names:
        if _sha256(place, name) != sha256_of(folder / name):
            raise Damaged(
                "restore.unequal",
                f"{place}/{name} does not read back as it was written.",
                next_step="Look after the disk or the store, empty the place, and restore again.",
            )
    return len(names)


def add_files(folder: Path, target: Path) -> int:
    """Copy the files of `folder` into a folder that has others; the number of files."""
    names = files(str(folder))
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        draft = (target / name).with_name(f".{uuid.uuid4().hex}")
        shutil.copy2(folder / name, draft)
        draft.replace(target / name)
    return len(names)


def _copy_local(folder: Path, final: Path, names: Collection[str]) -> None:
    # Beside the final place, so that the rename is one step.
    draft = final.with_name(f".{final.name}.{uuid.uuid4().hex}")
    try:
        for name in names:
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, draft / name)
            with (draft / name).open("rb") as stream:
                os.fsync(stream.fileno())
        draft.mkdir(parents=True, exist_ok=True)
        # What an empty place may hold: locks, and what killed writers left.
        shutil.rmtree(final, ignore_errors=True)
        draft.rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _local(root: Path, left_out: Collection[Path]) -> Iterator[str]:
    for folder, below, names in os.walk(root):
        at = Path(folder)
        below[:] = [name for name in below if name != TEMPORARY and at / name not in left_out]
        for name in names:
            if name != LOCK and not name.endswith(".lock") and at / name not in left_out:
                yield (at / name).relative_to(root).as_posix()


def _sha256(place: str, name: str) -> str:
    import hashlib

    store, root = _store(place)
    with store.open(f"{root}/{name}", "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _store(place: str) -> tuple[Any, str]:
    try:
        store, root = fsspec.core.url_to_fs(place)
    except (ValueError, ImportError) as error:
        raise Unavailable(
            "backup.no_store", f"{place} cannot be opened: {error}", next_step="Check its URL."
        ) from error
    store.invalidate_cache()
    return store, root.rstrip("/")
