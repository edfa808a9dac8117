"""When an open alert was seen last, where newer windows said nothing of it, and where alerts begin."""

from collections.abc import Iterable
from datetime import datetime

from artifacts.alerts.alert import Alert, Watch
from artifacts.window_words import window_to


def seen_last(alert: Alert, newest: datetime | None) -> str:
    """That its numbers are not of now; empty where they are, or it has ended.

    `newest` is the end of the newest window taken of its version, in its stream: had that said OK, it would have ended.
    """
    if not alert.is_open or newest is None or newest <= alert.seen:
        return ""
    return f"last seen in the window to {window_to(alert.seen)}, could not be judged since"


def begins(watches: Iterable[Watch]) -> str:
    """A sentence that says since when the alerts know of the version that was checked last; empty where always."""
    newest = max((one for one in watches if one.end), key=lambda one: (one.end, one.stream == "log"), default=None)
    if newest is None or newest.began is None:
        return ""
    return (
        f"The alerts of version {newest.version} begin with {newest.began:%Y-%m-%d}: what was told before, and which "
        "days were an incident's, is not known. They were lost, or all was checked by hand."
    )
