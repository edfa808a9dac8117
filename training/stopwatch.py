"""Says what has been done and how long it took."""

import time

from artifacts import cli


class Stopwatch:
    """Each line carries the seconds since the line before."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def say(self, what: str) -> None:
        """Report `what` as done."""
        now = time.monotonic()
        cli.say(f"{what} ({now - self._last:.1f} s)")
        self._last = now
