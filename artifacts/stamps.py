"""Whether a file is still what it was when something of it was kept in memory: the stamps of a year in one listing."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from artifacts import object_store
from artifacts.storage import local

Stamp = tuple[int, ...]
THERE: Stamp = (1,)


def stamps_of(uri: str, name: str) -> dict[str, Stamp | None]:
    """The folders among `storage.children`, by name, each with the stamp of its file `name`; None without that file.

    On a disk the file is the same while its stamp is, and no file beside it was added, renamed or removed; in an object
    store the stamp says no more than that the file is there.
    """
    folder = local(uri)
    if folder is None:
        found = {one: THERE if object_store.exists(f"{uri}/{one}", name) else None for one in object_store.folders(uri)}
    else:
        found = dict(_stamps(folder, name))
    return {one: found[one] for one in sorted(found) if not one.startswith(".")}


def _stamps(folder: Path, name: str) -> Iterator[tuple[str, Stamp | None]]:
    try:
        there = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with there:
        for one in there:
            own, file = _stat(one.path), _stat(f"{one.path}/{name}")
            if own is not None and stat.S_ISDIR(own.st_mode):
                is_file = file is not None and stat.S_ISREG(file.st_mode)
                yield one.name, _stamp(own) + _stamp(file) if file is not None and is_file else None


def _stat(path: str) -> os.stat_result | None:
    try:
        # Not by way of a Path, which takes longer than the look: of each day of a year there is one.
        return os.stat(path)  # noqa: PTH116
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return None
        raise


def _stamp(told: os.stat_result) -> Stamp:
    # The time of change too: a copy may be given the size and the time of the file that it replaces.
    return told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns
