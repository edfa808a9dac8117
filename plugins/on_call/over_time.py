"""Numbers over time: values with intervals as upright whiskers, and counts as bars."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plugins.on_call.chart import Shape, mark, scale, svg, text
from plugins.on_call.markup import Html, el, joined

LEFT, TOP, HEIGHT, AXIS, STEP, WIDTH = 62, 12, 128, 40, 66, 560
ROTATED, BARS, LABEL, FEWEST, WIDEST = 10, 1080, 78, 3, 34
A_YEAR, GAP = 366, timedelta(days=31)


@dataclass(frozen=True)
class Point:
    """A value of one moment; `label` stands below it, `about` is its title."""

    label: str
    value: float
    low: float | None
    high: float | None
    shape: Shape
    about: str


def whiskers(about: str, points: Sequence[Point], rivals: Mapping[str, float], wall: float | None = None) -> Html:
    """A column for each point, with its interval; `rivals` by label are small squares, `wall` a dashed line."""
    step = min(STEP, (WIDTH - LEFT) / max(len(points), 1))
    right = min(LEFT + max(step * len(points) + STEP / 2, STEP * FEWEST), WIDTH)
    known = [one for p in points for one in (p.value, p.low, p.high) if one is not None]
    axis = scale([*known, *rivals.values(), *([] if wall is None else [wall])], 0, HEIGHT)
    low = TOP + HEIGHT

    def y(value: float) -> float:
        return round(low - axis.at(value), 1)

    parts = [el("path", d=f"M{LEFT} {y(one)}H{right}", class_="axis") for one in _ticks(axis.low, axis.high)]
    parts += [
        text(LEFT - 8, y(one) + 4, f"{one:.3g}", anchor="end", kind="tick") for one in _ticks(axis.low, axis.high)
    ]
    if wall is not None:
        parts.append(el("path", d=f"M{LEFT} {y(wall)}H{right}", class_="wall"))
    every = -(-len(points) // ROTATED)
    for at, point in enumerate(points):
        x = round(LEFT + step * (at + 0.5), 1)
        drawn = []
        if point.low is not None and point.high is not None:
            a, b = y(point.low), y(point.high)
            drawn.append(el("path", d=f"M{x} {a}V{b}M{x - 5} {a}h10M{x - 5} {b}h10", class_="whisker"))
        if point.label in rivals:
            drawn.append(mark("square", x + 15, y(rivals[point.label]), "rival"))
        drawn.append(mark(point.shape, x, y(point.value)))
        parts.append(el("g", el("title", point.about), *drawn))
        if (len(points) - 1 - at) % every == 0:
            parts.append(text(x, low + 20, point.label, anchor="middle", kind="tick"))
    return svg(about, right, TOP + HEIGHT + AXIS - 10, *parts)


def with_between(found: Iterable[date]) -> list[date]:
    """The days found and those between, the newest 366; where more than a month lies between two, not that month."""
    days: list[date] = []
    for day in sorted(found):
        if days and day - days[-1] <= GAP:
            days += [days[-1] + timedelta(days=at) for at in range(1, (day - days[-1]).days)]
        days.append(day)
    return days[-A_YEAR:]


def bars(about: str, counts: Mapping[date, int], days: Sequence[date]) -> Html:
    """A bar for each of `days`; one without any is marked below the line."""
    wide, most = min((BARS - LEFT) / len(days), WIDEST), max((counts.get(day, 0) for day in days), default=1) or 1
    right = max(round(LEFT + wide * len(days) + label_room(wide), 1), WIDTH)
    low = TOP + HEIGHT
    filled, empty = [], []
    for at, day in enumerate(days):
        x, count = round(LEFT + wide * at, 1), counts.get(day, 0)
        high = round(HEIGHT * count / most, 1)
        if count:
            filled.append(f"M{x} {low}v-{max(high, 1.0)}h{round(wide * 0.82, 1)}v{max(high, 1.0)}z")
        else:
            empty.append(f"M{x} {low + 3}h{round(wide * 0.82, 1)}")
    parts = [
        text(LEFT - 8, TOP + 10, f"{most:,}", anchor="end", kind="tick"),
        text(LEFT - 8, low + 4, "0", anchor="end", kind="tick"),
        el("path", d=f"M{LEFT} {low}H{right}", class_="axis"),
        el("path", d="".join(filled), class_="bars"),
        el("path", d="".join(empty), class_="gap"),
        break_lines(days, LEFT, wide, TOP, low),
        day_labels(days, LEFT, wide, low + 22),
    ]
    return svg(about, right, TOP + HEIGHT + AXIS - 10, *parts)


def breaks(days: Sequence[date]) -> list[int]:
    """The places in `days` before which more than a month is left out."""
    return [at for at in range(1, len(days)) if days[at] - days[at - 1] > GAP]


def break_lines(days: Sequence[date], left: float, wide: float, top: float, bottom: float) -> Html:
    """A dotted line at each break."""
    return joined(
        el("path", d=f"M{round(left + wide * at - wide * 0.07, 1)} {top}V{bottom}", class_="break")
        for at in breaks(days)
    )


def day_labels(days: Sequence[date], left: float, wide: float, y: float) -> Html:
    """Some of the days, so that they do not touch, each at the middle of its column; the last one always."""
    every, last = math.ceil(LABEL / wide), len(days) - 1
    return joined(
        text(left + wide * (at + 0.5), y, f"{days[at]:%Y-%m-%d}", anchor="middle", kind="tick")
        for at in range(last % every, last + 1, every)
    )


def label_room(wide: float) -> float:
    """What the label of the last column takes to the right of it."""
    return max((LABEL - wide) / 2, 0.0)


def _ticks(low: float, high: float) -> list[float]:
    return [low + (high - low) * share for share in (0.1, 0.5, 0.9)]
