"""Performance over time as pictures: each metric by window with its interval, against what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from artifacts.finding import Finding, Rule
from artifacts.finding_ratio import WORDS
from artifacts.metric_names import BETTER
from artifacts.plural import many
from artifacts.window_words import window_words
from monitoring.asked import alert_key
from monitoring.performance import RULES
from monitoring.report.history import History, Past
from monitoring.report.label import TICK, fitted
from monitoring.report.text import number, tick
from monitoring.report.trend import BLUE, GREY, INK, glyph

WIDTH, HEIGHT, LEFT, RIGHT, EDGE, CAP = 520, 150, 58, 120, 14, 4
# Labels at the right edge do not touch.
APART = 14
LEGEND = (
    '<p class="note legend">By window, named by its last day: the value and its interval, ▲ worse than allowed with '
    "its whole interval, ? not known, ○ as allowed. The solid line is what the version promised on its holdout, the "
    "dashed one the worst that is allowed; beyond it is shaded.{}</p>"
)
OF_WEEKS = " The mark of a window of several weeks is that of its worst week; the table below has all of this one."


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def y(self, value: float) -> float:
        return round(8 + (self.high - value) / (self.high - self.low) * (HEIGHT - 16), 1)


def over_time(history: History) -> str:
    """A picture for each metric that was measured in some window; empty when none was."""
    pictures = [_picture(history, rule) for rule in RULES if any(_measured(past, rule) for past in history.windows)]
    legend = LEGEND.format(OF_WEEKS if any(_has_weeks(past) for past in history.windows) else "")
    return f'{legend}<div class="pictures">{"".join(pictures)}</div>' if pictures else ""


def _of(past: Past, rule: Rule) -> Finding | None:
    """The metric of the window as a whole, of several weeks the worst."""
    key = f"{rule}|-|holdout|-"
    return next((one for one in past.found.values() if alert_key(one) == key), None)


def _has_weeks(past: Past) -> bool:
    return any(found is not None and found.part is not None for found in (_of(past, rule) for rule in RULES))


def _measured(past: Past, rule: Rule) -> bool:
    found = _of(past, rule)
    return found is not None and found.value is not None


def _picture(history: History, rule: Rule) -> str:
    found = [_of(past, rule) for past in history.windows]
    newest = next(one for one in reversed(found) if one is not None and one.value is not None)
    scale = _scale([one for one in found if one is not None])
    step = (WIDTH - LEFT - RIGHT - 2 * EDGE) / max(len(found) - 1, 1)
    marks = []
    for at, (past, one) in enumerate(zip(history.windows, found, strict=True)):
        x = round(LEFT + EDGE + at * step if len(found) > 1 else (LEFT + WIDTH - RIGHT) / 2, 1)
        marks.append(_mark(one, past, x, scale))
    told = f"{WORDS[rule]}, {BETTER[rule]} is better"
    return (
        f"<figure><figcaption>{told}</figcaption>"
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT + 18}" width="{WIDTH}" height="{HEIGHT + 18}" role="img">'
        f"<title>{escape(WORDS[rule])} over {many(len(found), 'window')}, against what was promised</title>"
        f"{_axis(scale)}{_lines(newest, scale)}{''.join(marks)}{_ends(history)}</svg></figure>"
    )


def _scale(found: Sequence[Finding]) -> _Scale:
    numbers = [n for one in found for n in (one.value, one.low, one.high, one.threshold, one.promise) if n is not None]
    low, high = min(numbers), max(numbers)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return _Scale(low - room, high + room)


def _mark(one: Finding | None, past: Past, x: float, scale: _Scale) -> str:
    if one is None:
        return ""
    if one.value is None:
        return glyph("UNKNOWN", x, HEIGHT - 8)
    about = f"<title>{window_words(past.start, past.end)}: {escape(one.reason.text)}</title>"
    bar = ""
    if one.low is not None and one.high is not None:
        top, bottom = scale.y(one.high), scale.y(one.low)
        ends = "".join(f"M{x - CAP} {y}H{x + CAP}" for y in (top, bottom))
        bar = f'<path d="M{x} {top}V{bottom}{ends}" fill="none" stroke="{BLUE}" stroke-width="1.6"/>'
    return f"<g>{about}{bar}{glyph(one.state, x, scale.y(one.value))}</g>"


def _axis(scale: _Scale) -> str:
    values = [scale.low + (scale.high - scale.low) * share for share in (0.1, 0.5, 0.9)]
    return "".join(
        f'<line x1="{LEFT}" y1="{scale.y(value)}" x2="{WIDTH - RIGHT}" y2="{scale.y(value)}" stroke="#e4e6ea"/>'
        f'<text x="{LEFT - 7}" y="{scale.y(value) + 4}" text-anchor="end" class="tick">{tick(value)}</text>'
        for value in values
    )


def _lines(newest: Finding, scale: _Scale) -> str:
    """What is allowed, and what was promised, as the newest window was judged."""
    right, parts, labels = WIDTH - RIGHT, [], []
    if newest.threshold is not None:
        y = scale.y(newest.threshold)
        top, height = (y, HEIGHT - y) if BETTER[newest.rule] == "higher" else (0, y)
        parts.append(f'<rect x="{LEFT}" y="{top}" width="{right - LEFT}" height="{height}" fill="#fdf2eb"/>')
        parts.append(f'<path d="M{LEFT} {y}H{right}" stroke="{INK}" stroke-width="1.5" stroke-dasharray="4 3"/>')
        labels.append((y, f"allowed {number(newest.threshold)}"))
    if newest.promise is not None:
        y = scale.y(newest.promise)
        parts.append(f'<path d="M{LEFT} {y}H{right}" stroke="{GREY}" stroke-width="1.8"/>')
        near = [abs(y - other) < APART for other, _ in labels]
        away = APART if labels and y >= labels[0][0] else -APART
        labels.append((labels[0][0] + away if any(near) else y, f"promise {number(newest.promise)}"))
    parts += [fitted(told, RIGHT - 6, f'x="{right + 4}" y="{y + 4}"', size=TICK) for y, told in labels]
    return "".join(parts)


def _ends(history: History) -> str:
    first, last = (history.short(one) for one in (history.windows[0], history.windows[-1]))
    told = f'<text x="{WIDTH - RIGHT}" y="{HEIGHT + 14}" text-anchor="end" class="tick">window to {last}</text>'
    if len(history.windows) == 1:
        return told
    return f'<text x="{LEFT}" y="{HEIGHT + 14}" class="tick">{first}</text>{told}'
