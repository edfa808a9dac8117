"""When an open alert was seen last, where newer windows said nothing of it."""

from datetime import datetime

from artifacts.alerts.alert import Alert
from artifacts.window_words import window_to


def seen_last(alert: Alert, newest: datetime | None) -> str:
    """That its numbers are not of now; empty where they are, or it has ended.

    `newest` is the end of the newest window taken of its version, in its stream: had that said OK, it would have ended.
    """
    if not alert.is_open or newest is None or newest <= alert.seen:
        return ""
    return f"last seen in the window to {window_to(alert.seen)}, could not be judged since"
