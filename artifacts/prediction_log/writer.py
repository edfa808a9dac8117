"""The writer of a process: many callers, one thread that writes, and one sync that all who wait share."""

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from artifacts.prediction_log.coding import Batch, encode
from artifacts.prediction_log.frames import MAX_PAYLOAD
from artifacts.prediction_log.record import Prediction, invalid
from artifacts.prediction_log.refusals import closed, is_full, refused
from artifacts.prediction_log.segment import Segment
from artifacts.prediction_log.settings import LogSettings


@dataclass(frozen=True)
class Counts:
    """What a writer has done since it began; `refused` and `predictions` are records, `failed_seals` segments."""

    appends: int = 0
    predictions: int = 0
    refused: int = 0
    syncs: int = 0
    failed_syncs: int = 0
    failed_seals: int = 0
    segments: int = 0


class LogWriter:
    """Appends predictions to segments in `folder`; one per process, safe for its threads, not over a fork.

    What `append` returned from is in the log exactly once; what it raised for is not there. Close it to seal the
    segment; the predictions are safe without.
    """

    def __init__(self, folder: Path, settings: LogSettings | None = None) -> None:
        self._folder = folder
        self._settings = settings or LogSettings()
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._waiting: list[tuple[Batch, Future[None]]] = []
        self._closing = False
        self._segment: Segment | None = None
        self._uncut: Segment | None = None
        self._counts = Counts()
        self._sync_at = 0.0
        self._thread = threading.Thread(target=self._work, name="prediction-log", daemon=True)
        self._thread.start()

    def append(self, records: Sequence[Prediction]) -> None:
        """Log the records together, all or none, and return when they are as safe as `durability` says.

        Raises `Unavailable` (`log.no_room`, `log.unwritable`, `log.closed`) with none of them in the log, `BadInput`
        (`log.invalid`) for what cannot be kept or is over 16 MiB.
        """
        self._submit(records).result()

    async def append_async(self, records: Sequence[Prediction]) -> None:
        """`append` for a coroutine. Cancelled while it waits, the records are logged all the same."""
        await asyncio.wrap_future(self._submit(records))

    def counts(self) -> Counts:
        """What was done so far."""
        return self._counts

    def close(self) -> None:
        """Log what still waits, seal the segment, and refuse what comes after."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._process == os.getpid():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _submit(self, records: Sequence[Prediction]) -> Future[None]:
        future: Future[None] = Future()
        # From here on nobody can cancel it: what is handed over is logged.
        future.set_running_or_notify_cancel()
        if not records:
            future.set_result(None)
            return future
        if len({one.prediction_id for one in records}) < len(records):
            raise invalid("two records of one append have one prediction_id")
        batch = encode(records)
        if batch.bytes > MAX_PAYLOAD:
            raise invalid(f"{batch.count} records have {batch.bytes} bytes, wanted at most {MAX_PAYLOAD} an append")
        with self._changed:
            if self._closing or self._process != os.getpid():
                raise closed(self._folder, self._process)
            self._waiting.append((batch, future))
            self._changed.notify()
        return future

    def _work(self) -> None:
        try:
            self._write_all()
        finally:
            # Whatever ends this thread, nobody is to wait for it for ever.
            with self._changed:
                self._closing = True
                for _, future in self._waiting:
                    future.set_exception(closed(self._folder, self._process))

    def _write_all(self) -> None:
        while True:
            with self._changed:
                if not self._waiting and not self._closing:
                    self._changed.wait(self._seconds_to_wait())
                group, self._waiting = self._waiting, []
                last = self._closing and not group
            if group:
                self._commit(group)
            self._sync_if_due()
            if self._segment and (last or self._is_full(self._segment)):
                self._seal(self._segment)
            if last:
                return

    def _seconds_to_wait(self) -> float | None:
        if self._segment is None:
            return None
        until = self._segment.begun + self._settings.segment_seconds
        if self._segment.unsynced:
            until = min(until, self._sync_at)
        return max(until - time.monotonic(), 0.0)

    def _is_full(self, segment: Segment) -> bool:
        age = time.monotonic() - segment.begun
        return segment.end >= self._settings.segment_bytes or age >= self._settings.segment_seconds

    def _commit(self, group: list[tuple[Batch, Future[None]]]) -> None:
        count = sum(batch.count for batch, _ in group)
        try:
            segment = self._writable()
            segment.write(batch for batch, _ in group)
            if self._settings.durability == "each":
                self._sync(segment)
        except Exception as error:
            # Whatever it is, those who wait must hear of it.
            self._give_up(go_on=is_full(error))
            self._count(refused=count)
            for _, future in group:
                future.set_exception(refused(self._folder, error))
            return
        segment.keep()
        self._count(appends=len(group), predictions=count)
        for _, future in group:
            future.set_result(None)

    def _writable(self) -> Segment:
        if self._uncut:
            self._uncut.cut()
            self._uncut.close()
            self._uncut = None
        if self._segment is None:
            self._segment = Segment(self._folder)
            self._sync_at = time.monotonic() + self._settings.sync_seconds
            self._count(segments=1)
        return self._segment

    def _sync(self, segment: Segment) -> None:
        segment.sync()
        self._sync_at = time.monotonic() + self._settings.sync_seconds
        self._count(syncs=1)

    def _sync_if_due(self) -> None:
        if self._segment is None or not self._segment.unsynced or time.monotonic() < self._sync_at:
            return
        try:
            self._sync(self._segment)
        except OSError:
            # The system forgets what it could not write; the next append begins a segment, and syncs its header.
            self._count(failed_syncs=1)
            self._give_up()

    def _give_up(self, *, go_on: bool = False) -> None:
        """Take back what was not answered, and leave the segment unless we `go_on` in it.

        As long as it cannot be taken back, nothing is logged.
        """
        segment = self._segment
        if segment is None:
            return
        try:
            segment.cut()
        except OSError:
            self._segment, self._uncut = None, segment
            return
        if not go_on:
            self._segment = None
            segment.close()

    def _seal(self, segment: Segment) -> None:
        try:
            segment.seal()
            self._segment = None
        except OSError:
            # All in it is answered and stays; a segment without a seal is compacted once its lock is free.
            self._count(failed_seals=1)
            self._give_up()

    def _count(self, **more: int) -> None:
        self._counts = replace(self._counts, **{name: getattr(self._counts, name) + by for name, by in more.items()})
