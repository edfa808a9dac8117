"""Tells the story from findings, alerts, the messages that were sent, and the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from artifacts import alerts
from artifacts.alerts import Alert
from artifacts.finding import Finding
from artifacts.finding_ratio import is_in_part, ratio, state_of, worst_first
from artifacts.findings import Findings, read_findings
from artifacts.places import Places
from monitoring.asked import asked
from monitoring.performance import RULES
from monitoring.report.history import Past, worst_by_key
from monitoring.report.text import not_judged
from monitoring.report.trend import by_feature
from ops.replay.journal import Done
from ops.replay.story import Candidate, Cell, Incident, Metric, Story, Told

Message = Mapping[str, Any]
ENDS = ("resolved", "settled", "retired")
NOTHING_FOUND = "Nothing was found about this week."
NO_LABELS = "Its labels had not come when the replay ended."


def tell(
    places: Places,
    model: str,
    done: Sequence[Done],
    *,
    promises: Mapping[int, Mapping[str, float]],
    messages: Sequence[Message],
    champion: int,
) -> Story:
    """The story of the weeks that are done; raises what reading findings and alerts raises.

    `promises` are the metrics of each version that served, as training logged them; `messages` what a receiver took.
    """
    read = {name: read_findings(places.findings, name) for one in done for name in one.findings}
    start, end = done[0].week.start, done[-1].week.end
    opened = [_until(one, end) for one in alerts.history(places.alerts, model) if start < one.opened.date() <= end]
    return Story(
        model=model,
        start=start,
        end=end,
        weeks=[tell_week(one, list(read.values()), promises[one.champion]) for one in done],
        incidents=[_incident(one, messages) for one in opened],
        candidates=[_candidate(one.week.end, each.why, each.verdict) for one in done for each in one.trainings],
        messages=len(messages),
        champion=champion,
    )


def tell_week(done: Done, found: Sequence[Findings], promised: Mapping[str, float]) -> Told:
    """A week by all `found` about its window and version. Nothing found is UNKNOWN."""
    end = datetime(done.week.end.year, done.week.end.month, done.week.end.day)  # noqa: DTZ001  naive UTC
    own = [one for one in found if (one.end, one.version) == (end, done.champion)]
    own.sort(key=lambda one: one.created_at)
    of_log, of_labels = ([one for one in own if (one.truth is not None) is labelled] for labelled in (False, True))
    newest, labelled = (found[-1] if found else None for found in (of_log, of_labels))
    of_rows, labels = (() if one is None else tuple(asked(one)[1].values()) for one in (newest, labelled))
    return Told(
        start=done.week.start,
        end=done.week.end,
        version=done.champion,
        rows=done.rows,
        moved=state_of(of_rows),
        labelled=None if labelled is None else state_of(labels),
        why=NOTHING_FOUND if newest is None else _why(of_rows),
        why_labelled=NO_LABELS if labelled is None else _why(labels),
        red=done.red,
        pages={asked(one)[0]: one.id for one in (newest, labelled) if one is not None},
        features={} if newest is None else _cells(newest),
        metrics={rule: _metric(rule, labelled, promised) for rule in RULES},
    )


def _until(alert: Alert, end: date) -> Alert:
    """As it was at the end of the story: what ended later was open."""
    return replace(alert, closed=None) if alert.closed and alert.closed.date() > end else alert


def _incident(alert: Alert, messages: Sequence[Message]) -> Incident:
    if alert.is_open:
        return Incident(alert, None)
    wanted = {"version": alert.version, "kind": alert.kind, "key": alert.key, "incident": alert.incident}
    # Other messages, of verdicts and the like, tell no events of alerts.
    events = [event for message in messages for event in message.get("events", ())]
    steps = [str(one["step"]) for one in events if wanted.items() <= one.items() and one["step"] in ENDS]
    return Incident(alert, steps[-1] if steps else "ended")


def _cells(found: Findings) -> dict[str, Cell]:
    past = Past(found.start, found.end, found.state, worst_by_key(found.findings), asked(found)[1])
    cells = {}
    for name, several in by_feature(past).items():
        worst = min(several, key=worst_first)
        in_part = is_in_part(several)
        why = f"{worst.reason.text} Not judged: {not_judged(several)}." if in_part else worst.reason.text
        cells[str(name)] = Cell(state_of(several), ratio(worst), why, in_part)
    return cells


def _why(found: Sequence[Finding]) -> str:
    worst = min(found, key=worst_first)
    return worst.reason.text if worst.state != "OK" else ""


def _metric(rule: str, found: Findings | None, promised: Mapping[str, float]) -> Metric:
    promise = promised.get(f"holdout_{rule}")
    if found is None:
        return Metric("UNKNOWN", None, None, None, promise, None, NO_LABELS)
    whole = [one for one in found.findings if one.rule == rule and one.feature is None and one.part is None]
    if not whole:
        return Metric("UNKNOWN", None, None, None, promise, None, _no_metric(found.findings))
    one = whole[0]
    return Metric(one.state, one.value, one.low, one.high, promise, one.threshold, one.reason.text)


def _no_metric(findings: Sequence[Finding]) -> str:
    told = [one.reason.text for one in findings if one.rule == "labels"]
    return told[0] if told else "The metric was not judged."


def _candidate(on: date, due: str, verdict: Mapping[str, object]) -> Candidate:
    reasons = verdict["reasons"]
    return Candidate(
        on=on,
        version=int(str(verdict["version"])),
        training_set=str(verdict["training_set"]),
        due=due,
        outcome=str(verdict["outcome"]),
        said=str(verdict["said"]),
        reasons=tuple(str(one["text"]) for one in reasons) if isinstance(reasons, list) else (),
    )
