"""The alerts of the replay as a picture, by what they are about, and each of them as a line of a table."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from artifacts.alerts import Alert
from artifacts.finding import SCORE
from artifacts.finding_ratio import WORDS, times
from artifacts.window_words import last_day
from monitoring.report.text import AGAINST, mark, name_of, prose, table
from monitoring.report.trend import INK, PURPLE, VERMILION
from ops.replay.charts import HEAD, NAME, ROW, called, column, heads, label, picture
from ops.replay.story import Incident, Told

INKS: Mapping[str, tuple[str, str, str]] = {
    "DRIFT": ("▲", VERMILION, "#f6cdb5"),
    "UNKNOWN": ("?", PURPLE, "#f7eff6"),
}


def timeline(weeks: Sequence[Told], incidents: Sequence[Incident]) -> str:
    """A row for each thing that alerts are about: the weeks in which any was open, to the one that ended the last."""
    rows: dict[tuple[str, int, str], list[Incident]] = {}
    for one in incidents:
        rows.setdefault((about(one.alert), one.alert.version, one.alert.kind), []).append(one)
    parts = heads(weeks)
    for at, ((what, version, kind), several) in enumerate(rows.items()):
        y = HEAD + ROW * at
        parts.append(label(f"{called(what)} v{version}", y + 17))
        parts += [_span(kind, spell, y, weeks) for spell in _spells(several)]
    return picture(HEAD + ROW * len(rows) + 2, "Alerts, from their first week to their last", parts)


def incidents_table(incidents: Sequence[Incident]) -> str:
    """A line for each alert."""
    rows = [
        [
            mark(one.alert.kind),
            f"<span class='nowrap'>{last_day(one.alert.opened):%m-%d}</span>",
            _ended(one),
            f"{_what(one.alert)} <small>v{one.alert.version}, no. {one.alert.incident}"
            f"{', escalated' if one.alert.escalated else ''}</small>",
            _rule(one.alert),
            times(one.alert.finding),
            f"<small>{prose(one.alert.finding.reason.text)}</small>",
        ]
        for one in incidents
    ]
    return table(
        ("", "opened by the week to", "ended by", "about", "rule", "how far", "why, as it was seen last"),
        rows,
        numbers=(5,),
    )


def about(alert: Alert) -> str:
    """The feature, or the rule and slice where it is about no feature."""
    finding = alert.finding
    if finding.feature:
        return "the score" if finding.feature == SCORE else finding.feature
    return " ".join(filter(None, (WORDS.get(finding.rule, finding.rule), _slice(alert))))


def _slice(alert: Alert) -> str | None:
    part = alert.finding.part
    return part if part and "=" in part else None


def _what(alert: Alert) -> str:
    return f"<b>{name_of(alert.finding.feature) if alert.finding.feature else prose(about(alert))}</b>"


def _rule(alert: Alert) -> str:
    finding = alert.finding
    against = f" against {AGAINST[finding.baseline]}" if finding.baseline else ""
    return WORDS.get(finding.rule, finding.rule) + against


def _ended(one: Incident) -> str:
    if one.alert.closed is None:
        return "<b>still open</b>"
    return f"<span class='nowrap'>{last_day(one.alert.closed):%m-%d}</span> <small>{one.ended}</small>"


def _spells(several: Sequence[Incident]) -> list[list[Incident]]:
    """Alerts that were open at once, together."""
    spells: list[list[Incident]] = []
    for one in sorted(several, key=lambda one: one.alert.opened):
        ends = [other.alert.closed or datetime.max for other in spells[-1]] if spells else []  # noqa: DTZ901
        if ends and one.alert.opened < max(ends):
            spells[-1].append(one)
        else:
            spells.append([one])
    return spells


def _span(kind: str, spell: Sequence[Incident], y: float, weeks: Sequence[Told]) -> str:
    sign, colour, fill = INKS[kind]
    step, right = column(len(weeks)), NAME + column(len(weeks)) * len(weeks)
    closed = [one.alert.closed for one in spell]
    ends = [one for one in closed if one is not None]
    last = max(ends) if len(ends) == len(closed) else None
    x = NAME + step * _week(weeks, min(one.alert.opened for one in spell)) + 2
    end = right if last is None else max(NAME + step * _week(weeks, last) - 2, x + 20)
    dash = "" if kind == "DRIFT" else ' stroke-dasharray="4 3"'
    lasting = closed.count(None)
    many = f"{len(spell)} rule{'s' if len(spell) > 1 else ''}"
    many = f"{lasting} of {many}" if 0 < lasting < len(spell) else many
    # Within one week, as for labels of days that overlap, a bar has no room for words.
    words = ([many] if end - x > step / 2 else []) if last else ([many, "open →"] if end - x > step else ["open →"])
    parts = [
        f'<rect x="{x:.1f}" y="{y + 2}" width="{end - x:.1f}" height="{ROW - 4}" rx="2" fill="{fill}" '
        f'stroke="{colour}"{dash}/>',
        f'<text x="{x + 5:.1f}" y="{y + 17}" class="cell">{" ".join([sign, *words])}</text>',
    ]
    if last is not None:
        told = next(one.ended for one in spell if one.alert.closed == last)
        parts.append(f'<path d="M{end:.1f} {y + 1}v{ROW - 2}" stroke="{INK}" stroke-width="3"/>')
        parts.append(f'<text x="{end + 6:.1f}" y="{y + 17}" class="cell">{told}</text>')
    return "".join(parts)


def _week(weeks: Sequence[Told], moment: datetime) -> int:
    return next((at for at, one in enumerate(weeks) if one.end >= moment.date()), len(weeks) - 1)
