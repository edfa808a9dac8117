"""Temporary folders of writers: held while one writes, and removed when a killed one left them."""

import fcntl
import os
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

KEPT_SECONDS = 24 * 60 * 60
# Between making a temporary folder and holding it lies a moment.
MAKING_SECONDS = 60
OURS = "shipshape-"
_TEMPORARY = re.compile(r".+\.[0-9a-f]{32}")


@contextmanager
def temporary_folder(what: str, under: Path | None = None) -> Iterator[Path]:
    """An empty folder for `what`, under the temporary directory unless elsewhere, removed after the body.

    What killed processes left there of such folders is removed first: in the temporary directory, which is this
    machine's, at once, since a lock says whether the process has ended; elsewhere after a day, as `remove_leftovers`.
    """
    root = under or Path(tempfile.gettempdir())
    remove_leftovers(root, KEPT_SECONDS if under else MAKING_SECONDS, OURS)
    folder = root / f"{OURS}{what}.{uuid.uuid4().hex}"
    folder.mkdir(mode=0o700)
    try:
        with held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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


def remove_leftovers(folder: Path, kept_seconds: float = KEPT_SECONDS, begin: str = "") -> None:
    """Remove the temporary folders right under `folder` that nobody holds and in which nothing changed for a day.

    Only those whose names `begin` so.

    A writer's lock ends with its process, so a folder that is being written is held; the day is for a writer on another
    machine, whose lock may not be seen here.
    """
    for path in sorted(folder.glob(f"{begin}*")):
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
