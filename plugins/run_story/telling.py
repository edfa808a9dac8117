"""The callbacks of every DAG: a failure is told once, and so is a DAG run that is past its deadline."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from artifacts import alerts
from artifacts.alerts import Message, read_right_receivers
from artifacts.cli import say
from artifacts.errors import Refusal
from artifacts.places import Places, read_places
from artifacts.run_evidence import DagRunEnd, TaskEnd, read_run_end, readable_tasks
from plugins.alert_channels import airflow_channels
from plugins.redaction import redact
from plugins.run_story.message import late_message
from plugins.run_story.overdue import standing
from plugins.run_story.run_end import put_failure
from plugins.run_story.seen import Seen
from plugins.run_story.story import Story, tell

ENDED = {"success", "failed"}


def tell_failure(context: Mapping[str, Any]) -> None:
    """Airflow's callback for a DAG run that failed, which it calls once for each: no retry of a task is told.

    The message waits in the outbox since the DAG run ended; what is not taken now is sent by the next `notify` of the
    DAG `watch_drift`, under the same key.
    """
    places = read_places()
    dag, run = context["dag"].dag_id, context["run_id"]
    story = _story(places, dag, run, "failed")
    message = put_failure(places, story)
    if message is None:
        receivers, refused = read_right_receivers()
        is_set = refused or receivers.channels(airflow_channels)
        why = "open alerts told why before" if is_set else "no receiver is set to be told"
        say(f"DAG run {dag} {run} failed, and {why}.")
        return
    _deliver(places, message)


async def tell_late(context: Mapping[str, Any]) -> None:
    """Airflow's callback for a DAG run that is past its deadline; nothing when it has ended meanwhile."""
    await asyncio.to_thread(late, context["dag_run"])


def late(dag_run: Mapping[str, Any]) -> None:
    """Tell that the DAG run, in the words of Airflow's API, has not ended."""
    places, (receivers, refused) = read_places(), read_right_receivers()
    dag, run = str(dag_run["dag_id"]), str(dag_run["dag_run_id"])
    if dag_run["state"] in ENDED or not (refused or receivers.channels(airflow_channels)):
        return
    since = str(dag_run.get("start_date") or dag_run.get("queued_at"))[:16].replace("T", " ") + " UTC"
    saw = Seen(
        dag,
        run,
        str(dag_run["state"]),
        _standing(places, dag, run),
        conf=dag_run.get("conf") or {},
        began=_moment(dag_run.get("start_date") or dag_run.get("queued_at")),
        at=datetime.now(UTC).replace(tzinfo=None),
    )
    message = late_message(places, tell(places.home, saw), receivers.runbook_url, since)
    alerts.put(places.alerts, f"run {dag}/{run}", message)
    _deliver(places, message)


def _moment(told: Any) -> datetime | None:
    """A moment in the words of Airflow's API, in UTC; None for what is none."""
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _deliver(places: Places, message: Message) -> None:
    receivers, refused = read_right_receivers()
    for one in refused:
        say(f"A receiver is not told: {one}")
    channels = receivers.channels(airflow_channels)
    for channel, why in alerts.deliver_message(places.alerts, message, channels).items():
        say(f"{channel}: {why or message.subject}")


def _story(places: Places, dag: str, run: str, state: str) -> Story:
    """The story of a DAG run in `state`, with its tasks as the scheduler wrote them down, else as they told so far.

    What was written down of an earlier end, before the DAG run was cleared, is not so any more.
    """
    end = _end(places, dag, run)
    now = end if end and end.state == state else None
    ends = now.tasks if now else _so_far(places, dag, run)
    handed = {(one.task, one.map_index): one.refused for one in now.handed} if now else {}
    return tell(places.home, Seen(dag, run, state, ends, handed, end.conf if end else {}))


def _standing(places: Places, dag: str, run: str) -> tuple[TaskEnd, ...]:
    """The tasks of a DAG run that has not ended, as Airflow says; where it does not answer, as they told so far."""
    try:
        told = standing(dag, run, readable_tasks(places.home, dag, run).tasks)
    except Exception as error:
        why = redact(repr(error))
        say(f"How the tasks of {dag} {run} stand is told by what they left; Airflow did not: {why}")
        told = ()
    return told or _so_far(places, dag, run)


def _end(places: Places, dag: str, run: str) -> DagRunEnd | None:
    try:
        return read_run_end(places.home, dag, run)
    except Refusal as refusal:
        say(f"How DAG run {dag} {run} ended cannot be read, what its tasks left is told: {refusal}")
        return None


def _so_far(places: Places, dag: str, run: str) -> tuple[TaskEnd, ...]:
    states = {"passed": "success", "skipped": "skipped", "refused": "failed", "broke": "failed"}
    kept = readable_tasks(places.home, dag, run).tasks
    return tuple(TaskEnd(one.name.task, one.name.map_index, one.name.attempt, states[one.outcome]) for one in kept)
