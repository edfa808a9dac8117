"""Pictures as inline SVG, drawn in classes, not colours: the style gives each theme its own, shapes say it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from plugins.on_call.markup import Html, el, joined

Shape = Literal["disc", "ring", "diamond", "square"]
MINUS = "\N{MINUS SIGN}"
NAME, PLOT, NOTE, ROW, AXIS = 210, 420, 190, 30, 26
LETTERS, TICK = 30, 52


@dataclass(frozen=True)
class Interval:
    """A value with its interval as one row; no value draws no mark. `note` stands behind it."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    shape: Shape = "disc"
    note: str = ""


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` on `length` pixels that begin at `start`."""

    low: float
    high: float
    start: float
    length: float

    def at(self, value: float) -> float:
        """The pixel of a value, cut off at the ends."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * self.length, 1)


def scale(values: Sequence[float], start: float, length: float) -> Scale:
    """A scale that shows all values, with some air."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    air = (high - low) * 0.08 or abs(high) * 0.08 or 1.0
    return Scale(low - air, high + air, start, length)


@dataclass(frozen=True)
class Widths:
    """Of a picture of intervals: where the names end, how long the axis is, and what the notes take behind it."""

    name: float = NAME
    plot: float = PLOT
    note: float = NOTE


WIDE = Widths()


def intervals(about: str, rows: Sequence[Interval], *, limit: float | None = None, widths: Widths = WIDE) -> Html:
    """Rows of intervals on one axis; with a `limit` a dashed line there, and what is left of it is not allowed."""
    begin, end = widths.name, widths.name + widths.plot
    known = [one for row in rows for one in (row.value, row.low, row.high) if one is not None]
    axis = scale([*known, *([] if limit is None else [limit])], begin, widths.plot)
    bottom = ROW * len(rows) + 4
    parts = [_row(row, axis, at * ROW + 4 + ROW / 2) for at, row in enumerate(rows)]
    ticks = [axis.low + (axis.high - axis.low) * share for share in (0.08, 0.5, 0.92)]
    if limit is not None:
        wall = axis.at(limit)
        parts.insert(0, el("rect", x=begin, y=0, width=round(wall - begin, 1), height=bottom, class_="bad-side"))
        parts.append(el("path", d=f"M{wall} 0V{bottom}", class_="wall"))
        ticks = [limit, *(one for one in ticks if abs(axis.at(one) - wall) > TICK)]
    parts.append(el("path", d=f"M{begin} {bottom}H{end}", class_="axis"))
    parts += [text(axis.at(one), bottom + 18, digits(one), anchor="middle", kind="tick") for one in ticks]
    return svg(about, end + widths.note, bottom + AXIS, *parts)


def mark(shape: Shape, x: float, y: float, kind: str = "") -> Html:
    """A point: a full disc, or a hollow ring, diamond or square."""
    if shape in {"disc", "ring"}:
        return el("circle", cx=x, cy=y, r=5.5, class_=f"{shape} {kind}".strip())
    path = f"M{x - 7} {y}l7 -7l7 7l-7 7Z" if shape == "diamond" else f"M{x - 5} {y - 5}h10v10h-10Z"
    return el("path", d=path, class_=f"{shape} {kind}".strip())


def text(x: float, y: float, told: str, *, anchor: str = "start", kind: str = "") -> Html:
    """A line of text, its baseline at `y`."""
    return el("text", told, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=kind or None)


def svg(about: str, width: float, height: float, *parts: Html) -> Html:
    """A picture whose title says what it shows."""
    box = f"0 0 {width:g} {height:g}"
    shown = joined(parts)
    return el("svg", el("title", about), shown, viewBox=box, width=f"{width:g}", height=f"{height:g}", role="img")


def digits(value: float | None) -> str:
    """Four digits, with a real minus."""
    return "\N{EN DASH}" if value is None else f"{value:.4g}".replace("-", MINUS)


def short(label: str, letters: int = LETTERS) -> str:
    """A label that fits; names of features differ at their ends, so that it is the middle that goes."""
    if len(label) <= letters:
        return label
    end = letters // 2
    return f"{label[: letters - 1 - end]}…{label[-end:]}"


def _row(row: Interval, axis: Scale, y: float) -> Html:
    parts = [
        el("g", el("title", row.label), text(axis.start - 12, y + 4, short(row.label), anchor="end", kind="label")),
        text(axis.start + axis.length + 12, y + 4, row.note, kind="note"),
    ]
    if row.low is not None and row.high is not None:
        low, high = axis.at(row.low), axis.at(row.high)
        parts.append(el("path", d=f"M{low} {y}H{high}M{low} {y - 6}v12M{high} {y - 6}v12", class_="whisker"))
    if row.value is not None:
        parts.append(mark(row.shape, axis.at(row.value), y))
    return el("g", *parts)
