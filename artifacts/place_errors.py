"""What is said when a place cannot be written or is none, whoever finds out."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from artifacts.errors import BadInput, Unavailable

_NO_PLACE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
# By the system's words, of what is no full disk.
_MENDS = {
    os.strerror(errno.EROFS): "Its file system is mounted read-only: mount it writable, or name another place",
    os.strerror(errno.EACCES): "Correct the permissions",
    os.strerror(errno.EPERM): "Correct the permissions",
}
# SQLite has words of its own for it.
_FULL = "database or disk is full"
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST}


@contextmanager
def usable(uri: str) -> Iterator[None]:
    """Say in our words that the place `uri` cannot be written while the body runs.

    Raises `Unavailable` (`publish.no_place`) when the disk is full or closed to us, `BadInput` (`place.invalid`) when a
    file stands where a folder is wanted.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_FOLDER:
            # The system's words are "File exists", as if that were well.
            told = " is a file, wanted a folder" if error.errno == errno.EEXIST else f": {error.strerror}"
            raise no_such_place(uri, f"{error.filename or uri}{told}") from error
        # Without a number: `shutil.copytree` collects what it met as text.
        why = error.strerror if error.errno in _NO_PLACE else why_no_place(str(error)) if error.errno is None else None
        if why is not None:
            raise no_place(uri, why) from error
        raise


def why_no_place(message: str) -> str | None:
    """The system's words for a disk that is full or closed to us, if they stand in the message of another library."""
    return next((words for words in map(os.strerror, sorted(_NO_PLACE)) if words in message), None)


def why_full(message: str) -> str | None:
    """The words for a full disk, if they stand in the message of a database."""
    return next((words for words in (*map(os.strerror, (errno.ENOSPC, errno.EDQUOT)), _FULL) if words in message), None)


def no_place(uri: str, why: str) -> Unavailable:
    """The refusal for a place that is full or closed to us; `why` begins with the system's words."""
    mend = next((mend for words, mend in _MENDS.items() if why.startswith(words)), "Free some space")
    return Unavailable(
        "publish.no_place",
        f"{uri} cannot be written: {why}.",
        next_step=f"{mend}, then try again.",
    )


def no_such_place(uri: str, why: str) -> BadInput:
    """The refusal for a path through a file, or a URL that nothing here can open."""
    return BadInput(
        "place.invalid",
        f"{uri} is no place to keep anything: {why.rstrip('.')}.",
        next_step="Correct the PIPELINE_ variable that names it, move away a file that stands in its place, or install "
        "what its kind of URL needs.",
    )
