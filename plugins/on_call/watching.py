"""Whether the world moved: drift by feature and day, alerts, live metrics and predictions a day."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from fastapi import Request

from artifacts import alerts
from artifacts.alerts import Alert
from artifacts.finding import State
from artifacts.finding_ratio import TIMES, WORDS
from artifacts.findings_summary import Summary, summaries
from artifacts.prediction_log import backlog, counts
from plugins.on_call.chart import Shape, digits
from plugins.on_call.frame import link
from plugins.on_call.heat import Day, called, days, features, heat, last_day
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, command, el, folded, join, name, outside, scrolled, table
from plugins.on_call.over_time import Point, bars, whiskers
from plugins.on_call.words import metric, state

MARKS: Mapping[State, Shape] = {"OK": "ring", "DRIFT": "disc", "UNKNOWN": "diamond"}
YEAR, PAST, WORST, LOUD = timedelta(days=366), 30, 12, 60


def newest_first(home: Home, model: str) -> list[Summary]:
    """The windows of a year up to the newest one, newest first."""
    found = summaries(home.places.findings, model)
    until = max((one.end for one in found), default=None)
    return sorted(
        (one for one in found if until and until - one.end < YEAR), key=lambda one: (one.end, one.id), reverse=True
    )


def drift(request: Request, home: Home, model: str) -> Html:
    """The heat map of a year, and its days in words."""
    shown = days(newest_first(home, model))
    if not shown:
        nothing = "Nothing was checked yet. The DAG watch_drift checks daily what was answered; by hand:"
        return join(el("p", nothing), command(f"python -m monitoring check --model {model} --window FROM..TO"))
    legend = (
        "One column a day: the window that ends with it. The higher the bar, the farther the worst rule: half is its "
        "threshold, full is sixteen. A solid bar is DRIFT, an outline OK, a crossed box could not be judged, nothing "
        "was not asked. What drifted most often comes first."
    )
    return join(
        el("p", legend, class_="quiet"),
        scrolled("drift by feature and day", heat(shown)),
        _words(request, model, shown),
    )


def alert_list(request: Request, home: Home, model: str) -> Html:
    """What is open, then what was."""
    found = alerts.history(home.places.alerts, model)
    current = sorted((one for one in found if one.is_open), key=lambda one: (one.kind, one.opened))
    past = sorted((one for one in found if not one.is_open), key=lambda one: one.closed or one.opened, reverse=True)
    if not found:
        return el("p", "No alert was ever opened.")
    first = _alerts(home, current) if current else el("p", "✓ Nothing is open.")
    more = f", the newest {PAST} of them" if len(past) > PAST else ""
    return join(first, folded(f"{len(past)} past{more}", _alerts(home, past[:PAST])) if past else None)


def live_metrics(home: Home, model: str) -> Html:
    """The metrics of each window once its labels were known."""
    windows = [one for one in reversed(newest_first(home, model)) if one.brief.metrics]
    names = sorted({one.rule for window in windows for one in window.brief.metrics})
    drawn: list[Html] = []
    for rule in names:
        points, walls = [], []
        for window in windows:
            one = next((m for m in window.brief.metrics if m.rule == rule and m.value is not None), None)
            if one is not None and one.value is not None:
                about = f"{last_day(window)}: {one.value} [{one.low}, {one.high}], {one.state}, {one.rows} rows"
                shape = MARKS[one.state]
                points.append(Point(f"{last_day(window):%m-%d}", one.value, one.low, one.high, shape, about))
                walls += [] if one.threshold is None else [one.threshold]
        if points:
            about = f"{metric(rule)} by window"
            drawn.append(
                el("figure", el("figcaption", about), whiskers(about, points, {}, walls[-1] if walls else None))
            )
    if not drawn:
        return el("p", "No window has labels yet: they are known some time after the answers.")
    legend = (
        "Of what was answered, once its labels were known. ○ OK, ● DRIFT, ◇ not judged; dashed: the newest threshold."
    )
    return join(el("p", legend, class_="quiet"), el("div", *drawn, class_="figures"))


def predictions(request: Request, home: Home, model: str) -> Html:
    """Predictions a day, by what the manifests of the compacted log say, and a way to look one up."""
    by_day: Counter[date] = Counter()
    by_version: Counter[int] = Counter()
    for key, count in counts(home.places.prediction_parts.rstrip("/"), model).items():
        by_day[key.day] += count
        by_version[key.version] += count
    waiting = backlog(home.places.predictions)
    left = (
        f"{waiting.predictions:,} more of all models are in the log and not compacted yet." if waiting.segments else ""
    )
    search = el(
        "form",
        el("label", "Look up a prediction by its id ", for_="prediction"),
        el("input", type="text", id="prediction", name="id", pattern="[0-9a-f]{32}", required=True, maxlength=32),
        " ",
        el("button", "Show it", type="submit"),
        action=f"{request.scope.get('root_path', '')}/models/{model}/predictions",
        method="get",
    )
    if not by_day:
        return join(el("p", f"No prediction was compacted yet. {left}"), search)
    last = max(by_day)
    first = max(min(by_day), last - YEAR)
    told = ", ".join(f"version {number}: {count:,}" for number, count in sorted(by_version.items()))
    today = datetime.now(UTC).date()
    fresh = "" if (today - last).days <= 1 else f" The newest day is {(today - last).days:,} days old."
    picture = bars(f"Predictions a day, {first} to {last}", by_day, first, last)
    by = el(
        "p",
        f"By day of asking (UTC), {told}. {left}{fresh} A day without any has a stroke below the line.",
        class_="quiet",
    )
    return join(by, scrolled("predictions a day", picture), search)


def _words(request: Request, model: str, shown: list[Day]) -> Html:
    loud = [day for day in reversed(shown) if day.state != "OK"]
    rows: list[list[Child]] = []
    for day in loud[:LOUD]:
        moved = [one for one in day.worst.values() if one.state == "DRIFT"]
        blind = [one for one in day.worst.values() if one.state == "UNKNOWN"]
        moved.sort(key=lambda one: -(one.far or 0.0))
        told = ", ".join(
            f"{called(one.feature)} ({WORDS.get(one.rule, one.rule)}, {_far(one.far)})" for one in moved[:WORST]
        )
        unknown = ", ".join(f"{called(one.feature)}: {one.code}" for one in blind[:WORST])
        pages = [
            link(request, one.partition("/")[2], "models", model, "findings", one.partition("/")[2]) for one in day.ids
        ]
        rows.append(
            [f"{day.last}", state(day.state), told or NONE, unknown or NONE, join(*(el("div", one) for one in pages))]
        )
    fine = len(shown) - len(loud)
    if not rows:
        return el("p", f"✓ All {len(shown)} days are OK.")
    about = f"In words: {len(loud)} days that were not OK, of {len(shown)}" + (
        f", the newest {LOUD}" if len(loud) > LOUD else ""
    )
    heads = ("last day", "", "moved, farthest first", "could not be judged", "findings")
    return folded(f"{about}; {fine} were OK, of {len(features(shown))} features", table(heads, rows))


def _far(far: float | None) -> str:
    return "?" if far is None else f"{far:.1f}{TIMES}"


def _alerts(home: Home, shown: list[Alert]) -> Html:
    rows: list[list[Child]] = []
    for one in shown:
        finding = one.finding
        value = (
            f"{digits(finding.value)} (threshold {digits(finding.threshold)})" if finding.value is not None else NONE
        )
        base = home.settings.runbook_url
        code = finding.reason.code
        rows.append(
            [
                state(one.kind),
                join(el("b", name(called(finding.feature))), f" {finding.part}" if finding.part else ""),
                WORDS.get(finding.rule, finding.rule),
                value,
                f"{one.since:%Y-%m-%d}",
                "open" if one.closed is None else f"{one.closed:%Y-%m-%d}",
                f"v{one.version}",
                outside(f"{base}#{code.replace('.', '')}" if base else None, el("code", code)),
                finding.reason.text,
            ]
        )
    return table(("", "what", "rule", "value", "since", "until", "version", "runbook", "why"), rows)
