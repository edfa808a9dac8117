"""A metric by week: its value and interval, beside what the holdout promised and the worst that is allowed."""

from collections.abc import Callable, Sequence
from html import escape

from monitoring.report.text import tick
from monitoring.report.trend import GREY, INK, PURPLE, VERMILION, glyph
from ops.replay.charts import NAME, column, middle, picture
from ops.replay.story import Metric, Told

HEIGHT, PAD = 118, 14


def panel(weeks: Sequence[Told], rule: str, word: str, better: str) -> str:
    """One metric: its value and interval in each week, what the holdout promised, and the worst that is allowed."""
    many, step = len(weeks), column(len(weeks))
    metrics = [one.metrics.get(rule) for one in weeks]
    known = [value for one in metrics if one for value in (one.low, one.high, one.value, one.promised, one.limit)]
    numbers = [value for value in known if value is not None] or [0.0, 1.0]
    low, high = min(numbers), max(numbers)
    room = (high - low) or 1.0

    def y(value: float) -> float:
        return round(PAD + (high - value) / room * (HEIGHT - 2 * PAD), 1)

    place = f'x="{NAME - 62}" text-anchor="end"'
    parts = [
        f'<text {place} y="{HEIGHT / 2 - 2}" class="row" font-weight="700">{escape(word)}</text>',
        f'<text {place} y="{HEIGHT / 2 + 15}" class="tick">{escape(better)}</text>',
        f'<path d="M{NAME} 0V{HEIGHT}" stroke="#cdd1d7"/>',
    ]
    parts += [
        f'<text x="{NAME - 8}" y="{y(value) + 4}" text-anchor="end" class="tick">{tick(value)}</text>'
        for value in dict.fromkeys((low, (low + high) / 2, high))
    ]
    for at, (week, one) in enumerate(zip(weeks, metrics, strict=True)):
        x = middle(at, many)
        parts.append(_promise(one, x, step, y) if one else "")
        if one is None or one.value is None:
            why = f"{week.end}: {one.why if one else 'not judged'}"
            parts.append(
                f'<rect x="{x - step / 2 + 3:.1f}" y="2" width="{step - 6:.1f}" height="{HEIGHT - 4}" fill="#f7eff6" '
                f'stroke="{PURPLE}" stroke-dasharray="4 3"><title>{escape(why)}</title></rect>'
                f"{glyph('UNKNOWN', x, HEIGHT / 2 - 8)}"
                f'<text x="{x}" y="{HEIGHT / 2 + 16}" text-anchor="middle" class="tick">UNKNOWN</text>'
            )
            continue
        parts.append(f"<g><title>{escape(one.why)}</title>")
        if one.low is not None and one.high is not None:
            top, end = y(one.high), y(one.low)
            way = f"M{x} {top}V{end}M{x - 6} {top}h12M{x - 6} {end}h12"
            parts.append(f'<path d="{way}" stroke="{INK}" stroke-width="1.6" fill="none"/>')
        parts.append(f"{glyph(one.state, x, y(one.value))}</g>")
    return picture(HEIGHT, f"{word} by week", parts)


def _promise(one: Metric, x: float, step: float, y: Callable[[float], float]) -> str:
    half = step / 2 - 6
    parts = []
    if one.promised is not None:
        parts.append(f'<path d="M{x - half} {y(one.promised)}h{2 * half}" stroke="{GREY}" stroke-width="3"/>')
    if one.limit is not None:
        way = f"M{x - half} {y(one.limit)}h{2 * half}"
        parts.append(f'<path d="{way}" stroke="{VERMILION}" stroke-width="1.6" stroke-dasharray="5 4"/>')
    return "".join(parts)
