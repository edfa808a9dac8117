"""Drift by feature and day: a row for each feature, a column for each day, the bar as high as it is far."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from artifacts.finding import SCORE, State
from artifacts.finding_summary import Worst
from artifacts.plural import many
from plugins.on_call.chart import short, svg, text
from plugins.on_call.drift_days import KEPT, LABELS, Day, features
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


@lru_cache(maxsize=KEPT)
def heat(shown: tuple[Day, ...]) -> Html:
    """The map, the features that drifted most often first; drawn once for the same days.

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


def called(feature: str | None) -> str:
    """A feature's name, or what else a finding is about."""
    return {None: "the window", SCORE: "the score", LABELS: "what labels show"}.get(feature, feature or "")


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
