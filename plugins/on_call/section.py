"""A part of a page that fails by itself: its reason takes its place, and the rest of the page stands."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from artifacts.errors import Missing, Refusal, Unavailable
from plugins.on_call.markup import Child, Html, el, join, joined

LOG = logging.getLogger(__name__)
# What waits for a source that hangs keeps its thread, so there are more of them than parts of a page.
POOL = ThreadPoolExecutor(max_workers=32, thread_name_prefix="on-call")


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


def section(title: str, body: Callable[[], Child], *, anchor: str, wide: bool = False) -> Html:
    """A headed part of a page with what `body` returns, or why it cannot be told."""
    return _shown(Part(title, anchor, body, wide), body)


def told(what: str, body: Callable[[], Child]) -> Html:
    """What `body` returns, or the refusal in its own words; of any other error only its type, the rest is logged."""
    try:
        return join(body())
    except Exception as error:
        return failed(what, error)


def failed(what: str, error: Exception) -> Html:
    """Why `what` cannot be shown, inside the handler of `error`, which may hold a secret unless it is a refusal."""
    if isinstance(error, Refusal):
        return refused(error)
    LOG.exception("on-call: %s cannot be shown", what)
    why = f"{what} cannot be shown: {type(error).__name__}. Airflow's api-server log has the rest."
    return el("p", el("b", "Broken. "), why, class_="down", role="status")


def refused(refusal: Refusal) -> Html:
    """A refusal in its own words."""
    word = el("b", "Not there. " if isinstance(refusal, Missing) else "Not available. ")
    code = el("code", refusal.code)
    return el("p", word, refusal.message, " ", refusal.next_step, " ", code, class_="down", role="status")


def _shown(part: Part, body: Callable[[], Child]) -> Html:
    heading = el("h2", part.title, id=f"{part.anchor}-title")
    kind = "part wide" if part.wide else "part"
    shown = told(part.title, body)
    return el("section", heading, shown, id=part.anchor, class_=kind, aria_labelledby=f"{part.anchor}-title")


def _awaited(made: Future[Child], until: float, patience: float) -> Child:
    try:
        return made.result(max(until - time.monotonic(), 0.0))
    except TimeoutError as error:
        if made.done():
            raise
        made.cancel()
        raise Unavailable(
            "on_call.slow",
            f"What this part reads did not answer within {patience:g} s.",
            next_step="Load the page again; if it stays so, see whether MLflow, the ledger and the disk answer.",
        ) from error
