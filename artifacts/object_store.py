"""Files in an object store (fsspec): what `artifacts.storage` does when a place is a URL, and what backups copy."""

import errno
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec

from artifacts.errors import Refusal, Unavailable
from artifacts.leftovers import temporary_folder
from artifacts.place_errors import no_place, no_such_place

# As the stores of fsspec name when, or as what, a file was written last.
_WRITTEN = ("ETag", "etag", "LastModified", "last_modified", "updated", "created", "mtime")


def put(uri: str, fill: Callable[[Path], None], last: str) -> bool:
    """Let `fill` write into a temporary folder, then copy it to where `files_of` says, `last` to `uri`; always True.

    Nothing keeps two writers apart, and need not: the files lie in a folder named by the bytes of `last`, so each
    writer has its own, and the `last` that is there, whoever's it is, names files that are all there. What a killed
    writer left is never looked at. Raises what `_asked` raises.
    """
    with temporary_folder("upload") as folder:
        fill(folder)
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        files = files_of(uri, (folder / last).read_bytes())
        with _asked(uri) as (store, root):
            for name in found:
                if name != last:
                    store.put_file(str(folder / name), f"{root}{files.removeprefix(uri)}/{name}")
            store.put_file(str(folder / last), f"{root}/{last}")
    return True


def files_of(uri: str, last: bytes) -> str:
    """The folder of the files that `put` copied together with a `last` of these bytes."""
    return f"{uri}/{hashlib.sha256(last).hexdigest()[:16]}"


def exists(uri: str, name: str) -> bool:
    """Whether file `name` is in the folder `uri`."""
    with _asked(uri) as (store, root):
        return bool(store.exists(f"{root}/{name}"))


def content(uri: str, name: str) -> bytes:
    """The bytes of a small file; raises `FileNotFoundError` when it is not there."""
    with _asked(uri) as (store, root):
        return bytes(store.cat_file(f"{root}/{name}"))


def sizes(uri: str) -> dict[str, int]:
    """Every file under the folder `uri`, by its relative path, with its size in bytes; empty when nothing is there."""
    try:
        with _asked(uri) as (store, root):
            found = store.find(root, detail=True)
    except FileNotFoundError:
        return {}
    return {path[len(root) :].lstrip("/"): int(facts["size"]) for path, facts in found.items()}


def children(uri: str) -> list[str]:
    """The names right under `uri`; empty when there is nothing."""
    try:
        # Not `exists` first: of a bucket that cannot be asked it says that it is not there.
        with _asked(uri) as (store, root):
            found = store.ls(root, detail=False)
    except FileNotFoundError:
        return []
    return [path.rstrip("/").rsplit("/", 1)[-1] for path in found]


def marks(uri: str) -> dict[str, tuple[object, ...]]:
    """Every file under `uri`, by its relative path, with what the store says of it that changes when it is written.

    Of a store that says nothing but the size each asking has marks of its own, so that nothing is taken for the same.
    """
    try:
        with _asked(uri) as (store, root):
            found = store.find(root, detail=True)
    except FileNotFoundError:
        return {}
    return {path[len(root) :].lstrip("/"): _mark(told) for path, told in found.items()}


def _mark(told: Mapping[str, Any]) -> tuple[object, ...]:
    known = tuple(str(told[name]) for name in _WRITTEN if told.get(name))
    return told.get("size"), *(known or (uuid4().hex,))


def copy(uri: str, name: str, into: Path) -> None:
    """Copy file `name` of the folder `uri` to the local path `into`; raises `FileNotFoundError` without it.

    A full disk here is `publish.no_place` of that path.
    """
    with _asked(uri) as (store, root):
        try:
            store.get_file(f"{root}/{name}", str(into))
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
                raise
            raise no_place(str(into), str(error.strerror)) from error


def upload(uri: str, name: str, source: Path) -> None:
    """Copy the local file `source` into the folder `uri`, as `name`."""
    with _asked(uri) as (store, root):
        store.put_file(str(source), f"{root}/{name}")


def sha256(uri: str, name: str) -> str:
    """The sha256 of file `name` of the folder `uri`, in hex, read in pieces; raises `FileNotFoundError` without it."""
    with _asked(uri) as (store, root), store.open(f"{root}/{name}", "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def make_bucket(uri: str) -> None:
    """Make the bucket `uri` unless it is there."""
    with _asked(uri) as (store, root):
        try:
            # Not `exists`: of a bucket that cannot be asked it says that it is not there.
            store.ls(root, detail=False)
        except FileNotFoundError:
            store.mkdir(root)


@contextmanager
def _asked(uri: str) -> Iterator[tuple[Any, str]]:
    """The store of `uri` and the path in it, while the body asks for something.

    Raises `Unavailable` (`place.unreachable`) when the store does not answer or refuses, `BadInput` (`place.invalid`)
    for a URL that nothing here can open, and `FileNotFoundError` as it comes.
    """
    try:
        store, root = fsspec.core.url_to_fs(uri)
    except (ValueError, ImportError) as error:
        raise no_such_place(uri, str(error)) from error
    # A listing that was kept from before would hide what another process has published since.
    store.invalidate_cache()
    try:
        yield store, root.rstrip("/")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, Refusal):
        raise
    # Each kind of store has exceptions of its own; whichever it is, the store has not answered.
    except Exception as error:
        raise unreachable(uri, error) from error


def unreachable(what: str, error: Exception) -> Unavailable:
    """The refusal for an object store that does not answer, or not as it should."""
    said = " ".join(str(error).split()) or type(error).__name__
    return Unavailable(
        "place.unreachable",
        f"The object store of {what} cannot be asked: {said.rstrip('.')}.",
        next_step="See that it is up, and check AWS_ENDPOINT_URL and its credentials, then try again.",
    )


def is_of_a_client(error: Exception) -> bool:
    """Whether an exception is of a client of S3: they share no type, and are not always installed."""
    return any(kind.__module__.partition(".")[0] in {"boto3", "botocore"} for kind in type(error).__mro__)
