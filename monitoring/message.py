"""What a person reads when alerts change: what moved, how far, since when, how many rows, and what to do."""

from collections import Counter

from artifacts.alerts import Alert, Batch, Event, Message, Step, seen_last
from artifacts.finding import SCORE, Finding, part_in_words
from artifacts.finding_ratio import DIFFERS, WORDS
from artifacts.report_pages import page_of
from artifacts.runbook import runbook_link
from artifacts.window_words import window_to, window_words
from monitoring.alert_words import meaning
from monitoring.event_facts import event_facts
from monitoring.report.text import AGAINST
from monitoring.room import as_fits

SHOWN = 10
# Steps that no window leads to by what it says of the alert.
OF_BEFORE = frozenset[Step]({"reminded", "escalated", "accepted", "retired"})
JUDGED = "the window could be judged, and nothing of it says so any more."


def write_message(batch: Batch, *, reports: str, runbook_url: str) -> Message:
    """The events of `batch`, the new ones first, with the page of the first one, under `reports`, and the runbook.

    That is the page of the window in which it was seen; what was seen in another names its own.

    The first ten are told in full, the next by name, as many as there is room for, and all are counted. Of another
    version than the first one it says which.
    """
    events = sorted(batch.events, key=lambda event: event.step != "opened")
    first = events[0]
    steps = Counter(_step(event, first) for event in events)
    who = f"{first.alert.model} version {first.alert.version}"
    pages = [page_of(reports, _shown(event, batch)) for event in events]
    page = pages[0]
    runbook = runbook_link(runbook_url, first.alert.finding.reason.code)
    named = [f"{number}. {_step(one, first)}: {about(one.alert.finding)}" for number, one in enumerate(events, start=1)]
    own = ["" if one == page else f"   page: {one}\n" for one in pages]
    each = zip(named[:SHOWN], events, own, strict=False)
    told = [f"{name}\n{_told(one, runbook_url)}{its}" for name, one, its in each]
    counts = ", ".join(f"{number} {step}" for step, number in steps.items())
    lines = [f"{who}, window to {window_to(first.at)} (UTC): {counts}", "", *as_fits(told, named[SHOWN:])]
    lines += [f"Page: {page}", f"Next: {next_command(batch)}", f"Key: {batch.key}"]
    longer = sum(event.step == "escalated" for event in events[1:])
    besides = f", {longer} escalated" if longer else ""
    more = f" (+{len(events) - 1} more{besides})" if len(events) > 1 else ""
    return Message(
        key=batch.key,
        urgent=batch.urgent,
        subject=f"[{first.alert.kind} {first.step}] {who}: {about(first.alert.finding)}{more}",
        text="\n".join(lines),
        facts={
            "key": batch.key,
            "model": first.alert.model,
            "findings": batch.findings,
            "page": page,
            "runbook": runbook,
            "next": next_command(batch),
            "events": [{**event_facts(event), "page": its} for event, its in zip(events, pages, strict=True)],
        },
    )


def _shown(event: Event, batch: Batch) -> str:
    """The findings of the window that showed what is told; the newest one of all may have shown nothing of it."""
    return (event.alert.shown if event.step in OF_BEFORE else None) or batch.findings


def next_command(batch: Batch) -> str:
    """The one command that shows all that is open, of the model that the batch is about."""
    return f"python -m monitoring alerts --model {batch.events[0].alert.model}"


def _step(event: Event, first: Event) -> str:
    version = event.alert.version
    of_another = f" of version {version}" if version != first.alert.version else ""
    return f"{event.alert.kind}{of_another} {event.step}"


def about(finding: Finding) -> str:
    """What a finding is about, in a few words."""
    if (finding.rule, finding.state) == ("skew", "DRIFT"):
        return f"{finding.feature} differs {DIFFERS}"
    whole = WORDS.get(finding.rule, f"the window, {finding.rule}")
    what = {None: whole, SCORE: f"the score, {finding.rule}"}.get(finding.feature, f"{finding.feature}, {finding.rule}")
    against = f" against {AGAINST[finding.baseline]}" if finding.baseline else ""
    return f"{what}{against}{f', {part_in_words(finding.part)}' if finding.part else ''}"


def _told(event: Event, runbook_url: str) -> str:
    alert, finding = event.alert, event.alert.finding
    seen = seen_last(alert, event.at) or f"last seen in the window to {window_to(alert.seen)}"
    return (
        f"   how far: {_how_far(alert)}\n"
        f"   since: {_since(alert)} (incident {alert.incident}, {seen})\n"
        f"{meaning(event)}"
        f"   rows: {finding.rows if finding.is_counted else 'could not be counted'}{_held_against(finding)}\n"
        f"{_why(event)}"
        f"   runbook: {runbook_link(runbook_url, finding.reason.code)}\n"
    )


def _since(alert: Alert) -> str:
    """The window that opened it, and the good one before, where it is known: few bad rows in that were within noise."""
    first = alert.first or alert.since
    not_yet = f", not yet in that to {window_to(alert.since)}" if alert.since > first else ""
    return f"the window of {window_words(first, alert.opened)}{not_yet}"


def _how_far(alert: Alert) -> str:
    """Of an alert that has ended, how far it was, and is now."""
    if alert.is_open:
        return _far(alert.finding) or "cannot be judged"
    far, now = _far(alert.finding), alert.ended_by and _far(alert.ended_by)
    was = f"was {far}" if far else "could not be judged"
    return f"{was} in the window to {window_to(alert.seen)}{f'; is {now} now' if now else ''}"


def _far(finding: Finding) -> str | None:
    if finding.value is None:
        return None
    far = f"{finding.value:.4g}"
    far += "" if finding.threshold is None else f", threshold {finding.threshold:.4g}"
    return far + (
        "" if finding.low is None or finding.high is None else f", interval {finding.low:.4g} to {finding.high:.4g}"
    )


def _why(event: Event) -> str:
    """The newest sentence of the alert's kind, and of one that has ended what is found instead, if anything is."""
    alert = event.alert
    told = f"{alert.finding.reason.code}: {alert.finding.reason.text}\n"
    if alert.is_open:
        return f"   why: {told}"
    if alert.ended_by is not None:
        return f"   then: {told}   now: {alert.ended_by.reason.code}: {alert.ended_by.reason.text}\n"
    is_judged = (alert.kind, event.step) == ("UNKNOWN", "resolved")
    return f"   then: {told}" + (f"   now: {JUDGED}\n" if is_judged else "")


def _held_against(finding: Finding) -> str:
    """Nothing where the number of rows is not known, as of the slices of a holdout, or where there were none."""
    what = " of its holdout" if finding.baseline == "holdout" else ""
    return f", held against {finding.baseline_rows}{what}" if finding.baseline_rows else ""
