"""A window of time as it is written on the command line: `2013-12-01..2013-12-08`, its end not included."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from artifacts.errors import BadInput
from artifacts.version_name import parse_as_of, write_as_of

_ENDS = ("start", "end")


@dataclass(frozen=True)
class Window:
    """start <= time < end, naive UTC."""

    start: datetime
    end: datetime

    def before(self, days: int) -> "Window":
        """The `days` that end where this window starts."""
        return Window(self.start - timedelta(days=days), self.start)

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of which a part lies in the window."""
        last = (self.end - timedelta(microseconds=1)).date()
        return tuple(self.start.date() + timedelta(days=n) for n in range((last - self.start.date()).days + 1))

    @property
    def whole_days(self) -> tuple[date, ...]:
        """Every day that lies in the window from its midnight to the next."""
        first = self.start.date() + timedelta(days=self.start.time() != time())
        return tuple(day for day in self.days if first <= day < self.end.date())


def refuse_ahead(end: datetime, what: str) -> None:
    """Raise `BadInput` (`monitoring.day_ahead`) when `what`, which ends at `end`, is not over: alerts never go back."""
    if end > datetime.now(UTC).replace(tzinfo=None):
        raise BadInput(
            "monitoring.day_ahead",
            f"{what} ends {end}, which has not come yet; windows of before it would change no alert.",
            next_step="Correct the day: one that has come, in UTC.",
        )


def refuse_not_begun(window: Window) -> None:
    """Raise `BadInput` (`monitoring.day_ahead`) for a window that lies ahead: nothing of it can be known."""
    if window.start > datetime.now(UTC).replace(tzinfo=None):
        raise BadInput(
            "monitoring.day_ahead",
            f"The window (--window) {write_window(window.start, window.end)} lies ahead: nobody asked about it yet.",
            next_step="Correct the window: one that has begun, in UTC.",
        )


def write_window(start: datetime, end: datetime) -> str:
    """As `parse_window` reads it."""
    return f"{write_as_of(start)}..{write_as_of(end)}"


def parse_window(text: str) -> Window:
    """`START..END`, each a day or `2013-12-01T0600`, in UTC; raises `BadInput` (`monitoring.window`)."""
    parts = text.split("..")
    if len(parts) != len(_ENDS):
        raise _no_window(text, "it is not two days with two dots between them")
    start, end = (_moment(text, *one) for one in zip(_ENDS, parts, strict=True))
    if start >= end:
        raise _no_window(text, "its start is not before its end, which is not part of it")
    return Window(start, end)


def parse_days(text: str) -> Window:
    """As `parse_window`, of whole days, as those are that noise is drawn from: a morning always differs from them."""
    window = parse_window(text)
    if window.days != window.whole_days:
        raise _no_window(text, "it has a part of a day, which always differs from whole ones")
    return window


def _moment(text: str, which: str, part: str) -> datetime:
    # What is wrong with a part is said of the whole: a part alone names no option.
    with suppress(BadInput):
        return parse_as_of(part.removesuffix("T0000"))
    raise _no_window(text, f"its {which} {part!r} is no day" if part else f"it has no {which}")


def _no_window(text: str, why: str) -> BadInput:
    return BadInput(
        "monitoring.window",
        f"The window (--window) is {text!r}: {why}. Wanted is START..END, the start first, each a day in UTC, "
        "such as 2013-12-01..2013-12-08.",
        next_step="Correct the window; its end is not part of it.",
    )
