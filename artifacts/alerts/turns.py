"""One deliverer at a time for each channel: a lock that ends with the process that holds it, so that none is left."""

import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from artifacts.alerts.tables import reading
from artifacts.errors import Unavailable
from artifacts.file_lock import exclusive

# Whoever waits longer leaves the rest to the other.
WAIT_SECONDS, POLL_SECONDS = 60.0, 0.1
BUSY = "another process is delivering to it"
# Any number, the same in every process: Postgres' locks of two numbers are ours under it.
TURN_LOCK = 7_240_116


@contextmanager
def turn(url: str, channel: str, wait_seconds: float | None = None) -> Iterator[bool]:
    """Whether the channel is ours while the body runs; waits for another's turn, `wait_seconds` or a minute.

    What waits for the channel is to be read in the body: the other has marked what it sent. Raises `Unavailable`
    (`alerts.unavailable`) where no lock can be had.
    """
    with _locks(url, channel) as take:
        until = time.monotonic() + (WAIT_SECONDS if wait_seconds is None else wait_seconds)
        while not (is_ours := take()) and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        yield is_ours


@contextmanager
def _locks(url: str, channel: str) -> Iterator[Callable[[], bool]]:
    place = make_url(url)
    if place.get_backend_name() != "sqlite":
        with reading(url) as connection:
            yield lambda: connection is None or bool(connection.scalar(_postgres(channel)))
        return
    # Beside the database, not the file itself: SQLite's own locks on it end when any descriptor of it is closed.
    if not place.database or not Path(place.database).exists():
        yield lambda: True
        return
    file = f"{place.database}-turn-{channel}.lock"
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise Unavailable(
            "alerts.unavailable",
            f"{file}, which whoever delivers alerts locks, cannot be opened: {error.strerror}.",
            next_step="Let every user that delivers alerts read it, or delete it while nobody does.",
        ) from error
    try:
        yield lambda: exclusive(descriptor)
    finally:
        os.close(descriptor)


def _postgres(channel: str) -> sa.Select[tuple[bool]]:
    """Of the transaction, which ends with the connection."""
    number = zlib.crc32(channel.encode()) - 2**31
    return sa.select(sa.func.pg_try_advisory_xact_lock(TURN_LOCK, number))
