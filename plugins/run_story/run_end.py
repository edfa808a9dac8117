"""At the end of a DAG run: it is written down, its note says the verdict, and a failure waits in the outbox."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from artifacts import alerts
from artifacts.alerts import Message, read_right_receivers
from artifacts.errors import Refusal
from artifacts.places import Places, read_places
from artifacts.run_evidence import DagRunEnd, Handed, forget_old_runs, keep_run_end, last_good, last_good_of
from plugins.alert_channels import airflow_channels
from plugins.on_call.settings import read_on_call_settings
from plugins.run_story.about import about_of, same
from plugins.run_story.airflow_saw import seen
from plugins.run_story.message import failure_message
from plugins.run_story.note import ENDS, with_note, without_verdict
from plugins.run_story.retell import retell_notes
from plugins.run_story.seen import Seen
from plugins.run_story.story import Story, tell
from plugins.run_story.told_before import told_before

LOG = logging.getLogger(__name__)
NOWHERE = Path("/dev/null")


def run_ended(dag_run: Any) -> Story:
    """Write down how `dag_run` ended, set its note, and put what is to be told of a failure into the outbox.

    Notes of others that waited for a person are set anew: this may be the DAG run in which one decided.
    Called in the transaction that ends the DAG run: when that is lost, this is done again.
    """
    places = _places()
    with _session_of(dag_run) as (session, own):
        saw = seen(own, session, str(dag_run.state))
        story = tell(NOWHERE if places is None else places.home, saw)
        own.note = with_note(own.note, story)
    if places is not None:
        # Neither keeps the other from being done.
        try:
            # Airflow says success of one whose last tasks were skipped as a person marked it failed.
            if saw.state == "failed" or story.state == "FAILED":
                # Whoever sends it looks again, with more time.
                put_failure(places, story, hurried=True)
        finally:
            _write_down(places, saw, about_of(story.tasks, saw.conf))
        with _session_of(dag_run) as (session, _):
            retell_notes(places, session)
    return story


def run_began(dag_run: Any) -> None:
    """Take the verdict of an earlier end from the note."""
    with _session_of(dag_run) as (_, own):
        if own.note is not None and ENDS in own.note:
            own.note = without_verdict(own.note)


def put_failure(places: Places, story: Story, *, hurried: bool = False) -> Message | None:
    """Put the message about a failed DAG run into the outbox, once for each time it ends so.

    None when nobody is set to be told, or open alerts told it before: the DAG run is red in Airflow all the same.
    For receivers that are set wrongly it waits, where there are no others too. `hurried` as of `champions`.
    """
    receivers, refused = read_right_receivers()
    for one in refused:
        LOG.warning("A receiver is not told of DAG run %s %s: %s", story.dag, story.run, one)
    if not (refused or receivers.channels(airflow_channels)) or told_before(places, story):
        return None
    message = failure_message(places, story, receivers.runbook_url, hurried=hurried)
    alerts.put(places.alerts, f"run {story.dag}/{story.run}", message)
    return message


def _write_down(places: Places, saw: Seen, about: tuple[str, ...]) -> None:
    ended = datetime.now(UTC).replace(tzinfo=None)
    since, since_of, unread = None, {}, None
    try:
        since = last_good(places.home, saw.dag, saw.run, same(about), saw.began)
        since_of = last_good_of(places.home, saw.dag, saw.run, same(about), saw.began)
    except Refusal as refusal:
        LOG.warning("DAG run %s %s is held against no earlier one: %s", saw.dag, saw.run, refusal)
        unread = f"{refusal.code}: {refusal.message}"
    handed = tuple(Handed(*name, refused) for name, refused in saw.handed.items())
    given = (saw.conf, about, unread, handed, saw.began, since_of)
    keep_run_end(places.home, DagRunEnd(saw.dag, saw.run, saw.state, ended, saw.ends, since, *given))
    try:
        forget_old_runs(places.home, saw.dag, read_on_call_settings().kept_runs)
    except (Refusal, OSError) as error:
        LOG.warning("Old DAG runs of %s are not forgotten: %s", saw.dag, error)


@contextmanager
def _session_of(dag_run: Any) -> Iterator[tuple[Any, Any]]:
    """The scheduler's session, which commits the note with the DAG run's end; `dag.test` hands in one without any."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is not None:
        yield session, dag_run
        return
    with create_session(scoped=False) as session:
        yield session, session.get_one(DagRun, dag_run.id)


def _places() -> Places | None:
    try:
        return read_places()
    except Refusal:
        return None
