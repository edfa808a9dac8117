"""A part of a page that fails by itself: its reason takes its place, and the rest of the page stands."""

import logging
from collections.abc import Callable

from artifacts.errors import Missing, Refusal
from plugins.on_call.markup import Child, Html, el, join

LOG = logging.getLogger(__name__)


def section(title: str, body: Callable[[], Child], *, anchor: str, wide: bool = False) -> Html:
    """A headed part of a page with what `body` returns, or why it cannot be told."""
    heading = el("h2", title, id=f"{anchor}-title")
    kind = "part wide" if wide else "part"
    return el("section", heading, told(title, body), id=anchor, class_=kind, aria_labelledby=f"{anchor}-title")


def told(what: str, body: Callable[[], Child]) -> Html:
    """What `body` returns, or the refusal in its own words; of any other error only its type, the rest is logged."""
    try:
        return join(body())
    except Missing as refusal:
        return _reason("Not there", refusal)
    except Refusal as refusal:
        return _reason("Not available", refusal)
    except Exception as error:
        LOG.exception("on-call: %s cannot be shown", what)
        why = f"{what} cannot be shown: {type(error).__name__}. Airflow's api-server log has the rest."
        return el("p", el("b", "Broken. "), why, class_="down", role="status")


def _reason(word: str, refusal: Refusal) -> Html:
    code = el("code", refusal.code)
    why = join(el("b", f"{word}. "), refusal.message, " ", refusal.next_step, " ", code)
    return el("p", why, class_="down", role="status")
