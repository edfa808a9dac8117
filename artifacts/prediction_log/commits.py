"""The segments of a writer, one after another: groups of batches written and synced, or taken back and refused."""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from artifacts.prediction_log.coding import Batch
from artifacts.prediction_log.refusals import is_full, refused
from artifacts.prediction_log.segment import Segment
from artifacts.prediction_log.settings import LogSettings

Waiting = tuple[Batch, Future[None]]


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


class Commits:
    """Used by the writer's thread alone; `counts` may be read by all."""

    def __init__(self, folder: Path, settings: LogSettings) -> None:
        self._folder, self._settings = folder, settings
        self._segment: Segment | None = None
        self._uncut: Segment | None = None
        self._sync_at = 0.0
        self.counts = Counts()

    def commit(self, group: Sequence[Waiting]) -> None:
        """Write the batches, as safe as `durability` says, and tell each caller; all are logged, or none."""
        count = sum(batch.count for batch, _ in group)
        try:
            segment = self._writable()
            segment.write(batch for batch, _ in group)
            if self._settings.durability == "each":
                self._sync(segment)
        except Exception as error:
            # Whatever it is, and whatever goes wrong with taking it back, those who wait must hear of it.
            try:
                self._give_up(go_on=is_full(error))
            finally:
                self._count(refused=count)
                for _, future in group:
                    future.set_exception(refused(self._folder, error))
            return
        segment.keep()
        self._count(appends=len(group), predictions=count)
        for _, future in group:
            future.set_result(None)

    def seconds_to_wait(self) -> float | None:
        """Until `tidy` has something to do; None when only the next commit brings it."""
        if self._segment is None:
            return None
        until = self._segment.begun + self._settings.segment_seconds
        if self._segment.unsynced:
            until = min(until, self._sync_at)
        return max(until - time.monotonic(), 0.0)

    def tidy(self, *, last: bool) -> None:
        """Sync what is due; seal a segment that is full or old, or `last`."""
        self._sync_if_due()
        if self._segment and (last or self._is_full(self._segment)):
            self._seal(self._segment)

    def _is_full(self, segment: Segment) -> bool:
        age = time.monotonic() - segment.begun
        return segment.end >= self._settings.segment_bytes or age >= self._settings.segment_seconds

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
        self.counts = replace(self.counts, **{name: getattr(self.counts, name) + by for name, by in more.items()})
