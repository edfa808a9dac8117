"""Scores plain requests together: what comes while the log is being written waits, and is one call and one commit."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import groupby

from artifacts.errors import Unavailable
from artifacts.prediction_log.table import Table, encode_tables
from artifacts.prediction_log.writer import LogWriter
from serving.metrics import Metrics
from serving.plain_scores import PlainAsked, score_together

# Of one turn, so that nobody waits long for the others' rows.
MOST_ROWS = 512
Waiting = tuple[PlainAsked, "asyncio.Future[Table]"]


class Together:
    """Belongs to the event loop that made it."""

    def __init__(self, log: LogWriter, metrics: Metrics) -> None:
        self._log, self._metrics = log, metrics
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Waiting] = []
        self._is_busy = False

    async def answer(self, asked: PlainAsked) -> Table:
        """The request's scores, logged; raises `Unavailable` (`log.*`) when they could not be.

        Cancelled while it waits, it is logged all the same.
        """
        future: asyncio.Future[Table] = self._loop.create_future()
        self._waiting.append((asked, future))
        if not self._is_busy:
            self._is_busy = True
            # Once everything that has come by now has been read.
            self._loop.call_soon(self._begin)
        return await future

    def _begin(self) -> None:
        group = self._take()
        if not group:
            self._is_busy = False
            return
        count = sum(asked.count for asked, _ in group)
        try:
            tables = _score(group)
            handed_over = self._log.submit(encode_tables(tables))
        except Exception as error:
            if isinstance(error, Unavailable):
                self._metrics.log_told(error)
            self._end(group, [], error)
            return
        self._metrics.log_backlog += count

        def committed(done: "Future[None]") -> None:
            self._loop.call_soon_threadsafe(self._committed, group, tables, count, done.exception())

        handed_over.add_done_callback(committed)

    def _take(self) -> list[Waiting]:
        rows, taken = 0, 0
        for asked, _ in self._waiting:
            rows += asked.count
            if taken and rows > MOST_ROWS:
                break
            taken += 1
        group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        # A group is scored version by version; of the same version all keep their order.
        return sorted(group, key=lambda one: one[0].version.version)

    def _committed(
        self, group: Sequence[Waiting], tables: Sequence[Table], count: int, error: BaseException | None
    ) -> None:
        self._metrics.log_backlog -= count
        self._metrics.log_told(error)
        self._end(group, tables, error)

    def _end(self, group: Sequence[Waiting], tables: Sequence[Table], error: BaseException | None) -> None:
        for at, (_, future) in enumerate(group):
            if future.done():
                continue
            if error is None:
                future.set_result(tables[at])
            else:
                future.set_exception(error)
        # After those who wait have been told, and those who ask have been read.
        self._loop.call_soon(self._begin)


def _score(group: Sequence[Waiting]) -> list[Table]:
    by_version = groupby(group, key=lambda one: id(one[0].version))
    return [table for _, of_version in by_version for table in score_together([asked for asked, _ in of_version])]
