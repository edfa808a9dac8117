"""What several parts of the pages say the same way: times, numbers with intervals, states, verdicts."""

from datetime import UTC, datetime, timedelta

from artifacts.finding import State
from artifacts.verdict import Estimate
from plugins.on_call.became import Became
from plugins.on_call.chart import digits
from plugins.on_call.markup import NONE, Html, el, join

SHAPES: dict[State, str] = {"DRIFT": "▲", "UNKNOWN": "?", "OK": "✓"}
BECAME: dict[Became, tuple[str, str, str]] = {
    "promoted": ("✓", "promoted", "good"),
    "rolled_back": ("✗", "promoted, rolled back from since", "bad"),
    "rejected": ("✗", "rejected", "quiet"),
    "to_come": ("…", "to be promoted", "ask"),
    "waits": ("…", "waits for a person", "ask"),
    "answered": ("…", "a person has answered", "ask"),
    "overtaken": ("=", "overtaken", "quiet"),
    "copy": ("=", "a copy of one rolled back from", "quiet"),
    "unknown": ("?", "not known", "ask"),
    "keep": ("=", "not promoted", "quiet"),
    "suspicious": ("▲", "suspicious", "bad"),
    "cannot_judge": ("?", "cannot judge", "ask"),
}
MINUTE, HOUR, DAY = 60, 3600, 86_400
# watch_drift checks daily: once a day is missed, nobody checks.
OVERDUE_AFTER = timedelta(days=2)


def state(told: State) -> Html:
    """A state as a shape and a word, so that it is read without colour."""
    return el("span", f"{SHAPES[told]} {told}", class_=f"state {told}")


def became(told: Became) -> Html:
    """What became of a candidate as a shape and a word."""
    shape, word, kind = BECAME[told]
    return el("span", f"{shape} {word}", class_=f"state {kind}")


def moment(at: datetime | None) -> Html:
    """A time in UTC, to the minute."""
    return join(NONE) if at is None else el("span", f"{at:%Y-%m-%d %H:%M}", class_="nowrap")


def ago(at: datetime) -> str:
    """How long ago a moment (naive UTC) of the wall clock was."""
    seconds = _age(at).total_seconds()
    for unit, word in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= unit:
            count = int(seconds // unit)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now" if seconds > -MINUTE else "in the future"


def is_overdue(checked_at: datetime) -> bool:
    """Whether the newest check is older than it is while watch_drift runs."""
    return _age(checked_at) > OVERDUE_AFTER


def checked(at: datetime) -> Html:
    """When the newest check was made, whatever window it was of; in doubt when it is overdue."""
    if is_overdue(at):
        return el("span", f"? checked {ago(at)}", class_="state ask")
    return join(f"checked {ago(at)}")


def _age(at: datetime) -> timedelta:
    return datetime.now(UTC).replace(tzinfo=None) - at


def estimate(one: Estimate | None) -> Html:
    """A number with its interval, which goes into the next line where both are too wide."""
    if one is None:
        return join(NONE)
    value = el("span", digits(one.value), class_="nowrap")
    if one.low is None or one.high is None:
        return value
    return join(value, " ", el("small", f"[{digits(one.low)}, {digits(one.high)}]", class_="nowrap"))
