"""Local copies of files in object stores, each under its sha256; what nobody asked for in a month goes."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

KEPT_SECONDS = 30 * 24 * 60 * 60
SWEPT_SECONDS = 60 * 60
_SWEPT = ".swept"


def cached(download: Callable[[Path], Path], name: str, sha256: str | None = None) -> Path:
    """The path of the copy of file `name`; `download` puts it into an empty folder and returns its path.

    With `sha256`, a whole copy that is there is returned instead, and whoever reads a new one checks it. When a new one
    comes, at most once an hour, copies are removed that were not asked for in 30 days.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shipshape"
    if sha256 is not None:
        found = root / sha256 / name
        if found.is_file() and _sha256(found) == sha256:
            with suppress(OSError):
                os.utime(found)
            return found
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    with tempfile.TemporaryDirectory(dir=root, prefix=".") as scratch:
        file = download(Path(scratch))
        target = root / (sha256 or _sha256(file)) / name
        target.parent.mkdir(exist_ok=True)
        file.replace(target)
    return target


def _sweep(root: Path) -> None:
    swept, now = root / _SWEPT, time.time()
    if swept.exists() and swept.stat().st_mtime > now - SWEPT_SECONDS:
        return
    swept.touch()
    # What killed downloads left, too.
    for folder in root.iterdir():
        with suppress(OSError):
            if folder.is_dir() and _used_at(folder) < now - KEPT_SECONDS:
                shutil.rmtree(folder)


def _used_at(folder: Path) -> float:
    return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
