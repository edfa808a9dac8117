"""Pictures whose columns are the same weeks, one below the other: who served, how far it drifted, how well it did."""

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from artifacts.finding import SCORE
from artifacts.finding_ratio import written
from monitoring.report.label import fitted
from monitoring.report.trend import INK, PURPLE, VERMILION, glyph
from ops.replay.story import Candidate, Cell, Told

NAME, WIDE, ROW, HEAD = 260, 1080, 24, 22
# From here on the shade of a cell is dark enough for white letters.
DARK = 3.0


def column(weeks: int) -> float:
    """How wide a week is."""
    return (WIDE - NAME) / weeks


def middle(at: int, weeks: int) -> float:
    """Where the middle of a week is."""
    return round(NAME + column(weeks) * (at + 0.5), 1)


def picture(height: float, about: str, parts: Sequence[str]) -> str:
    """An SVG as wide as the page."""
    return (
        f'<svg class="plot" viewBox="0 0 {WIDE} {height:g}" width="{WIDE}" height="{height:g}" role="img">'
        f"<title>{escape(about)}</title>{''.join(parts)}</svg>"
    )


def strip(weeks: Sequence[Told], candidates: Sequence[Candidate]) -> str:
    """Who answered in each week, what was found of it, and what became of each candidate, at the end of its week."""
    step, many = column(len(weeks)), len(weeks)
    rows = {"champion": 50, "rows asked": 78, "what was asked": 104, "its labels": 130, "candidates": 160}
    parts = [*heads(weeks), *(label(name, y) for name, y in rows.items())]
    begun = 0
    for at in range(1, many + 1):
        if at < many and weeks[at].version == weeks[begun].version:
            continue
        x, wide = NAME + step * begun + 1, step * (at - begun) - 2
        parts.append(
            f'<rect x="{x:.1f}" y="34" width="{wide:.1f}" height="24" rx="3" fill="#e9eef4" stroke="{INK}"/>'
            f'<text x="{x + 10:.1f}" y="51" class="row">version {weeks[begun].version}</text>'
        )
        begun = at
    for at, one in enumerate(weeks):
        x = middle(at, many)
        parts.append(f'<text x="{x}" y="78" text-anchor="middle" class="tick">{one.rows:,}</text>')
        for y, state in ((104, one.moved), (130, one.labelled)):
            parts += [glyph(state, x - 26, y - 4)] if state else []
            parts.append(f'<text x="{x - 14}" y="{y}" class="tick">{state or "none yet"}</text>')
    for at, one in enumerate(weeks):
        x = round(NAME + step * (at + 1) - 12, 1)
        for candidate in (each for each in candidates if each.on == one.end):
            is_new = candidate.outcome == "promote"
            fill = INK if is_new else "#fff"
            told = f"v{candidate.version}: {candidate.outcome}"
            parts.append(
                f'<path d="M{x - 8} 156l7 -7l7 7l-7 7Z" fill="{fill}" stroke="{INK}" stroke-width="1.5"/>'
                f'<text x="{x - 14}" y="160" text-anchor="end" class="tick">{told}</text>'
            )
    return picture(172, "Champion, rows, state and candidates by week", parts)


def heat(weeks: Sequence[Told], names: Sequence[str]) -> str:
    """A row for each feature, a column for each week: how far it is, in thresholds, with a sign where that matters."""
    many = len(weeks)
    parts = [*heads(weeks)]
    for row, name in enumerate(names):
        y = HEAD + ROW * row
        parts.append(label(called(name), y + 17))
        parts += [_cell(one, name, NAME + column(many) * at, y, column(many)) for at, one in enumerate(weeks)]
    return picture(HEAD + ROW * len(names) + 2, "Drift by feature and week, in thresholds", parts)


def heads(weeks: Sequence[Told]) -> list[str]:
    """The days of each week, over its column."""
    return [
        f'<text x="{middle(at, len(weeks))}" y="14" text-anchor="middle" class="tick">'
        f"{one.start:%m-%d}\N{EN DASH}{one.end - timedelta(days=1):%m-%d}</text>"
        for at, one in enumerate(weeks)
    ]


def label(text: str, y: float) -> str:
    """What a row is about, left of it."""
    return fitted(text, NAME - 14, f'x="{NAME - 12}" y="{y}" text-anchor="end"')


def called(name: str) -> str:
    """What a row is about, in words."""
    return "the score" if name == SCORE else name


def _cell(week: Told, name: str, x: float, y: float, wide: float) -> str:
    cell = week.features.get(name) or Cell("UNKNOWN", None, week.why or "Not judged in this week.")
    ink, fill, edge, told = INK, "#fff", "none", cell.state if cell.far is None else written(cell.far)
    if cell.state == "DRIFT":
        is_dark = bool(cell.far and cell.far >= DARK)
        fill, ink, told = (VERMILION, "#fff", f"▲ {told}") if is_dark else ("#f6cdb5", INK, f"▲ {told}")
    elif cell.state == "UNKNOWN":
        fill, ink, edge, told = "#f7eff6", PURPLE, PURPLE, "?"
    else:
        fill, told = _shade(cell.far or 0.0), f"◐ {told}" if cell.in_part else told
    dash = ' stroke-dasharray="3 2"' if edge != "none" else ""
    size = f'width="{wide - 2:.1f}" height="{ROW - 2}"'
    return (
        f'<rect x="{x + 1:.1f}" y="{y + 1}" {size} fill="{fill}" stroke="{edge}"{dash}>'
        f"<title>{escape(cell.why)}</title></rect>"
        f'<text x="{x + wide / 2:.1f}" y="{y + 17}" text-anchor="middle" class="cell" fill="{ink}">{told}</text>'
    )


def _shade(far: float) -> str:
    """White where nothing moved, to a light blue at the threshold."""
    share = min(max(far, 0.0), 1.0)
    red, green, blue = (round(255 - share * (255 - end)) for end in (190, 212, 233))
    return f"#{red:02x}{green:02x}{blue:02x}"
