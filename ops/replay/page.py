"""The story as one self-contained HTML page: what happened, then by week who served, how well, and what was told."""

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from pathlib import Path

from artifacts.findings import window_of
from artifacts.metric_names import BETTER, words
from monitoring.performance import RULES
from monitoring.report.page import LOCK, STYLE
from monitoring.report.text import mark, prose, table
from ops.replay.charts import heat, strip
from ops.replay.headline import headline, title
from ops.replay.incidents import incidents_table, timeline
from ops.replay.metric_chart import panel
from ops.replay.story import Candidate, Story, Told
from ops.replay.weeks_table import weeks_table

SHOWN = 30
OWN = Path(__file__).with_name("page.css")


def render(story: Story) -> str:
    """The page: no script, nothing fetched. The same story gives the same bytes."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{LOCK}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title(story))} · {escape(story.model)}</title><style>{STYLE.read_text(encoding='utf-8')}"
        f"{OWN.read_text(encoding='utf-8')}</style></head><body><main>"
        f"{headline(story)}{_champions(story)}{_metrics(story.weeks)}{_drift(story.weeks)}{_alerts(story)}"
        f"{_verdicts(story.candidates)}{_made()}</main></body></html>\n"
    )


def _champions(story: Story) -> str:
    blind = [one for one in story.weeks if one.moved == "UNKNOWN" and not _in(one.red, one.why)]
    why = [(one, one.why or "It was not judged.") for one in blind]
    # What made a DAG run red is told whole, at the week of which it was the end.
    red = " ".join(one.red for one in story.weeks if one.red)
    why += [
        (one, f"Of its labels: {one.why_labelled}")
        for one in story.weeks
        if one.labelled == "UNKNOWN" and not (_in(red, one.pages.get("truth")) and _in(red, one.why_labelled))
    ]
    why += [(one, f"The DAG run at its end was red. {one.red}") for one in story.weeks if one.red]
    items = "".join(
        f"<li>{mark('UNKNOWN')} <b>{one.start:%m-%d} to {one.end - timedelta(days=1):%m-%d}</b> {escape(told)}</li>"
        for one, told in sorted(why, key=lambda item: item[0].end)
    )
    listed = f'<ul class="blind">{items}</ul>' if items else ""
    return (
        '<h2>Week by week</h2><p class="note">A column is a week, the same in every picture. ▲ DRIFT, ? could not be '
        "judged, ○ OK: of what was asked once the week was over, and of its labels once they had come. A diamond is a "
        "candidate, judged when the week was over: filled, it was promoted and serves from the next week on; hollow, "
        f"the champion stayed.{_longer(story.weeks)}</p>{strip(story.weeks, story.candidates)}{listed}"
        f"{weeks_table(story.weeks)}"
    )


def _longer(weeks: Sequence[Told]) -> str:
    """What is found at the end of a short week is of a whole one: it reaches back into the week before."""
    reach = [(one, [window_of(found)[0].date() for found in one.pages.values()]) for one in weeks]
    told = [
        f" What was found in {one.start:%m-%d} to {one.end - timedelta(days=1):%m-%d} is of the days from "
        f"{min(starts):%m-%d} on."
        for one, starts in reach
        if starts and min(starts) < one.start
    ]
    return "".join(told)


def _in(red: str | None, said: str | None) -> bool:
    return bool(red and said and said in red)


def _metrics(weeks: Sequence[Told]) -> str:
    panels = "".join(panel(weeks, rule, words(rule), f"{BETTER[rule]} is better") for rule in RULES)
    return (
        '<h2>How well it did, once labels were known</h2><p class="note">The value and its interval, of the rows of '
        "each week. The grey bar is what the version's holdout promised, the dashed line the worst that is allowed: ▲ "
        f"the whole interval is worse, ? the value is and a part of the interval is not, ○ neither.</p>{panels}"
    )


def _drift(weeks: Sequence[Told]) -> str:
    names = sorted({name for one in weeks for name in one.features}, key=lambda name: (-_moved(weeks, name), name))
    if not names:
        return (
            f'<h2>Drift by feature and week</h2><p class="lead">{mark("UNKNOWN")} No feature was held against a '
            "baseline in any week; the reasons are above.</p>"
        )
    loud = [name for name in names if any(name in one.features and one.features[name].state != "OK" for one in weeks)]
    shown = (loud or names)[:SHOWN]
    others = len(names) - len(loud)
    told = [f"{len(loud) - SHOWN} more moved at least once."] if len(loud) > SHOWN else []
    some = sum(_is_in_part(weeks, name) for name in names if name not in loud)
    partly = f", {some} of them by some rules only in one or more" if some else ""
    told += [f"{others} others were within noise in every week that judged them{partly}."] if others and loud else []
    told += [] if loud else [f"None of {len(names)} moved beyond noise; these came nearest."]
    return (
        '<h2>Drift by feature and week</h2><p class="note">How far the farthest rule is, in thresholds, against the '
        "training baseline or the trailing window; what moved most comes first. ▲ and orange: beyond the threshold, "
        "dark from three times on. Blue: within noise, the lighter the less. ◐: by some rules, while "
        "others could not be judged. ?: could not be judged.</p>"
        f'{heat(weeks, shown)}<p class="note">{" ".join(told)}</p>'
    )


def _is_in_part(weeks: Sequence[Told], name: str) -> bool:
    return any(name in one.features and one.features[name].in_part for one in weeks)


def _moved(weeks: Sequence[Told], name: str) -> float:
    return sum(_far(one, name) for one in weeks)


def _far(week: Told, name: str) -> float:
    cell = week.features.get(name)
    if cell is None or cell.far is None:
        return 0.0
    return 10 * cell.far if cell.state == "DRIFT" else cell.far


def _alerts(story: Story) -> str:
    if not story.incidents:
        return "<h2>Alerts</h2><p>None was opened.</p>"
    return (
        '<h2>Alerts, opened and resolved</h2><p class="note">A bar reaches over the weeks in which any rule about the '
        "thing was open; the stroke at its end begins the week that ended it. ▲ DRIFT, ? cannot judge; v1 is the model "
        f"version.</p>{timeline(story.weeks, story.incidents)}"
        f"<details><summary>Each of the {len(story.incidents)} alerts</summary>"
        f'<div class="dense">{incidents_table(story.incidents)}</div></details>'
    )


def _verdicts(candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return "<h2>Verdicts</h2><p>No candidate was due.</p>"
    rows = [
        [
            f"<span class='nowrap'>{one.on}</span>",
            f"<b>version {one.version}</b><br><small>{prose(one.training_set)}</small>",
            prose(one.due),
            f"<b class='nowrap'>{escape(one.outcome)}</b>",
            f"{prose(one.said)}<br><small>{'<br>'.join(prose(reason) for reason in one.reasons)}</small>",
        ]
        for one in candidates
    ]
    return f"<h2>Verdicts</h2>{table(('judged', 'candidate', 'due because', 'verdict', 'why'), rows)}"


def _made() -> str:
    return (
        '<h2>How it was replayed</h2><p class="note">Each week the champion was asked about every row that got a label '
        "later, with the features that were known at its moment. A month lands, and its labels with it, when the first "
        "week ends after it has. The log is watched once a week, not daily. The weeks whose labels came with the last "
        "month are judged as soon as it has landed.</p>"
    )
