"""Where published folders stand: a local directory or an object store (fsspec), with one set of verbs for both."""

import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from artifacts import object_store
from artifacts.cache import cached
from artifacts.leftovers import held, remove_leftovers
from artifacts.place_errors import no_such_place, usable

TEMPORARY = ".tmp"
LOCK = ".lock"


def put(uri: str, fill: Callable[[Path], None], last: str) -> bool:
    """Let `fill` write into a temporary folder, then make it `uri`; False when another writer was first.

    Locally: fsync, then one rename, and what killed writers left here a day ago is removed. On an object store the file
    `last` is copied after all others, which lie where `files_of` says; the last of several writers is the one found.
    Raises what `usable` raises, and for a URL, as every verb here does, `Unavailable` (`place.unreachable`) when its
    store does not answer.
    """
    folder = local(uri)
    with usable(uri):
        return object_store.put(uri, fill, last) if folder is None else _put_local(folder, fill)


def files_of(uri: str, last: bytes) -> str:
    """Where the files lie that were put together with a `last` of these bytes: `uri` itself, or a folder in it."""
    return object_store.files_of(uri, last) if local(uri) is None else uri


def exists(uri: str, name: str) -> bool:
    """Whether file `name` is in the folder `uri`."""
    folder = local(uri)
    return object_store.exists(uri, name) if folder is None else (folder / name).is_file()


def content(uri: str, name: str) -> bytes | None:
    """The bytes of a small file, or None when it is not there."""
    folder = local(uri)
    try:
        return object_store.content(uri, name) if folder is None else (folder / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        # Something stands there, and it is not what was written.
        return b""


def sizes(uri: str) -> dict[str, int]:
    """Every file under the folder `uri`, by its relative path, with its size in bytes."""
    folder = local(uri)
    if folder is None:
        return object_store.sizes(uri)
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def children(uri: str) -> list[str]:
    """The sorted names right under `uri`, without those that start with a dot; empty when there is nothing."""
    folder = local(uri)
    if folder is None:
        found = object_store.children(uri)
    else:
        found = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(name for name in found if not name.startswith("."))


def is_local(uri: str) -> bool:
    """Whether `put` gives a folder its name in one rename, so that one without its `last` file was changed since."""
    return local(uri) is not None


def local(uri: str) -> Path | None:
    """The path of a place on this machine; None for one in an object store."""
    if uri.startswith("file://"):
        return Path(uri.removeprefix("file://"))
    return None if "://" in uri else Path(uri)


def stands_locally(uri: str) -> bool:
    """Whether `uri` is a folder on a disk: then `put` gave it its name whole, or it was changed since."""
    folder = local(uri)
    return folder is not None and folder.is_dir()


def fetch(uri: str, name: str, sha256: str) -> Path:
    """The local path of a file; one in an object store is copied once into a cache named by its content."""
    folder = local(uri)
    if folder is not None:
        return folder / name

    def download(scratch: Path) -> Path:
        object_store.copy(uri, name, scratch / "file")
        return scratch / "file"

    return cached(download, Path(name).name, sha256)


@contextmanager
def locked(uri: str) -> Iterator[None]:
    """Hold the folder `uri` against other writers of this machine; an object store has no such lock."""
    folder = local(uri)
    if folder is None:
        yield
        return
    with usable(uri):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / LOCK).open("a")
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _put_local(final: Path, fill: Callable[[Path], None]) -> bool:
    # On the same file system as `final`, so that the rename is one step, and one level deeper than any version.
    temporary = final.parent / TEMPORARY / f"{final.name}.{uuid.uuid4().hex}"
    remove_leftovers(temporary.parent)
    try:
        temporary.mkdir(parents=True)
    except FileNotFoundError as error:
        # Where nobody can make a folder, such as in /proc.
        raise no_such_place(str(final), str(error.strerror)) from error
    try:
        with held(temporary):
            fill(temporary)
            for path in [*temporary.rglob("*"), temporary]:
                _sync(path)
            try:
                temporary.rename(final)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                    raise
                return False
        _sync(final.parent)
        return True
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
