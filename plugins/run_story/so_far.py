"""What a DAG run that has not ended is at: which tasks run, or wait for a person, since when and for how long."""

from collections.abc import Sequence
from datetime import datetime

from artifacts.plural import many
from artifacts.run_evidence import TaskEnd
from plugins.run_story.answered import carried_out_soon
from plugins.run_story.seen import Seen

SHOWN = 3
ENDED = ("success", "failed", "skipped")
HOUR, DAY = 60, 24 * 60


def so_far(saw: Seen, ends: Sequence[TaskEnd], *, whole: bool) -> str:
    """As Airflow `saw` it; of the DAG run as a `whole`, or of the tasks of `ends` alone."""

    def those(*states: str) -> str:
        return ", ".join(sorted({end.task for end in ends if end.state in states}))

    since = running_since(saw) if whole else ""
    answered = carried_out_soon(saw, ends)
    said = "".join(f" {one.by} answered {', '.join(one.chosen)}, not yet carried out." for one in answered.values())
    is_open = [end for end in ends if end.state == "awaiting_input" and end.map_index not in answered]
    if is_open:
        timed = _timed(saw, is_open, "awaiting_input") or ", ".join(sorted({end.task for end in is_open}))
        return f"It waits for a person: {timed}. Answer in Airflow, under Required Actions.{said}"
    if running := those("running"):
        timed = _timed(saw, ends, "running")
        if since and timed:
            return f"{since}; task {timed}.{said}"
        return f"Running: {timed or running}.{f' {since}.' if since else ''}{said}"
    if said:
        return f"{said.strip()} Airflow takes an answer up within seconds.{f' {since}.' if since else ''}"
    return f"{_between(ends, those(*ENDED))}{f' {since}.' if since else ''}"


def running_since(saw: Seen) -> str:
    """Since when the DAG run runs, or is queued, and for how long; empty where that is not known."""
    word = "Queued" if saw.state == "queued" else "Running"
    return f"{word} {_since(saw.began, saw.at)}" if saw.began and saw.at else ""


def _between(ends: Sequence[TaskEnd], ended: str) -> str:
    if not ends:
        return "It has not ended, and no task of it has left anything yet."
    if all(end.state in ENDED for end in ends):
        return f"It has not ended. Ended so far: {ended}."
    return f"Between two tasks: {ended} ended." if ended else "No task has begun yet."


def _timed(saw: Seen, ends: Sequence[TaskEnd], state: str) -> str:
    """The tasks in `state`, each with when it began; empty where nobody knows that of any."""
    names = sorted((end.task, end.map_index) for end in ends if end.state == state)
    if saw.at is None or not any(name in saw.tasks_began for name in names):
        return ""
    told = [f"{_shown(*name)} {_since(saw.tasks_began.get(name), saw.at)}" for name in names]
    more = f", and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more


def _shown(task: str, map_index: int) -> str:
    return task if map_index < 0 else f"{task} [{map_index}]"


def _since(began: datetime | None, now: datetime) -> str:
    if began is None:
        return "since a time that is not known"
    day = "" if began.date() == now.date() else f"{began:%Y-%m-%d} "
    return f"since {day}{began:%H:%M} UTC, {_lasted(int((now - began).total_seconds() // 60))}"


def _lasted(minutes: int) -> str:
    if minutes < 3 * HOUR:
        return many(max(minutes, 0), "minute")
    return many(minutes // HOUR, "hour") if minutes < 2 * DAY else many(minutes // DAY, "day")
