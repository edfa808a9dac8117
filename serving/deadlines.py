"""Work that may take long, or for ever, in threads of its own: who waits has a deadline, and nobody else waits."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from artifacts.errors import Unavailable

Result = TypeVar("Result")


class Aside:
    """Belongs to an event loop; `whom` is who is asked, as a refusal names it.

    At most `at_once` are asked, those counted too that nobody waits for any more. The threads keep no process alive.
    """

    def __init__(self, whom: str, seconds: float, at_once: int) -> None:
        self._whom, self._seconds, self._at_once = whom, seconds, at_once
        self._busy = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns or raises; raises `Unavailable` (`serving.no_answer`) when it takes too long."""
        if self._busy >= self._at_once:
            raise self._no_answer(f"to any of {self._busy} that ask already")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._busy += 1

        def ended(told: Callable[[], None]) -> None:
            self._busy -= 1
            if not future.done():
                told()

        def in_thread() -> None:
            told: Callable[[], None]
            try:
                result = work()
                told = lambda: future.set_result(result)  # noqa: E731
            except Exception as error:
                failure = error
                told = lambda: future.set_exception(failure)  # noqa: E731
            # The loop may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(ended, told)

        threading.Thread(target=in_thread, name="aside", daemon=True).start()
        try:
            async with asyncio.timeout(self._seconds):
                return await future
        except TimeoutError as error:
            raise self._no_answer(f"within {self._seconds:g} s") from error

    def _no_answer(self, when: str) -> Unavailable:
        return Unavailable(
            "serving.no_answer",
            f"{self._whom} did not answer {when}.",
            next_step="See that it is up; the version that answers goes on answering.",
        )
