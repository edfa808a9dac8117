"""All windows and all that was not OK in one of them, as a grid of states."""

from collections.abc import Mapping, Sequence

from artifacts.finding import SCORE, State
from artifacts.plural import many, plural
from artifacts.window_words import window_words
from monitoring.report.history import History, Past
from monitoring.report.label import fitted
from monitoring.report.trend import glyph, is_blind

NAME, CELL, ROW, WIDEST, SHOWN = 270, 27, 24, 56, 24
# The room for turned dates, without a year and with one.
TURNED, TURNED_LONG = 44, 74
WHOLE = "the whole"
# A state, and whether it is OK by some rules only; None where nothing was asked.
Mark = tuple[State, bool] | None


def grid(history: History) -> str:
    """A row for the whole and for each feature that was not OK in some window, a column for each window."""
    states, parts = [past.states() for past in history.windows], [past.in_part() for past in history.windows]
    names = {name for one in states for name, state in one.items() if state != "OK"}
    order = sorted(names, key=lambda name: (_rank(states, name), name))
    fine = {name for one in states for name in one} - names
    columns = len(states)
    step = min(WIDEST, max(CELL, 760 // columns))
    rows: list[tuple[str, list[Mark]]] = [(WHOLE, [(past.state, False) for past in history.windows])]
    rows += [(_called(name), [_mark(past, name) for past in history.windows]) for name in order[:SHOWN]]
    shorts = [history.short(past) for past in history.windows]
    head = TURNED if len(shorts[0]) < len("2013-12-01") else TURNED_LONG
    height = ROW * len(rows) + head
    drawn = [_row(head + ROW * (at + 0.5), name, cells, step) for at, (name, cells) in enumerate(rows)]
    labels = [
        _when(past, told, NAME + step * (at + 0.5), head - 6)
        for at, (past, told) in enumerate(zip(history.windows, shorts, strict=True))
    ]
    wide = NAME + step * columns + (26 if head == TURNED else 46)
    more = len(order) - SHOWN
    left = [f"{more} more {plural(more, 'feature was', 'features were')} not OK."] if more > 0 else []
    others, some = many(len(fine), "other was", "others were"), len(fine.intersection(*[set().union(*parts)]))
    partly = f", {some} of them by some rules only in one or more" if some else ""
    told = " ".join([*left, f"{others} OK in every window that judged them{partly}."] if fine else left)
    return (
        f'<svg class="plot" viewBox="0 0 {wide} {height}" width="{wide}" height="{height}" role="img">'
        f"<title>States over {many(columns, 'window')}</title>{''.join(labels)}{''.join(drawn)}</svg>"
        f'<p class="note">{told}</p>'
    )


def _rank(states: Sequence[Mapping[str, State]], name: str) -> tuple[int, int]:
    now = {"DRIFT": 0, "UNKNOWN": 1}.get(states[-1].get(name, "OK"), 2)
    return now, -sum(one.get(name) == "DRIFT" for one in states)


def _called(name: str) -> str:
    return "the score" if name == SCORE else name


def _mark(past: Past, name: str) -> Mark:
    state = past.states().get(name, "UNKNOWN" if is_blind(past) else None)
    return None if state is None else (state, name in past.in_part())


def _row(y: float, name: str, cells: Sequence[Mark], step: int) -> str:
    weight = ' font-weight="700"' if name == WHOLE else ""
    marks = [
        glyph(cell[0], NAME + step * place + step / 2, y, in_part=cell[1]) for place, cell in enumerate(cells) if cell
    ]
    band = f'<rect x="0" y="{y - ROW / 2}" width="{NAME + step * len(cells)}" height="{ROW}" fill="#f5f6f8"/>'
    place = f'x="{NAME - 12}" y="{y + 4.5}" text-anchor="end"{weight}'
    return f"{band if int(y / ROW) % 2 else ''}{fitted(name, NAME - 14, place)}{''.join(marks)}"


def _when(past: Past, told: str, x: float, y: float) -> str:
    return (
        f'<text x="{x + 4}" y="{y}" transform="rotate(-55 {x + 4} {y})" class="tick">{told}'
        f"<title>{window_words(past.start, past.end)}</title></text>"
    )
