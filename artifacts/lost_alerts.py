"""Alerts that took in nothing of what was checked: that none is open, or no incident known, says nothing then."""

from datetime import UTC, datetime

from artifacts import alerts, ledger
from artifacts.alerts import Alert, Stream, stream_of
from artifacts.database import masked
from artifacts.errors import Damaged, Missing
from artifacts.findings import read_findings, window_of
from artifacts.findings_name import stamps
from artifacts.findings_summary import Summary, summary
from artifacts.lost_findings import refuse_lost_pages
from artifacts.places import Places


def alerts_of(places: Places, model: str) -> tuple[Alert, ...]:
    """Every alert of the model, open and past; raises as `refuse_lost_alerts`."""
    refuse_lost_alerts(places, model)
    return alerts.history(places.alerts, model)


def refuse_lost_alerts(places: Places, model: str, before: datetime | None = None) -> None:
    """Raise `Missing` (`alerts.lost`) when a version that was champion was checked, and the alerts know of no check.

    They were lost, or all was checked by hand, which tells nobody. It is so too while they took in only what labels
    told: what the log alone tells comes first, and is repaired last. With `before`, only windows that ended before it
    count: a check of older days may have alerts of its own, and one that was killed finds what it published itself.
    Where the alerts took in nothing, and no findings tell of a check, raises as `refuse_lost_pages`.
    """
    taken = {stream for _, stream in alerts.taken_to(places.alerts, model)}
    if "log" in taken:
        return
    found = _last_checked(places, model, before)
    if not taken and not (found["log"] or found["truth"]):
        # Nor does any findings tell of a check: these may be lost with the alerts.
        try:
            refuse_lost_pages(places, model, before)
        except Missing:
            # What was checked again since is the repair, whoever asks.
            found = _last_checked(places, model, None)
            if not any(found.values()):
                raise
    if not found["log"] and (taken or not found["truth"]):
        return
    if before is not None:
        # Whoever asks is told the same repair: what was found last of all, as alerts go forward in time.
        found = _last_checked(places, model, None)
    lost = [*found["truth"], *found["log"]]
    one_way = "" if not taken else " but of those with labels"
    raise Missing(
        "alerts.lost",
        f"The alerts in {masked(places.alerts)} took in no findings of {model}{one_way}, and findings of its version "
        f"{window_of(lost[-1])[2]} are published: what is open is not known.",
        next_step="Restore the alerts from their backup, or correct PIPELINE_ALERTS. Without one an alert about what "
        "could not be judged lately does not come back: findings of before say what that was. Then, or if all was "
        "checked by hand, take in what was found last: "
        f"python -m monitoring update --findings {' --findings '.join(lost)}",
    )


def _last_checked(places: Places, model: str, before: datetime | None) -> dict[Stream, list[str]]:
    """The newest findings of versions that were champion, in each stream; before it the newest that judged anything.

    UNKNOWN ends no alert: what was open before it is open still. Raises `Damaged` where none of them can be read.
    """
    champions = {line.version for line in ledger.history(places.ledger, model)}
    # What is not over is taken into no alert.
    now = datetime.now(UTC).replace(tzinfo=None)
    ends: dict[datetime, list[str]] = {}
    broken: Damaged | None = None
    for one in stamps(places.findings, model):
        _, end, version = window_of(one)
        if version in champions and end <= now and (before is None or end < before):
            ends.setdefault(end, []).append(one)
    found: dict[Stream, list[str]] = {"truth": [], "log": []}
    judged = set[Stream]()
    for end in sorted(ends, reverse=True):
        made = list[Summary]()
        for one in ends[end]:
            try:
                made.append(summary(places.findings, one))
            except Damaged as damage:
                broken = broken or damage
        for told in sorted(made, key=lambda one: (one.created_at, one.id), reverse=True):
            stream: Stream = "truth" if told.labelled else "log"
            if stream in judged:
                continue
            if _judged(places, told, stream):
                judged.add(stream)
            elif found[stream]:
                continue
            found[stream].insert(0, told.id)
        if len(judged) == len(found):
            break
    if broken is not None and not any(found.values()):
        raise broken
    return found


def _judged(places: Places, told: Summary, stream: Stream) -> bool:
    """Whether anything that alerts take in that stream is DRIFT or OK; with labels, what needed them.

    Without them, of both baselines: who checked while the alerts were lost held nothing against the trailing window.
    """
    if stream == "log" and told.state == "UNKNOWN":
        return False
    findings = read_findings(places.findings, told.id).findings
    if stream == "log":
        return all(one.reason.code != "alerts.lost" for one in findings)
    return any(one.state != "UNKNOWN" and stream_of(one) == stream for one in findings)
