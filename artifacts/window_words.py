"""A window in words: by its last day, which it holds, while a command gives START..END, and END is no part of it."""

from datetime import datetime, time, timedelta


def last_day(end: datetime) -> datetime:
    """A moment of the last day of a window, which does not hold its end."""
    return end - timedelta(microseconds=1)


def window_to(end: datetime) -> str:
    """`2013-12-07` of a window that ends with that day, `2013-12-07 14:00` of one that ends within it."""
    return f"{end:%Y-%m-%d %H:%M}" if end.time() != time() else f"{last_day(end):%Y-%m-%d}"


def window_words(start: datetime, end: datetime) -> str:
    """`2013-12-01 to 2013-12-07`, both days in it, or its one day; what is no midnight with its time (UTC)."""
    begins = f"{start:%Y-%m-%d %H:%M}" if start.time() != time() else f"{start:%Y-%m-%d}"
    return begins if begins == window_to(end) else f"{begins} to {window_to(end)}"
