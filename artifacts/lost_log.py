"""A prediction log that is gone with its parts, though what it held was checked: that it is empty says nothing."""

from collections.abc import Iterator
from datetime import datetime

from artifacts import alerts
from artifacts.errors import Damaged
from artifacts.findings_summary import summaries
from artifacts.places import Places
from artifacts.prediction_log.parts import keys
from artifacts.prediction_log.published_list import LIST
from artifacts.prediction_log.segment import found


def refuse_lost_log(places: Places, model: str) -> None:
    """Raise `Damaged` (`log.list_gone`) when no part is there, nor the list of parts, and yet `model` was asked.

    That is what findings tell that judged anything, or an alert of DRIFT, of a window that ended before the first
    segment of the log began. Whoever lost the log and begins an empty list has taken note of it. Raises as the alerts
    do where they cannot be read.
    """
    log, into = places.predictions, places.prediction_parts.rstrip("/")
    if (log / LIST).exists() or keys(into):
        return
    first = min((path.stem for path in found(log)), default=None)
    for end, told in _told(places, model):
        if first is None or f"{end:%Y%m%dT%H%M%S%f}" <= first:
            raise Damaged(
                "log.list_gone",
                f"{into} has no part, {log / LIST} is not there, and {told}: predictions may be lost.",
                next_step="Restore both folders from a backup, or correct PIPELINE_PREDICTIONS and "
                "PIPELINE_PREDICTION_PARTS. Without a backup note that predictions may be lost, and begin an empty "
                f"list: mkdir -p {log} && touch {log / LIST}",
            )


def _told(places: Places, model: str) -> Iterator[tuple[datetime, str]]:
    """The ends of windows in which `model` was asked, oldest first, each with what tells so."""
    read, _ = summaries(places.findings, model)
    for one in sorted(read, key=lambda one: one.end):
        states = [*(each.state for each in one.brief.worst), *(each.state for each in one.brief.metrics)]
        if any(each != "UNKNOWN" for each in states):
            yield one.end, f"the findings {one.id} judged predictions of that model"
    for alert in sorted(alerts.history(places.alerts, model), key=lambda one: one.opened):
        if alert.kind == "DRIFT":
            yield alert.opened, f"an alert tells of DRIFT in predictions of version {alert.version} of {model}"
