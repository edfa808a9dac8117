"""A segment: the append-only file that one process writes, its name, its lock and its seal."""

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import Any

from pydantic_core import to_json

from artifacts.prediction_log.coding import Batch, Shape, payload
from artifacts.prediction_log.frames import START, pack

SCHEMA = 1
LOG, SEAL, NEW = ".log", ".sealed", ".new"


@dataclass(frozen=True)
class _State:
    """How far a segment is: bytes, predictions, frames, the digest of the last one, and shapes written."""

    written: int = 0
    predictions: int = 0
    frames: int = 0
    digest: bytes = START
    shapes: int = 0


class Segment:
    """A segment under way, held by a lock that ends with its process; all times are in seconds, all ends in bytes.

    What is written stands behind `end` until `keep` says that it was answered; `cut` takes it away again.
    Every method but `close` raises OSError as the system does.
    """

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        self.name = f"{now:%Y%m%dT%H%M%S%f}-{os.getpid()}-{token_hex(4)}"
        self.path = folder / f"{self.name}{LOG}"
        self.begun = time.monotonic()
        self.unsynced = False
        self._shapes: dict[Shape, int] = {}
        self._now = self._kept = _State()
        make_folder(folder)
        # Under a name that nobody reads, until lock and header are there.
        draft = folder / f".{self.name}{NEW}"
        self._descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._append(self._framed(to_json({"schema": SCHEMA, "segment": self.name, "begun_at": now.isoformat()})))
            self.keep()
            os.fsync(self._descriptor)
            self.unsynced = False
            draft.rename(self.path)
            sync_folder(folder)
        except BaseException:
            self.close()
            with suppress(OSError):
                draft.unlink()
            raise

    @property
    def end(self) -> int:
        """The bytes up to the end of what was answered."""
        return self._kept.written

    def write(self, batches: Iterable[Batch]) -> None:
        """One frame a batch, in one go; they are not answered yet."""
        self._append(b"".join([self._framed(payload(batch, self._shapes), batch.count) for batch in batches]))

    def sync(self) -> None:
        """Have everything written on the disk."""
        os.fdatasync(self._descriptor)
        self.unsynced = False

    def keep(self) -> None:
        """What is written is answered from now on: `cut` leaves it."""
        self._now = replace(self._now, shapes=len(self._shapes))
        self._kept = self._now

    def cut(self) -> None:
        """Take away what is written and not kept."""
        os.ftruncate(self._descriptor, self.end)
        with suppress(OSError):
            os.fsync(self._descriptor)
        self._now = self._kept
        self._shapes = dict(islice(self._shapes.items(), self._kept.shapes))

    def seal(self) -> None:
        """Close it with a footer, and put a file beside it that says how long it is and what its digests end with."""
        now = self._now
        footer = {"frames": now.frames, "predictions": now.predictions, "digest": now.digest.hex()}
        self._append(self._framed(to_json(footer)))
        os.fsync(self._descriptor)
        self.keep()
        draft, seal = self.path.with_name(f".{self.name}{SEAL}{NEW}"), self.path.with_suffix(SEAL)
        with draft.open("xb") as stream:
            stream.write(to_json({"bytes": self.end, "digest": self._kept.digest.hex()}))
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(seal)
        sync_folder(self.path.parent)
        self.close()

    def close(self) -> None:
        """Let go of the file and its lock; unsealed, it is taken for that of a process that ended."""
        # The system lets go though it fails, and what counts has been synced, or is cut off.
        with suppress(OSError):
            os.close(self._descriptor)

    def _framed(self, text: bytes, count: int = 0) -> bytes:
        now = self._now
        total = now.predictions + count
        frame, digest = pack(text, total, now.digest)
        self._now = replace(now, predictions=total, frames=now.frames + 1, digest=digest)
        return frame

    def _append(self, content: bytes) -> None:
        self.unsynced = True
        view = memoryview(content)
        written = self._now.written
        while view:
            count = os.pwrite(self._descriptor, view, written)
            written += count
            view = view[count:]
        self._now = replace(self._now, written=written)


def found(folder: Path) -> list[Path]:
    """The segments of a log, sealed or not, by name, which is by begin; empty when there is no such folder."""
    return sorted(folder.glob(f"[!.]*{LOG}"))


def seal_of(path: Path) -> dict[str, Any] | None:
    """What the seal of a segment says, None when it is not sealed; {} when the seal cannot be read."""
    try:
        found_seal = json.loads(path.with_suffix(SEAL).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return found_seal if isinstance(found_seal, dict) else {}


def make_folder(folder: Path) -> None:
    """Have a folder, and those above it, on the disk; raises NotADirectoryError where a file is in its place."""
    if not folder.is_dir():
        make_folder(folder.parent)
        try:
            folder.mkdir(exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(errno.ENOTDIR, f"{folder} is a file, wanted a folder") from error
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
