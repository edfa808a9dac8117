"""Drift by feature and day: a row for each feature, a column for each day, the bar as high as it is far."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from artifacts.finding import SCORE, State
from artifacts.finding_summary import Worst
from artifacts.findings_summary import Summary
from artifacts.plural import many
from plugins.on_call.chart import short, svg, text
from plugins.on_call.markup import Html, el, join
from plugins.on_call.over_time import break_lines, day_labels, label_room

NAME, WIDTH, ROW, HEAD, AXIS = 250, 1080, 24, 26, 34
# What fits without scrolling beside a window of 1280 pixels, and what a letter of a name takes.
ROOM, LETTER = 1152, 7.3
# Each step is two pixels more, in thresholds: half of the height is the threshold.
LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 4.0, 8.0, 16.0)
LEAST, WIDEST, NARROW, FULL, AIR = 0.0, 34, 6, 0.86, 12
# The cross over a bar.
CROSS, GAP = 6, 2
RANK: Mapping[State, int] = {"DRIFT": 0, "UNKNOWN": 1, "OK": 2}


@dataclass(frozen=True)
class Day:
    """All that the windows that end with this day found: the worst of each feature, and their ids."""

    last: date
    worst: Mapping[str | None, Worst]
    ids: tuple[str, ...]

    @property
    def state(self) -> State:
        """The worst of it."""
        return min((one.state for one in self.worst.values()), key=lambda one: RANK[one], default="UNKNOWN")

    @property
    def in_part(self) -> bool:
        """Whether it is OK, and something of it by some rules only."""
        return self.state == "OK" and any(one.in_part for one in self.worst.values())


def days(found: Sequence[Summary]) -> list[Day]:
    """A day for each end of a window: of a feature the newest of each version that was checked, of those the worst."""
    by_end: dict[date, list[Summary]] = {}
    for one in found:
        by_end.setdefault(last_day(one), []).append(one)
    told = []
    for end in sorted(by_end):
        several = sorted(by_end[end], key=lambda one: (one.created_at, one.id))
        newest = {(each.feature, one.version): each for one in several for each in one.brief.worst}
        worst: dict[str | None, Worst] = {}
        for each in sorted(newest.values(), key=lambda one: (RANK[one.state], -(one.far or 0.0))):
            first = worst.setdefault(each.feature, each)
            if each.in_part and first.state == "OK":
                worst[each.feature] = replace(first, in_part=True)
        told.append(Day(end, worst, tuple(one.id for one in several)))
    return told


def judged(worst: Iterable[Worst]) -> bool:
    """Whether anything of it could be judged."""
    return any(one.state != "UNKNOWN" for one in worst)


def last_day(one: Summary) -> date:
    """The last day of a window, which does not hold its end."""
    is_midnight = (one.end.hour, one.end.minute, one.end.second) == (0, 0, 0)
    return date.fromordinal(one.end.date().toordinal() - is_midnight)


def heat(shown: Sequence[Day]) -> Html:
    """The map, the features that drifted most often first.

    A bar's height is how far the worst rule is, in steps, full at sixteen thresholds; DRIFT is solid, OK an outline,
    below a cross where it is so by some rules only, and what could not be judged a hollow box with a cross.
    """
    order = features(shown)
    wide = min((WIDTH - NAME) / len(shown), WIDEST)
    right = label_room(wide)
    left = name_width([called(one) for one in order], ROOM - wide * len(shown) - right)
    parts = [_row(name, HEAD + ROW * (at + 1) - 2, shown, left, wide) for at, name in enumerate(order)]
    bottom = HEAD + ROW * len(order)
    dates = [day.last for day in shown]
    labels = join(*(day_labels(dates, left, wide, y) for y in (HEAD - 10, bottom + 22)))
    gaps = break_lines(dates, left, wide, HEAD, bottom)
    about = (
        f"Drift of {many(len(order), 'feature')} on {many(len(shown), 'day')}; the table below says the same in words"
    )
    return svg(about, left + wide * len(shown) + right, bottom + AXIS, *parts, gaps, labels)


def features(shown: Sequence[Day]) -> list[str | None]:
    """What was judged on some day: what drifted on most days first, then what was unknown on most."""
    seen: dict[str | None, list[int]] = {}
    for day in shown:
        for name, one in day.worst.items():
            counts = seen.setdefault(name, [0, 0])
            counts[0] -= one.state == "DRIFT"
            counts[1] -= one.state == "UNKNOWN"
    return sorted(seen, key=lambda name: (*seen[name], name or ""))


def called(feature: str | None) -> str:
    """A feature's name, or what else a finding is about."""
    return {None: "the window", SCORE: "the score"}.get(feature, feature or "")


def name_width(names: Sequence[str], room: float) -> float:
    """What the names take: whole if there is `room`, and in any case as much as keeps any two apart."""
    whole = max((len(one) for one in names), default=0) * LETTER + AIR
    if whole <= max(room, NAME):
        return max(whole, NAME)
    width = max(room, NAME)
    cut = {short(one, letters(width)) for one in names}
    return width if len(cut) == len(set(names)) else whole


def letters(width: float) -> int:
    """How many letters fit."""
    return math.floor((width - AIR) / LETTER + 1e-6)


def _row(name: str | None, base: int, shown: Sequence[Day], left: float, wide: float) -> Html:
    paths: dict[str, list[str]] = {"DRIFT": [], "UNKNOWN": [], "OK": [], "in_part": []}
    place = 0
    cells = [_cell(day.worst.get(name)) for day in shown]
    while place < len(cells):
        cell, begin = cells[place], place
        place += 1
        # Narrow neighbours that look alike are one mark, or a year would be a megabyte.
        while wide < NARROW and place < len(cells) and cells[place] == cell:
            place += 1
        if cell is not None:
            x, long = round(left + wide * begin, 1), round(wide * (place - begin - 1) + wide * FULL, 1)
            paths["in_part" if cell[2] else cell[0]].append(_mark(cell, x, base, long))
    drawn = [el("path", d="".join(told), class_=f"heat {state}") for state, told in paths.items() if told]
    written = text(left - AIR, base - 5, short(called(name), letters(left)), anchor="end", kind="label")
    label = el("g", el("title", called(name)), written)
    line = el("path", d=f"M{round(left, 1)} {base + 1}H{round(left + wide * len(shown), 1)}", class_="axis")
    return el("g", label, line, *drawn)


def _cell(one: Worst | None) -> tuple[State, int, bool] | None:
    """A state, a height in pixels, and whether it is OK by some rules only."""
    if one is None:
        return None
    return one.state, 9 if one.state == "UNKNOWN" else 2 + 2 * bisect_right(LEVELS, one.far or LEAST), one.in_part


def _mark(cell: tuple[State, int, bool], x: float, base: int, long: float) -> str:
    state, high, in_part = cell
    bar, top = f"M{x} {base}v-{high}h{long}v{high}z", base - high - GAP
    if state == "UNKNOWN":
        return f"{bar}{_cross(x, base, min(long, high), high)}"
    return f"{bar}{_cross(x, top, min(long, CROSS), CROSS)}" if in_part else bar


def _cross(x: float, base: int, wide: float, high: int) -> str:
    return f"M{x} {base}l{wide} -{high}m0 {high}l-{wide} -{high}"
