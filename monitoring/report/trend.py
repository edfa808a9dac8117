"""Drift over time as a line for a feature, and a state as a shape."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from artifacts.finding import BaselineKind, Finding, State
from artifacts.finding_ratio import LEAST, MOST, OF_DISTRIBUTIONS, TIMES, is_in_part, ratio, worst_first
from artifacts.plural import many
from monitoring.report.history import History, Past

WIDTH, HEIGHT, LEFT, EDGE = 330, 92, 46, 10
INK, GREY, VERMILION, PURPLE, BLUE = "#1d2129", "#8a8f98", "#C04A00", "#7a3e78", "#0072B2"
Of = Mapping[str | None, list[Finding]]


def by_feature(past: Past, baseline: BaselineKind | None = None) -> Of:
    """The findings about distributions of a window by feature, of one baseline or both; refused ones too."""
    found: dict[str | None, list[Finding]] = {}
    for one in past.found.values():
        is_drift = one.rule in OF_DISTRIBUTIONS or one.baseline is None or one.rule == "baseline"
        if one.feature and is_drift and (baseline is None or one.baseline in {baseline, None}):
            found.setdefault(one.feature, []).append(one)
    return found


def is_blind(past: Past) -> bool:
    """Whether no feature could be judged in the window."""
    return past.state == "UNKNOWN" and not by_feature(past)


def line(history: History, feature: str, baseline: BaselineKind) -> str:
    """The worst rule of a feature in each window, in thresholds, on a logarithmic axis.

    The dashed line is the threshold; a triangle is DRIFT, a circle OK, half filled where that is not said by all rules,
    a question mark what could not be judged.
    """
    worst = [sorted(by_feature(past, baseline).get(feature, ()), key=worst_first) for past in history.windows]
    step = (WIDTH - LEFT - 2 * EDGE) / max(len(worst) - 1, 1)
    wall = _y(1.0)
    points, marks = [], []
    for at, found in enumerate(worst):
        x = round(LEFT + EDGE + at * step if len(worst) > 1 else WIDTH / 2, 1)
        value = ratio(found[0]) if found and found[0].state != "UNKNOWN" else None
        if value is None:
            marks += [glyph("UNKNOWN", x, HEIGHT - 8)] if found or is_blind(history.windows[at]) else []
            continue
        points.append((at, x, _y(value)))
        marks.append(glyph(found[0].state, x, _y(value), in_part=is_in_part(found)))
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT + 18}" width="{WIDTH}" height="{HEIGHT + 18}" role="img">'
        f"<title>{escape(feature)}: drift over {many(len(worst), 'window')}, in thresholds</title>"
        f'<rect x="{LEFT}" y="0" width="{WIDTH - LEFT}" height="{wall}" fill="#fdf2eb"/>'
        f"{''.join(_tick(value) for value in (LEAST, 1.0, 10.0, MOST))}"
        f'<path d="M{LEFT} {wall}H{WIDTH}" stroke="{INK}" stroke-width="1.5" stroke-dasharray="4 3"/>'
        f'<path d="{_path(points)}" fill="none" stroke="{GREY}" stroke-width="1.5"/>{"".join(marks)}'
        f"{_ends(history)}</svg>"
    )


def _path(points: Sequence[tuple[int, float, float]]) -> str:
    """A line that breaks where a window is missing."""
    told, before = [], None
    for at, x, y in points:
        told.append(f"{'L' if before == at - 1 else 'M'}{x} {y}")
        before = at
    return "".join(told)


def _y(value: float) -> float:
    at = (math.log10(value) - math.log10(LEAST)) / (math.log10(MOST) - math.log10(LEAST))
    return round(HEIGHT - 8 - at * (HEIGHT - 16), 1)


def _tick(value: float) -> str:
    label = f"{'≤' if value == LEAST else ''}{value:g}{TIMES}"
    return f'<text x="{LEFT - 6}" y="{_y(value) + 4}" text-anchor="end" class="tick">{label}</text>'


def _ends(history: History) -> str:
    first, last = (history.short(one) for one in (history.windows[0], history.windows[-1]))
    y = HEIGHT + 13
    told = f'<text x="{WIDTH}" y="{y}" text-anchor="end" class="tick">window to {last}</text>'
    return told if len(history.windows) == 1 else f'<text x="{LEFT}" y="{y}" class="tick">{first}</text>{told}'


def glyph(state: State, x: float, y: float, *, in_part: bool = False) -> str:
    """A state as a shape: triangle, question mark in a square, circle; a circle that is half filled is OK in part."""
    if state == "DRIFT":
        return f'<path d="M{x - 6.5} {y + 5.5}L{x} {y - 6.5}L{x + 6.5} {y + 5.5}Z" fill="{VERMILION}"/>'
    if state == "UNKNOWN":
        return (
            f'<rect x="{x - 7}" y="{y - 7}" width="14" height="14" fill="#fff" stroke="{PURPLE}" stroke-width="1.5"/>'
            f'<text x="{x}" y="{y + 4.5}" text-anchor="middle" class="ask">?</text>'
        )
    if in_part:
        return (
            f'<circle cx="{x}" cy="{y}" r="4.6" fill="#fff" stroke="{PURPLE}" stroke-width="1.8"/>'
            f'<path d="M{x} {y - 4.6}A4.6 4.6 0 0 0 {x} {y + 4.6}" fill="{PURPLE}"/>'
        )
    return f'<circle cx="{x}" cy="{y}" r="3.2" fill="#fff" stroke="{BLUE}" stroke-width="1.8"/>'
