"""A part of a page that fails by itself: its reason takes its place, and the rest of the page stands."""

import logging
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from artifacts.errors import Missing, Refusal, Unavailable
from artifacts.registry.client import unanswered
from plugins.on_call.briefly import briefly
from plugins.on_call.markup import Child, Html, command, el, join, joined

LOG = logging.getLogger(__name__)
T = TypeVar("T")
# What waits for a source that hangs keeps its thread, so there are more of them than parts of a page.
POOL = ThreadPoolExecutor(max_workers=64, thread_name_prefix="on-call")


@dataclass(frozen=True)
class Part:
    """A headed part of a page; `body` is called in a thread of its own."""

    title: str
    anchor: str
    body: Callable[[], Child]
    wide: bool = False


def all_of(*parts: Part, patience: float) -> Html:
    """The parts, made beside one another: one that hangs costs the page `patience` seconds in all."""
    asked = [(part, POOL.submit(part.body)) for part in parts]
    until = time.monotonic() + patience
    return joined(_shown(part, partial(_awaited, made, until, patience)) for part, made in asked)


def within(body: Callable[[], T], patience: float) -> T:
    """What `body` returns, made in a thread of its own; after `patience` seconds `Unavailable` (`on_call.slow`)."""
    return _awaited(POOL.submit(body), time.monotonic() + patience, patience)


def there(body: Callable[[], T], patience: float) -> T | None:
    """What a page is about; raises `Missing` when it is not there.

    None when something else keeps it from being read, which each part says in its own words.
    """
    try:
        return within(body, patience)
    except Missing:
        raise
    except Exception as error:
        LOG.debug("on-call: whether a page is there is not known: %s", type(error).__name__)
        return None


def beside(lines: Sequence[tuple[str, Callable[[], Child]]], patience: float) -> list[tuple[str, Html]]:
    """Each line with what it says, all made beside one another; one that hangs costs `patience` seconds, and itself."""
    asked = [(what, POOL.submit(body)) for what, body in lines]
    until = time.monotonic() + patience
    return [(what, told(what, partial(_awaited, made, until, patience))) for what, made in asked]


def told(what: str, body: Callable[[], Child]) -> Html:
    """What `body` returns, or the refusal in its own words; of any other error only its type, the rest is logged."""
    try:
        return join(body())
    except Exception as error:
        return failed(what, error)


def failed(what: str, error: Exception) -> Html:
    """Why `what` cannot be shown: `error`, which may hold a secret unless it is a refusal."""
    if isinstance(error, Refusal):
        return refused(error)
    LOG.error("on-call: %s cannot be shown", what, exc_info=error)
    why = f"{what} cannot be shown: {type(error).__name__}. Airflow's api-server log has the rest."
    return el("p", el("b", "Broken. "), why, class_="down", role="status")


def refused(refusal: Refusal) -> Html:
    """A refusal in its own words; a command at its end that can be run as it stands is set to be copied."""
    word = el("b", "Not there. " if isinstance(refusal, Missing) else "Not available. ")
    said, run = with_command(refusal.next_step)
    code = el("code", refusal.code)
    shown = command(run) if run else None
    return el("p", word, briefly(refusal.message), " ", said, shown, " ", code, class_="down", role="status")


def with_command(next_step: str) -> tuple[str, str | None]:
    """A next step, and the command at its end if it can be run as it stands: with nothing to fill in."""
    said, _, run = next_step.rpartition(": ")
    is_one = run.startswith("python -m ") and not re.search(r"\b[A-Z]+\b", run)
    return (f"{said}:", run) if is_one else (next_step, None)


def _shown(part: Part, body: Callable[[], Child]) -> Html:
    heading = el("h2", part.title, id=f"{part.anchor}-title")
    kind = "part wide" if part.wide else "part"
    shown = told(part.title, body)
    return el("section", heading, shown, id=part.anchor, class_=kind, aria_labelledby=f"{part.anchor}-title")


def _awaited(made: Future[T], until: float, patience: float) -> T:
    try:
        return made.result(max(until - time.monotonic(), 0.0))
    except TimeoutError as error:
        if made.done():
            raise
        made.cancel()
        raise _slow(patience) from error


def _slow(patience: float) -> Unavailable:
    """MLflow is named while it is asked: its own wait for a lock is longer than that of a page, and cannot be set."""
    message = f"What this part reads did not answer within {patience:.2g} s."
    step = "see whether MLflow, the ledger and the disk answer."
    if silent := unanswered(patience / 2):
        message += f" MLflow at {' and '.join(silent)} does not answer: it is down, slow, or its database is locked."
        step = "see that MLflow's database is up, and that no writer holds it locked."
    return Unavailable("on_call.slow", message, next_step=f"Load the page again; if it stays so, {step}")
