"""A distribution as a picture: the baseline filled, the current window an outline over it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from artifacts.finding import Distribution
from monitoring.report.text import share, tick

WIDTH, HEIGHT, AXIS, TOP = 330, 104, 18, 14
# Okabe and Ito's blue; the baseline is a filled area and the window a line, so that no colour is needed.
BLUE, FILL, EDGE = "#0072B2", "#d9dce2", "#8a8f98"
COLUMNS, SEPARATE, TAIL, LABELS, LETTER = 28, 27, 0.005, 8, 7.0


@dataclass(frozen=True)
class Column:
    """One place on the axis and the shares of both sides there; `gap` sets it apart from its left neighbour."""

    label: str
    baseline: float
    current: float
    gap: bool = False


def picture(found: Distribution) -> str:
    """The distribution of a number as SVG."""
    before, now = shares(found.baseline_counts), shares(found.current_counts)
    edges, before, now = _without_empty(found.edges or (), before, now)
    if len(edges) <= SEPARATE:
        return _columns(found, _separate(edges, before, now))
    return _columns(found, _even(edges, before, now))


def shares(counts: Sequence[int]) -> list[float]:
    """Counts as shares of their sum; zeros when there are none."""
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def _without_empty(
    edges: Sequence[float], before: Sequence[float], now: Sequence[float]
) -> tuple[list[float], list[float], list[float]]:
    """Without the bins between two values of which one is common, where nothing lies in between."""
    kept = [at for at in range(len(edges)) if at == 0 or before[at] + now[at] or not _is_just_below(edges, at)]
    bins = [*kept, len(edges)]
    return [edges[at] for at in kept], [before[at] for at in bins], [now[at] for at in bins]


def _is_just_below(edges: Sequence[float], at: int) -> bool:
    return at + 1 < len(edges) and edges[at] == math.nextafter(edges[at + 1], -math.inf)


def _separate(edges: Sequence[float], before: Sequence[float], now: Sequence[float]) -> list[Column]:
    """A column for each bin, named by its upper edge; those beyond the ends only where they hold something."""
    last = len(edges)
    names = [_up_to(edges, at) if _is_just_below(edges, at) else tick(edges[at]) for at in range(last)]
    columns = [Column(names[at], before[at], now[at]) for at in range(1, last)]
    if edges and before[0] + now[0]:
        columns.insert(0, Column(_up_to(edges, 0), before[0], now[0]))
    if before[last] + now[last]:
        columns.append(Column(f"> {tick(edges[-1])}" if edges else "all", before[last], now[last], gap=True))
    return columns


def _even(edges: Sequence[float], before: Sequence[float], now: Sequence[float]) -> list[Column]:
    """Columns of equal width over all but the outermost half per cent of each side, which get one at each end.

    Within a bin its share is spread evenly.
    """
    low, high = 0, len(edges) - 1
    while low + 1 < high and max(sum(before[: low + 2]), sum(now[: low + 2])) <= TAIL:
        low += 1
    while high - 1 > low and max(sum(before[high:]), sum(now[high:])) <= TAIL:
        high -= 1
    step = (edges[high] - edges[low]) / COLUMNS
    places = [edges[low] + step * at for at in range(COLUMNS)] + [edges[high]]
    sides = [_spread(edges, side, places, low, high) for side in (before, now)]
    columns = [Column(tick(left), *pair) for left, *pair in zip(places, *sides, strict=False)]
    tails = [[sum(side[: low + 1]), sum(side[high + 1 :])] for side in (before, now)]
    if tails[0][0] + tails[1][0]:
        columns[0] = Column(columns[0].label, columns[0].baseline, columns[0].current, gap=True)
        columns.insert(0, Column(_up_to(edges, low), tails[0][0], tails[1][0]))
    if tails[0][1] + tails[1][1]:
        columns.append(Column(f"> {tick(edges[high])}", tails[0][1], tails[1][1], gap=True))
    return columns


def _spread(edges: Sequence[float], side: Sequence[float], places: Sequence[float], low: int, high: int) -> list[float]:
    found = [0.0] * (len(places) - 1)
    for at in range(low + 1, high + 1):
        left, right = edges[at - 1], edges[at]
        parts = [max(0.0, min(right, end) - max(left, start)) for start, end in pairwise(places)]
        total = sum(parts)
        if total <= 0:
            parts = [float(start < right <= end) for start, end in pairwise(places)]
            total = sum(parts) or 1.0
        for place, part in enumerate(parts):
            # In this order: of a bin as narrow as numbers go, `side * part` would be rounded.
            found[place] += side[at] * (part / total)
    return found


def _columns(found: Distribution, columns: Sequence[Column]) -> str:
    most = max((max(one.baseline, one.current) for one in columns), default=0.0) or 1.0
    slots = len(columns) + sum(one.gap for one in columns)
    wide, bottom = WIDTH / max(slots, 1), TOP + HEIGHT
    fills, line, labels, x, before = [], [], [], 0.0, -1.0
    every = -(-len(columns) // LABELS)
    for at, one in enumerate(columns):
        x += wide if one.gap else 0.0
        y, now = (round(bottom - HEIGHT * value / most, 1) for value in (one.baseline, one.current))
        left, right = round(x, 1), round(x + wide, 1)
        fills.append(f'<rect x="{left}" y="{y}" width="{round(wide, 2)}" height="{round(bottom - y, 1)}"/>')
        line.append(f"{'L' if before == left else f'M{left} {bottom}L'}{left} {now}L{right} {now}")
        following = columns[at + 1] if at + 1 < len(columns) else None
        if following is None or following.gap:
            line.append(f"L{right} {bottom}")
        is_tail = one.label[0] in "≤<>"
        if is_tail or (at % every == 0 and (following is None or at + every <= len(columns))):
            labels.append((round(x + wide / 2, 1) if len(columns) <= SEPARATE else left, one.label, is_tail))
        before, x = right, x + wide
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {bottom + AXIS}" width="{WIDTH}" height="{bottom + AXIS}" role="img">'
        f"<title>{escape(found.feature)}: {found.baseline} baseline filled, window outlined</title>"
        f'<text x="0" y="10" class="tick">{share(most)}</text>'
        f'<g fill="{FILL}" stroke="{EDGE}" stroke-width=".7">{"".join(fills)}</g>'
        f'<path d="{"".join(line)}" fill="none" stroke="{BLUE}" stroke-width="2.2" stroke-linejoin="round"/>'
        f'<line x1="0" y1="{bottom}" x2="{WIDTH}" y2="{bottom}" stroke="{EDGE}"/>{_labels(labels, bottom + 13)}</svg>'
    )


def _up_to(edges: Sequence[float], at: int) -> str:
    """The label of all up to an edge; one just below a value, as the first edge is, holds none of its rows."""
    return f"< {tick(edges[at + 1])}" if _is_just_below(edges, at) else f"≤ {tick(edges[at])}"


def _labels(labels: Sequence[tuple[float, str, bool]], y: float) -> str:
    """Labels that do not touch; those of the open ends stay."""
    placed = [(_inside(x, label), label, is_tail) for x, label, is_tail in labels]
    kept = [one for one in placed if one[2]]
    for one in placed:
        clear = [abs(one[0] - other[0]) > _half(one[1]) + _half(other[1]) + LETTER for other in kept]
        kept += [one] if not one[2] and all(clear) else []
    return "".join(
        f'<text x="{x}" y="{y}" text-anchor="middle" class="tick">{escape(label)}</text>'
        for x, label, _ in sorted(kept)
    )


def _inside(x: float, label: str) -> float:
    return round(min(max(x, _half(label)), WIDTH - _half(label)), 1)


def _half(label: str) -> float:
    return LETTER * len(label) / 2
