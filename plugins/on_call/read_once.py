"""What the parts of a page ask for alike is read once: what it gave, or why it gave nothing."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class ReadOnce:
    """Keeps what was read, by name, for as long as the page is made; whoever asks meanwhile waits for it."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Future[Any]] = {}
        self._locks: dict[Hashable, Lock] = {}

    def once(self, what: Hashable, read: Callable[[], T]) -> T:
        """What `read` gave or raised when it was first called: who does not answer is not waited for again."""
        with self._locks.setdefault(what, Lock()):
            if what not in self._made:
                self._made[what] = _made_by(read)
            made: Future[T] = self._made[what]
        return made.result()


def _made_by(read: Callable[[], T]) -> "Future[T]":
    made = Future[T]()
    try:
        made.set_result(read())
    except Exception as error:
        made.set_exception(error)
    return made
