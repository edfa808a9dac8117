"""What a page asks for, each in a thread of its own, and for how long it is waited for."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from artifacts.errors import Unavailable
from artifacts.registry.client import unanswered

T = TypeVar("T")
# What waits for a source that hangs keeps its thread: LATE_AT_ONCE of each question, and few more as time goes on.
POOL = ThreadPoolExecutor(max_workers=256, thread_name_prefix="on-call")
LATE_AT_ONCE, AGAIN_SECONDS = 3, 15.0


@dataclass(frozen=True)
class Patience:
    """For how many seconds a page waits; `of` is what it reads: what hangs there is no reason not to ask elsewhere."""

    seconds: float
    of: Hashable = None

    def part(self, share: float) -> "Patience":
        """A share of it."""
        return replace(self, seconds=share * self.seconds)


@dataclass(frozen=True)
class Asked(Generic[T]):
    """A question that is being answered; `what` names it among those of the same place."""

    what: str
    patience: Patience
    made: Future[T]
    until: float

    @classmethod
    def of(cls, what: str, body: Callable[[], T], patience: Patience) -> "Asked[T]":
        """Ask, unless so many who asked before still wait that one more would only cost a thread."""
        until = time.monotonic() + patience.seconds
        if refusal := _LATE.refusal((patience.of, what)):
            made: Future[T] = Future()
            made.set_exception(refusal)
            return cls(what, patience, made, until)
        return cls(what, patience, POOL.submit(body), until)

    def answer(self) -> T:
        """The answer, waited for as long as the patience lasts; then `Unavailable` (`on_call.slow`)."""
        try:
            return self.made.result(max(self.until - time.monotonic(), 0.0))
        except TimeoutError as error:
            if self.made.done():
                raise
            if not self.made.cancel():
                _LATE.add((self.patience.of, self.what), self.made)
            said = f"What this part reads did not answer within {self.patience.seconds:.2g} s."
            raise _slow(said, self.patience.seconds / 2, "Load the page again") from error


class _Late:
    """The questions on which a page gave up and which still wait, each with when that was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given_up: dict[Hashable, dict[Future[Any], float]] = defaultdict(dict)

    def add(self, key: Hashable, made: Future[Any]) -> None:
        with self._lock:
            self._given_up[key][made] = time.monotonic()
        made.add_done_callback(lambda answered: self._forget(key, answered))

    def _forget(self, key: Hashable, made: Future[Any]) -> None:
        with self._lock:
            self._given_up[key].pop(made, None)
            if not self._given_up[key]:
                del self._given_up[key]

    def refusal(self, key: Hashable) -> Unavailable | None:
        """Why it is not asked now; each that asked in vain doubles how long the next one waits."""
        with self._lock:
            late = list(self._given_up.get(key, {}).values())
        more = len(late) - LATE_AT_ONCE
        if more < 0:
            return None
        left = max(late) + AGAIN_SECONDS * 2**more - time.monotonic()
        if left <= 0:
            return None
        said = f"What this part reads was asked {len(late)} times and has not answered yet."
        return _slow(said, 0.0, f"Load the page again in {max(round(left), 1)} s, when it is asked again")


_LATE = _Late()


def _slow(said: str, asked_for: float, again: str) -> Unavailable:
    """MLflow is named while it is asked: its own wait for a lock is longer than that of a page, and cannot be set."""
    step = "see whether MLflow, the ledger and the disk answer."
    if silent := unanswered(asked_for):
        said += f" MLflow at {' and '.join(silent)} does not answer: it is down, slow, or its database is locked."
        step = "see that MLflow's database is up, and that no writer holds it locked."
    return Unavailable("on_call.slow", said, next_step=f"{again}; if it stays so, {step}")
