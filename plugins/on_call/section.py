"""A part of a page that fails by itself: its reason takes its place, and the rest of the page stands."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from artifacts.errors import Missing, Refusal
from plugins.on_call.briefly import briefly
from plugins.on_call.markup import Child, Html, command, el, join, joined
from plugins.on_call.patience import Asked, Patience

LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """A headed part of a page; `body` is called in a thread of its own."""

    title: str
    anchor: str
    body: Callable[[], Child]
    wide: bool = False


def all_of(*parts: Part, patience: Patience) -> Html:
    """The parts, made beside one another: one that hangs costs the page its patience in all."""
    asked = [(part, Asked.of(part.title, part.body, patience)) for part in parts]
    return joined(_shown(part, one.answer) for part, one in asked)


def within(what: str, body: Callable[[], T], patience: Patience) -> T:
    """What `body` returns, made in a thread of its own; when the patience is over `Unavailable` (`on_call.slow`)."""
    return Asked.of(what, body, patience).answer()


def there(what: str, body: Callable[[], T], patience: Patience) -> T | None:
    """What a page is about; raises `Missing` when it is not there.

    None when something else keeps it from being read, which each part says in its own words.
    """
    try:
        return within(what, body, patience)
    except Missing:
        raise
    except Exception as error:
        LOG.debug("on-call: whether a page is there is not known: %s", type(error).__name__)
        return None


def beside(lines: Sequence[tuple[str, Callable[[], Child]]], patience: Patience) -> list[tuple[str, Html]]:
    """Each line with what it says, all made beside one another; one that hangs costs the patience, and itself."""
    asked = [(what, Asked.of(f"{what}, in a line", body, patience)) for what, body in lines]
    return [(what, told(what, one.answer)) for what, one in asked]


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
