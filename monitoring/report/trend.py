"""Drift over time as pictures: a line for a feature, and a grid of all windows and all that was not OK in one."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from artifacts.finding import SCORE, BaselineKind, Finding, State
from artifacts.finding_ratio import LEAST, MOST, OF_DISTRIBUTIONS, TIMES, ratio, worst_first
from artifacts.plural import many, plural
from monitoring.report.history import History, Past
from monitoring.report.label import fitted
from monitoring.report.text import day

WIDTH, HEIGHT, LEFT, EDGE = 330, 92, 46, 10
INK, GREY, VERMILION, PURPLE, BLUE = "#1d2129", "#8a8f98", "#C04A00", "#7a3e78", "#0072B2"
NAME, CELL, ROW, WIDEST, SHOWN = 270, 27, 24, 56, 24
# The room for turned dates, without a year and with one.
TURNED, TURNED_LONG = 44, 74
WHOLE = "the whole"
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

    The dashed line is the threshold; a triangle is DRIFT, a circle OK, a question mark what could not be judged.
    """
    worst = [sorted(by_feature(past, baseline).get(feature, ()), key=worst_first)[:1] for past in history.windows]
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
        marks.append(glyph(found[0].state, x, _y(value)))
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


def glyph(state: State, x: float, y: float) -> str:
    """A state as a shape: triangle, question mark in a square, circle."""
    if state == "DRIFT":
        return f'<path d="M{x - 6.5} {y + 5.5}L{x} {y - 6.5}L{x + 6.5} {y + 5.5}Z" fill="{VERMILION}"/>'
    if state == "UNKNOWN":
        return (
            f'<rect x="{x - 7}" y="{y - 7}" width="14" height="14" fill="#fff" stroke="{PURPLE}" stroke-width="1.5"/>'
            f'<text x="{x}" y="{y + 4.5}" text-anchor="middle" class="ask">?</text>'
        )
    return f'<circle cx="{x}" cy="{y}" r="3.2" fill="#fff" stroke="{BLUE}" stroke-width="1.8"/>'


def grid(history: History) -> str:
    """A row for the whole and for each feature that was not OK in some window, a column for each window."""
    states = [past.states() for past in history.windows]
    names = {name for one in states for name, state in one.items() if state != "OK"}
    order = sorted(names, key=lambda name: (_rank(states, name), name))
    fine = len({name for one in states for name in one} - names)
    columns = len(states)
    step = min(WIDEST, max(CELL, 760 // columns))
    rows: list[tuple[str, list[State | None]]] = [(WHOLE, [past.state for past in history.windows])]
    blind: list[State | None] = ["UNKNOWN" if is_blind(past) else None for past in history.windows]
    rows += [
        (_called(name), [one.get(name, other) for one, other in zip(states, blind, strict=True)])
        for name in order[:SHOWN]
    ]
    shorts = [history.short(past) for past in history.windows]
    head = TURNED if len(shorts[0]) < len("2013-12-01") else TURNED_LONG
    height = ROW * len(rows) + head
    parts = [_row(head + ROW * (at + 0.5), name, cells, step) for at, (name, cells) in enumerate(rows)]
    labels = [
        _when(past, told, NAME + step * (at + 0.5), head - 6)
        for at, (past, told) in enumerate(zip(history.windows, shorts, strict=True))
    ]
    wide = NAME + step * columns + (26 if head == TURNED else 46)
    more = len(order) - SHOWN
    left = [f"{more} more {plural(more, 'feature was', 'features were')} not OK."] if more > 0 else []
    others = many(fine, "other was", "others were")
    told = " ".join([*left, f"{others} OK in every window that judged them."] if fine else left)
    return (
        f'<svg class="plot" viewBox="0 0 {wide} {height}" width="{wide}" height="{height}" role="img">'
        f"<title>States over {many(columns, 'window')}</title>{''.join(labels)}{''.join(parts)}</svg>"
        f'<p class="note">{told}</p>'
    )


def _rank(states: Sequence[Mapping[str, State]], name: str) -> tuple[int, int]:
    now = {"DRIFT": 0, "UNKNOWN": 1}.get(states[-1].get(name, "OK"), 2)
    return now, -sum(one.get(name) == "DRIFT" for one in states)


def _called(name: str) -> str:
    return "the score" if name == SCORE else name


def _row(y: float, name: str, cells: Sequence[State | None], step: int) -> str:
    weight = ' font-weight="700"' if name == WHOLE else ""
    marks = [glyph(cell, NAME + step * place + step / 2, y) for place, cell in enumerate(cells) if cell]
    band = f'<rect x="0" y="{y - ROW / 2}" width="{NAME + step * len(cells)}" height="{ROW}" fill="#f5f6f8"/>'
    place = f'x="{NAME - 12}" y="{y + 4.5}" text-anchor="end"{weight}'
    return f"{band if int(y / ROW) % 2 else ''}{fitted(name, NAME - 14, place)}{''.join(marks)}"


def _when(past: Past, told: str, x: float, y: float) -> str:
    return (
        f'<text x="{x + 4}" y="{y}" transform="rotate(-55 {x + 4} {y})" class="tick">{told}'
        f"<title>{day(past.start)} to {day(past.end)}</title></text>"
    )
