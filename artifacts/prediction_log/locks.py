"""Who may do what to a log at once: readers share it, and no segment is removed while one reads."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from artifacts.file_lock import exclusive

_READERS = ".readers"


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Keep the segments of `folder` where they are while the body runs; a folder that is not there needs no lock."""
    if not folder.is_dir():
        yield
        return
    descriptor = _opened(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def unread(folder: Path) -> Iterator[bool]:
    """Whether nobody reads; if so, nobody begins to while the body runs."""
    descriptor = _opened(folder)
    try:
        yield exclusive(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def ended(segment: Path) -> Iterator[bool]:
    """Whether the process that wrote an unsealed segment has ended or left it: its lock is free, and ours meanwhile."""
    descriptor = os.open(segment, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield exclusive(descriptor)
    finally:
        os.close(descriptor)


def _opened(folder: Path) -> int:
    path = folder / _READERS
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
