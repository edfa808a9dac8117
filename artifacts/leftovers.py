"""Temporary folders of writers: held while one writes, and removed when a killed one left them."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

KEPT_SECONDS = 24 * 60 * 60
_TEMPORARY = re.compile(r".+\.[0-9a-f]{32}")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep `remove_leftovers` of every process of this machine away from `folder` while the body runs."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # A file system without locks: then nobody can take one to remove the folder either.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path, kept_seconds: float = KEPT_SECONDS) -> None:
    """Remove the temporary folders right under `folder` that nobody holds and in which nothing changed for a day.

    A writer's lock ends with its process, so a folder that is being written is held; the day is for a writer on another
    machine, whose lock may not be seen here.
    """
    for path in sorted(folder.glob("*")):
        with suppress(OSError):
            if _TEMPORARY.fullmatch(path.name) and _changed_at(path) < time.time() - kept_seconds:
                _remove_unless_held(path)


def _changed_at(folder: Path) -> float:
    """When anything in it last changed: by ctime, for a copied file brings its old mtime along."""
    return max(path.lstat().st_ctime for path in [folder, *folder.rglob("*")])


def _remove_unless_held(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)
