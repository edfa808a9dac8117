"""Whether a folder is what it was when something of it was kept in memory: the stamps of a year in one listing."""

import errno
import os
from collections.abc import Iterator

from artifacts import object_store
from artifacts.storage import local

# Of each file its name, and what changes when the file does.
Stamp = tuple[tuple[object, ...], ...]


def stamps_of(uri: str, name: str) -> dict[str, Stamp | None]:
    """The folders among `storage.children`, by name, each with the stamp of its files; None without the file `name`.

    A folder is the same while its stamp is: no file of it was added, renamed, removed or written.
    """
    folder = local(uri)
    found = _in_store(uri, name) if folder is None else dict(_on_disk(str(folder), name))
    return {one: found[one] for one in sorted(found) if not one.startswith(".")}


def _in_store(uri: str, name: str) -> dict[str, Stamp | None]:
    files: dict[str, list[tuple[object, ...]]] = {}
    for path, told in object_store.marks(uri).items():
        folder, _, file = path.partition("/")
        if file:
            files.setdefault(folder, []).append((file, *told))
    return {one: _stamp(found, name) for one, found in files.items()}


def _on_disk(folder: str, name: str) -> Iterator[tuple[str, Stamp | None]]:
    for one in _listed(folder):
        if one.is_dir():
            yield one.name, _stamp([file for file in map(_mark, _listed(one.path)) if file], name)


def _stamp(files: list[tuple[object, ...]], name: str) -> Stamp | None:
    return tuple(sorted(files, key=str)) if any(file[0] == name for file in files) else None


def _listed(folder: str) -> list[os.DirEntry[str]]:
    try:
        # Not by way of a Path, which takes longer than the look: of each day of a year there is one.
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _mark(file: os.DirEntry[str]) -> tuple[object, ...] | None:
    try:
        told = file.stat()
        # As the file that readers open: a folder of that name is none.
        name = file.name if file.is_file() else f"{file.name}/"
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return None
        raise
    # The time of change too: a copy may be given the size and the time of the file that it replaces.
    return name, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns
