"""The writer of a process: many callers, one thread that writes, and one sync that all who wait share."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Self

from artifacts.errors import Unavailable
from artifacts.prediction_log.coding import Batch, encode
from artifacts.prediction_log.commits import Commits, Counts, Waiting
from artifacts.prediction_log.frames import MAX_PAYLOAD
from artifacts.prediction_log.record import Prediction, invalid
from artifacts.prediction_log.refusals import closed, ended
from artifacts.prediction_log.settings import LogSettings

_NOBODY = ("", 0, "", "")
_BLANKS = b"[" + b" " * 2**16 + b"]"


class LogWriter:
    """Appends predictions to segments in `folder`; one per process, safe for its threads, not over a fork.

    What `append` returned from is in the log exactly once; what it raised for is not there. Close it to seal the
    segment; the predictions are safe without.
    """

    def __init__(self, folder: Path, settings: LogSettings | None = None) -> None:
        self._folder = folder
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._waiting: list[Waiting] = []
        self._closing = False
        self._has_failed = False
        self._commits = Commits(folder, settings or LogSettings())
        self._thread = threading.Thread(target=self._work, name="prediction-log", daemon=True)
        self._thread.start()

    def append(self, records: Sequence[Prediction]) -> None:
        """Log the records together, all or none, and return when they are as safe as `durability` says.

        Raises `Unavailable` (`log.no_room`, `log.unwritable`, `log.closed`, `log.ended`) with none of them in the log,
        `BadInput` (`log.invalid`) for what cannot be kept or is over 16 MiB.
        """
        self._submit_records(records).result()

    def submit(self, batch: Batch) -> "Future[None]":
        """Hand over what is encoded already; the future ends as `append` does, and cannot be cancelled."""
        if not batch.count:
            nothing: Future[None] = Future()
            nothing.set_result(None)
            return nothing
        if batch.bytes > MAX_PAYLOAD:
            raise invalid(f"{batch.count} records have {batch.bytes} bytes, wanted at most {MAX_PAYLOAD} an append")
        return self._hand_over(batch)

    def _hand_over(self, batch: Batch) -> "Future[None]":
        future: Future[None] = Future()
        # From here on nobody can cancel it: what is handed over is logged.
        future.set_running_or_notify_cancel()
        with self._changed:
            if self._closing or self._process != os.getpid():
                raise self._takes_nothing()
            self._waiting.append((batch, future))
            self._changed.notify()
        return future

    def probe(self) -> "Future[None]":
        """Write blanks that are no prediction, as much as a busy service writes at once: whether the log takes any now.

        The future ends as `append` does; raises `Unavailable` (`log.closed`, `log.ended`).
        """
        return self._hand_over(Batch((((*_NOBODY, None, ()), _BLANKS),), 0))

    @property
    def has_failed(self) -> bool:
        """Whether what writes has ended although nobody closed the log: this process logs nothing any more."""
        return self._has_failed

    def counts(self) -> Counts:
        """What was done so far."""
        return self._commits.counts

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

    def _submit_records(self, records: Sequence[Prediction]) -> "Future[None]":
        if len({one.prediction_id for one in records}) < len(records):
            raise invalid("two records of one append have one prediction_id")
        return self.submit(encode(records))

    def _takes_nothing(self) -> Unavailable:
        return ended(self._folder) if self._has_failed else closed(self._folder, self._process)

    def _work(self) -> None:
        try:
            self._write_all()
        except BaseException:
            self._has_failed = True
            raise
        finally:
            # Whatever ends this thread, nobody is to wait for it for ever.
            with self._changed:
                self._closing = True
                for _, future in self._waiting:
                    future.set_exception(self._takes_nothing())

    def _write_all(self) -> None:
        while True:
            with self._changed:
                if not self._waiting and not self._closing:
                    self._changed.wait(self._commits.seconds_to_wait())
                group, self._waiting = self._waiting, []
                last = self._closing and not group
            if group:
                self._commits.commit(group)
            self._commits.tidy(last=last)
            if last:
                return
