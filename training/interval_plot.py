"""Small SVG pictures for the verdict page: an interval held against its limit, and calibration curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from artifacts.verdict import CalibrationBin, Estimate

# Okabe and Ito's colours: told apart by all common kinds of colour blindness; shapes say the same once more.
BLUE, VERMILION, GREY, INK = "#0072B2", "#C04A00", "#8a8f98", "#1d2129"
NOT_ALLOWED = "#fbe7dc"
WIDTH, HEIGHT, AXIS = 380, 34, 17
NARROWEST = 42
SIDE, MARGIN = 340, 46
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Scale:
    """The values at the left and right edge of an interval plot."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Pixels from the left edge."""
        return round((value - self.low) / (self.high - self.low) * WIDTH, 1)


def scale_of(gains: Sequence[Estimate], limit: float) -> Scale:
    """A scale that shows zero, the limit and every interval, with some air."""
    known = [end for gain in gains for end in (gain.low, gain.high, gain.value) if end is not None]
    low, high = min(0.0, limit, *known), max(0.0, limit, *known)
    air = (high - low) * 0.08 or 1.0
    return Scale(low - air, high + air)


def interval_plot(gain: Estimate, limit: float, scale: Scale, *, holds: bool) -> str:
    """One interval as SVG: grey line at zero, dashed line at the limit, what is beyond it shaded.

    A filled circle holds, a hollow diamond does not. Nothing but the lines is drawn for an undefined gain.
    """
    zero, wall = scale.x(0), scale.x(limit)
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT + AXIS}" width="{WIDTH}" height="{HEIGHT + AXIS}" role="img">',
        f"<title>{_title(gain, limit)}</title>",
        f'<rect x="0" y="0" width="{wall}" height="{HEIGHT}" fill="{NOT_ALLOWED}"/>',
        f'<line x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}" stroke="#d5d8dd"/>',
        f'<line x1="{zero}" y1="0" x2="{zero}" y2="{HEIGHT}" stroke="{GREY}" stroke-width="1.5"/>',
        f'<line x1="{wall}" y1="0" x2="{wall}" y2="{HEIGHT}" stroke="{INK}" stroke-width="2" stroke-dasharray="4 3"/>',
        _mark_at(wall, f"{limit:+g}" if limit else "0"),
    ]
    if limit and abs(zero - wall) > NARROWEST:
        parts.append(_mark_at(zero, "0"))
    if gain.value is not None and gain.low is not None and gain.high is not None:
        parts.append(_interval(scale.x(gain.low), scale.x(gain.value), scale.x(gain.high), holds=holds))
    return "".join([*parts, "</svg>"])


def _interval(low: float, value: float, high: float, *, holds: bool) -> str:
    colour, middle = (BLUE if holds else VERMILION), HEIGHT / 2
    ends = "".join(
        f'<line x1="{end}" y1="{middle - 6}" x2="{end}" y2="{middle + 6}" stroke="{colour}" stroke-width="2.5"/>'
        for end in (low, high)
    )
    bar = f'<line x1="{low}" y1="{middle}" x2="{high}" y2="{middle}" stroke="{colour}" stroke-width="3"/>'
    point = (
        f'<circle cx="{value}" cy="{middle}" r="6" fill="{colour}"/>'
        if holds
        else f'<path d="M{value - 8} {middle}L{value} {middle - 8}L{value + 8} {middle}L{value} {middle + 8}Z" '
        f'fill="#fff" stroke="{colour}" stroke-width="2.5"/>'
    )
    return bar + ends + point


def _mark_at(x: float, text: str) -> str:
    inside = min(max(x, 18), WIDTH - 18)
    return f'<text x="{inside}" y="{HEIGHT + 13}" text-anchor="middle" class="tick">{text.replace("-", MINUS)}</text>'


def _title(gain: Estimate, limit: float) -> str:
    return f"gain {gain.value}, interval {gain.low} to {gain.high}, held against {limit}"


def calibration_plot(curves: Mapping[str, Sequence[CalibrationBin]]) -> str:
    """Mean score against the share that happened, by contestant; on the diagonal a score means what it says."""
    most = max(max(one.score, one.happened) for bins in curves.values() for one in bins)
    top = next(edge for edge in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if edge >= min(most, 1.0))
    size = SIDE + MARGIN + 12
    parts = [f'<svg class="plot" viewBox="0 0 {size} {size}" width="{size}" height="{size}" role="img">']
    parts.append("<title>Calibration: mean score against the share that happened</title>")
    for step in range(5):
        share = top * step / 4
        x, y = _at(share, 0, top)[0], _at(0, share, top)[1]
        parts.append(f'<line x1="{MARGIN}" y1="{y}" x2="{MARGIN + SIDE}" y2="{y}" stroke="#e4e6ea"/>')
        parts.append(f'<text x="{MARGIN - 7}" y="{y + 4}" text-anchor="end" class="tick">{share:.0%}</text>')
        parts.append(f'<text x="{x}" y="{SIDE + 28}" text-anchor="middle" class="tick">{share:.0%}</text>')
    (x1, y1), (x2, y2) = _at(0, 0, top), _at(top, top, top)
    parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{GREY}" stroke-dasharray="4 3"/>')
    for who, bins in sorted(curves.items(), reverse=True):
        parts.append(_curve([_at(one.score, one.happened, top) for one in bins], candidate=who == "candidate"))
    middle = MARGIN + SIDE / 2
    parts.append(f'<text x="{middle}" y="{size - 4}" text-anchor="middle" class="tick">mean score</text></svg>')
    return "".join(parts)


def _at(score: float, happened: float, top: float) -> tuple[float, float]:
    return round(MARGIN + score / top * SIDE, 1), round(10 + SIDE - happened / top * SIDE, 1)


def _curve(points: Sequence[tuple[float, float]], *, candidate: bool) -> str:
    colour, dashes = (BLUE, "") if candidate else (VERMILION, ' stroke-dasharray="6 4"')
    line = " ".join(f"{x},{y}" for x, y in points)
    marks = "".join(
        f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'
        if candidate
        else f'<rect x="{x - 4}" y="{y - 4}" width="8" height="8" fill="#fff" stroke="{colour}" stroke-width="2"/>'
        for x, y in points
    )
    return f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>{marks}'
