"""Categories as a picture: a row for each, the baseline filled, the current window an outline in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from artifacts.finding import Distribution
from artifacts.plural import many
from monitoring.report.histogram import BLUE, EDGE, FILL, WIDTH, picture, shares
from monitoring.report.label import TICK, fitted
from monitoring.report.text import NONE, share

MOST, ROW, NAME, ROOM = 6, 22, 102, 116
# From here on a change in the share of nulls is set in bold.
TOLD = 0.01


@dataclass(frozen=True)
class _Row:
    name: str
    baseline: float
    current: float
    is_several: bool = False


def draw(found: Distribution) -> str:
    """The distribution as SVG: columns for a number, rows for categories; nothing but a sentence without a value."""
    if not sum(found.baseline_counts) + sum(found.current_counts):
        return '<p class="none">No value on either side, only nulls.</p>'
    if found.categories is None:
        return picture(found)
    before, now = shares(found.baseline_counts), shares(found.current_counts)
    return _picture(found, _rows(found.categories, before, now))


def beside(found: Distribution) -> str:
    """What the picture leaves out, in words: nulls, and rows, as HTML."""
    sides = (found.baseline_counts, found.baseline_nulls), (found.current_counts, found.current_nulls)
    rows = [sum(counts) + nulls for counts, nulls in sides]
    nulls = [share(nulls / total) if total else NONE for (_, nulls), total in zip(sides, rows, strict=True)]
    moved = all(rows) and abs(found.baseline_nulls / rows[0] - found.current_nulls / rows[1]) >= TOLD
    strong = ("<b>", "</b>") if moved else ("", "")
    some = found.baseline_nulls + found.current_nulls
    told = f"{strong[0]}nulls {nulls[0]} → {nulls[1]}{strong[1]}" if some else "no nulls"
    return f"{told} · rows {rows[0]:,} → {rows[1]:,}"


def _rows(names: Sequence[str], before: Sequence[float], now: Sequence[float]) -> list[_Row]:
    """The commonest on either side; then all others together, and what the baseline never had."""
    order = sorted(range(len(names)), key=lambda at: (-max(before[at], now[at]), names[at]))
    rows = [_Row(names[at], before[at], now[at]) for at in order[:MOST]]
    rest = order[MOST:]
    if rest:
        told = sum(before[at] for at in rest), sum(now[at] for at in rest)
        rows.append(_Row(many(len(rest), "other"), *told, is_several=True))
    if before[-1] + now[-1]:
        rows.append(_Row("never seen", before[-1], now[-1], is_several=True))
    return rows


def _picture(found: Distribution, rows: Sequence[_Row]) -> str:
    most = max(max(one.baseline, one.current) for one in rows) or 1.0
    height, room = ROW * len(rows) + 4, WIDTH - NAME - ROOM
    parts = []
    for at, one in enumerate(rows):
        y, old, new = at * ROW + 3, round(room * one.baseline / most, 1), round(room * one.current / most, 1)
        told = f"{share(one.baseline)} → {share(one.current)}"
        style = ' font-style="italic"' if one.is_several else ""
        right = round(NAME + max(old, new) + 6, 1)
        label = f'x="{NAME - 8}" y="{y + 12}" text-anchor="end"{style}'
        parts += [
            fitted(one.name, NAME - 10, label, size=TICK, title=f"{one.name}: {told}"),
            f'<rect x="{NAME}" y="{y}" width="{old}" height="16" fill="{FILL}" stroke="{EDGE}" stroke-width=".7"/>'
            f'<rect x="{NAME}" y="{y + 4}" width="{new}" height="8" fill="none" stroke="{BLUE}" stroke-width="2.2"/>',
            fitted(told, WIDTH - right - 2, f'x="{right}" y="{y + 12}"', size=TICK),
        ]
    about = f"{escape(found.feature)}: {found.baseline} baseline filled, window outlined"
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">'
        f"<title>{about}</title>{''.join(parts)}</svg>"
    )
