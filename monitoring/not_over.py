"""What a check of a window that is not over says of predictions that are missing: they may yet come."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from artifacts.findings import Finding, Reason
from artifacts.window_words import window_to
from monitoring.window import Window

FIRST = "Check it again once it is over."


def saying_not_over(window: Window, at: datetime, found: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of a check made `at` (naive UTC); of a window that ends later, missing predictions are told so."""
    for one in found:
        if window.end <= at or one.rule != "predictions":
            yield one
            continue
        what = f"{one.reason.what} The window is not over: it goes to {window_to(window.end)}, in UTC."
        step = FIRST if one.reason.next_step is None else f"{FIRST} If they are missing then: {one.reason.next_step}"
        yield replace(one, reason=Reason.with_step(one.reason.code, what, step))
