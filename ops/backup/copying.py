"""Copies the files of a place, local or in an object store, out of it and into an empty one, by the same names."""

import os
import re
import shutil
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path

from artifacts import object_store
from artifacts.errors import Damaged, Unavailable
from artifacts.manifest import MANIFEST, sha256_of
from artifacts.places import is_url
from artifacts.storage import LOCK, TEMPORARY
from artifacts.whole_file import FOR_ITS_OWNER

# What is being written, and renamed in a moment: by `write_whole` and by MLflow's client.
_DRAFT = re.compile(r"\.(.+\.)?[0-9a-f]{32}|\.artifact\.uploading\..+")


def files(place: str, left_out: Collection[Path] = ()) -> list[str]:
    """The sorted relative names of all files, without locks and what is being written; empty when nothing is there.

    Raises `Unavailable`: `place.unreachable` for a store that does not answer, `backup.file_failed` for a folder that
    cannot be read.
    """
    return sorted(object_store.sizes(place) if is_url(place) else _local(Path(place), frozenset(left_out)))


def copy_out(place: str, names: Collection[str], folder: Path, may_go: Collection[str] = ()) -> int:
    """Copy `names` into `folder`, with their modes from a local place; the number of files.

    One of `may_go` that went meanwhile is passed over; another, and one that cannot be read, raises `Unavailable`
    (`backup.file_failed`, `place.unreachable`).
    """
    copied = 0
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if is_url(place):
                object_store.copy(place, name, target)
            else:
                _copy(Path(place) / name, target)
            copied += 1
        except (FileNotFoundError, PermissionError) as error:
            target.unlink(missing_ok=True)
            if isinstance(error, PermissionError) or name not in may_go:
                raise _failed(f"{place}/{name}", error) from error
    return copied


def copy_in(folder: Path, place: str) -> int:
    """Copy all of `folder` into an empty place and read it back; the number of files.

    A local place appears in one step; in an object store manifests go last, so no folder is there before its files.
    Raises `Damaged` (`restore.unequal`) when what was written reads back as something else.
    """
    names = files(str(folder))
    if is_url(place):
        for name in sorted(names, key=lambda name: (name.rsplit("/", 1)[-1] == MANIFEST, name)):
            object_store.upload(place, name, folder / name)
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
    """Copy the files of `folder` into a folder that has others, with their modes; the number of files."""
    names = files(str(folder))
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        draft = (target / name).with_name(f".{uuid.uuid4().hex}")
        _copy(folder / name, draft)
        draft.replace(target / name)
    return len(names)


def _sha256(place: str, name: str) -> str | None:
    try:
        return object_store.sha256(place, name) if is_url(place) else sha256_of(Path(place) / name)
    except FileNotFoundError:
        return None


def _copy_local(folder: Path, final: Path, names: Collection[str]) -> None:
    # Beside the final place, so that the rename is one step.
    draft = final.with_name(f".{final.name}.{uuid.uuid4().hex}")
    try:
        for name in names:
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            _copy(folder / name, draft / name)
            with (draft / name).open("rb") as stream:
                os.fsync(stream.fileno())
        draft.mkdir(parents=True, exist_ok=True)
        # What an empty place may hold: locks, and what killed writers left.
        shutil.rmtree(final, ignore_errors=True)
        draft.rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """A file's bytes, mode and times; before it has its mode, its owner alone can read the copy."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FOR_ITS_OWNER))
    shutil.copy2(source, target)


def _local(root: Path, left_out: Collection[Path]) -> Iterator[str]:
    for folder, below, names in os.walk(root, onerror=_refuse_unread):
        at = Path(folder)
        below[:] = [name for name in below if name != TEMPORARY and at / name not in left_out]
        for name in names:
            is_passing = name.endswith(LOCK) or _DRAFT.fullmatch(name)
            if not is_passing and at / name not in left_out:
                yield (at / name).relative_to(root).as_posix()


def _refuse_unread(error: OSError) -> None:
    """A folder that is not there holds nothing; one that cannot be read must not look like that."""
    if not isinstance(error, FileNotFoundError):
        raise _failed(str(error.filename), error) from error


def _failed(what: str, error: OSError) -> Unavailable:
    return Unavailable(
        "backup.file_failed",
        f"{what} cannot be copied: {error.strerror or 'it is not there any more'}.",
        next_step="If something is just being removed, try again; else mend what stands in the way.",
    )
