"""What was held against a training set: calibration, performance and skew, or that it was not."""

import shlex
from collections.abc import Sequence
from html import escape

from artifacts.finding import Finding, part_in_words
from artifacts.finding_ratio import WORDS, worst_first
from artifacts.findings import CalibrationBin, Findings
from artifacts.metric_names import BETTER
from artifacts.plural import many, plural
from monitoring.report.history import History
from monitoring.report.promise import over_time
from monitoring.report.text import NONE, mark, name_of, number, prose, share, table
from monitoring.window import write_window

SIDE, MARGIN, SCALES = 262, 46, (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
STEPS, LEAST, MOST = 4, 3.0, 9.0
PERFORMANCE = frozenset({*BETTER, "labels"})
BLUE, GREY = "#0072B2", "#8a8f98"


def calibration(findings: Findings) -> str:
    """What a score of so much was worth, once labels are known."""
    if not findings.calibration:
        why = "No score could be held against an outcome." if findings.truth else _without(findings)
        return f'<p class="none">{why}</p>'
    rows = sum(one.rows for one in findings.calibration)
    return (
        f"<figure><figcaption>Calibration on {rows:,} {plural(rows, 'row')} whose outcome is known</figcaption>"
        f"{_curve(findings.calibration)}<p class='beside'>across: mean score of a bin; up: share that came true. "
        "On the dashed line a score means what it says.</p></figure>"
    )


def performance(findings: Findings, history: History) -> str:
    """Metrics against what the version promised on its holdout: over time, then those of the window, worst first."""
    found = [one for one in findings.findings if one.rule in PERFORMANCE]
    over = over_time(history)
    if not found:
        none = "" if findings.truth is None else "<p>Nothing was measured: there was no row to hold against.</p>"
        return f"<h2>Performance, against what was promised</h2>{none}{over}" if none or over else ""
    rows = [
        [
            mark(one.state),
            "share of outcomes known" if one.rule == "labels" else WORDS[one.rule],
            f'<span class="part">{prose(part_in_words(one.part) if one.part else "the window")}</span>',
            number(one.value),
            f"{number(one.low)} … {number(one.high)}" if one.low is not None else NONE,
            _allowed(one),
            f"{one.rows:,}",
            prose(one.reason.text),
        ]
        for one in sorted(found, key=worst_first)
    ]
    heads = ("", "metric", "part", "value", "interval", "allowed", "rows", "")
    return f"<h2>Performance, against what was promised</h2>{over}{table(heads, rows, numbers=(3, 4, 5, 6))}"


def _allowed(finding: Finding) -> str:
    if finding.threshold is None:
        return NONE
    is_floor = finding.rule == "labels" or BETTER.get(finding.rule) == "higher"
    return f"{'at least' if is_floor else 'at most'} {number(finding.threshold)}"


def skew(findings: Findings) -> str:
    """Rows that were answered with another value than the training set has for the same entity."""
    found = sorted((one for one in findings.findings if one.rule == "skew"), key=worst_first)
    if not found:
        return ""
    loud = [one for one in found if one.state != "OK"]
    fine = len(found) - len(loud)
    rows = [
        [
            mark(one.state),
            f"<b>{name_of(one.feature)}</b>",
            NONE if one.value is None else share(one.value),
            NONE if one.threshold is None else share(one.threshold),
            f"{one.rows:,}",
            prose(one.reason.text),
            _examples(one),
        ]
        for one in loud
    ]
    heads = ("", "feature", "unequal", "allowed", "rows", "", "for example: entity, logged, training set")
    shown = table(heads, rows, numbers=(2, 3, 4)) if rows else ""
    told = f"{mark('OK')} {many(fine, 'feature is', 'features are')} as the training set has them." if fine else ""
    return f"<h2>Skew, logged against the training set</h2>{shown}<p>{told}</p>"


def _examples(finding: Finding) -> str:
    return "<br>".join(
        f"<code>{escape(one.entity)}</code> {prose(one.logged)} ≠ {prose(one.truth)}" for one in finding.examples
    )


def _without(findings: Findings) -> str:
    command = (
        f"python -m monitoring check --model {shlex.quote(findings.model)} --version {findings.version} "
        f"--window {write_window(findings.start, findings.end)} --training-set NAME/VERSION"
    )
    return (
        "Skew, performance and calibration were not looked at: the window was held against no training set. Once its "
        f"labels are known:<br><code class='command'>{escape(command)}</code>"
    )


def _curve(bins: Sequence[CalibrationBin]) -> str:
    highest = max(max(one.score, one.happened) for one in bins)
    top = next(edge for edge in SCALES if edge >= min(highest, 1.0))
    size, largest = SIDE + MARGIN + 24, max(one.rows for one in bins)

    def at(score: float, happened: float) -> tuple[float, float]:
        return round(MARGIN + score / top * SIDE, 1), round(10 + SIDE - happened / top * SIDE, 1)

    parts = []
    for step in range(STEPS + 1):
        value = top * step / STEPS
        x, y = at(value, 0)[0], at(0, value)[1]
        parts.append(f'<line x1="{MARGIN}" y1="{y}" x2="{MARGIN + SIDE}" y2="{y}" stroke="#e4e6ea"/>')
        parts.append(f'<text x="{MARGIN - 7}" y="{y + 4}" text-anchor="end" class="tick">{100 * value:g} %</text>')
        parts.append(f'<text x="{x}" y="{SIDE + 28}" text-anchor="middle" class="tick">{100 * value:g} %</text>')
    (x1, y1), (x2, y2) = at(0, 0), at(top, top)
    parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{GREY}" stroke-dasharray="4 3"/>')
    points = [at(one.score, one.happened) for one in bins]
    told = " ".join(f"{x},{y}" for x, y in points)
    parts.append(f'<polyline points="{told}" fill="none" stroke="{BLUE}" stroke-width="2"/>')
    for (x, y), one in zip(points, bins, strict=True):
        radius = round(LEAST + (MOST - LEAST) * (one.rows / largest) / 2, 1)
        about = f"{one.rows:,} {plural(one.rows, 'row')}: score {share(one.score)}, came true {share(one.happened)}"
        parts.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{BLUE}"><title>{about}</title></circle>')
    head = f'<svg class="plot" viewBox="0 0 {size} {size}" width="{size}" height="{size}" role="img">'
    return f"{head}<title>Mean score against the share that came true</title>{''.join(parts)}</svg>"
