"""One at a time in a home: whoever runs its DAGs or starts its services holds it, and who comes meanwhile is told."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from artifacts.errors import BadInput
from artifacts.place_errors import usable
from artifacts.places import Places
from artifacts.storage import LOCK
from ops.services import running
from ops.signals import told_when_ended

FILE = f"at_work{LOCK}"


@contextmanager
def at_work(places: Places, verb: str) -> Iterator[None]:
    """Hold the home for `verb` while the body runs; it is let go of when the process ends, however it does.

    Raises `BadInput` (`home.in_use`) that names who holds it, and what `usable` raises.
    """
    with usable(str(places.home)):
        places.home.mkdir(parents=True, exist_ok=True)
        held = (places.home / FILE).open("a+", encoding="utf-8")
    with held as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            who = stream.read() or "Another process"
            raise BadInput(
                "home.in_use",
                f"{who} is at work in the home {places.home}; {verb} wants it to itself.",
                next_step=f"Wait until that has ended, or end it, then run: {verb}",
            ) from error
        stream.truncate(0)
        stream.write(f"{verb} (process {os.getpid()})")
        stream.flush()
        yield


@contextmanager
def running_dags(places: Places, verb: str) -> Iterator[None]:
    """As `at_work`, for a `verb` that runs the DAGs in its own process.

    Raises `BadInput` (`run.services_up`) while services of the home run: their scheduler would run the same DAGs; and
    as `told_when_ended`, by which SIGTERM ends it.
    """
    with told_when_ended(verb), at_work(places, verb):
        if there := running(places):
            raise BadInput(
                "run.services_up",
                f"{verb} runs the DAGs of the home {places.home} by itself, and its scheduler would run them "
                f"meanwhile: {', '.join(there)} are up; none may be.",
                next_step="Run: make down",
            )
        yield
