"""The notes of DAG runs that waited for a person, or made a champion, when they ended: set anew by the ledger."""

import logging
from functools import partial
from typing import Any

from artifacts.places import Places
from artifacts.reigns import champion_in
from artifacts.run_evidence import readable_tasks
from plugins.run_story.airflow_saw import seen
from plugins.run_story.note import MARKS, with_note
from plugins.run_story.since import since
from plugins.run_story.story import tell

LOG = logging.getLogger(__name__)
ENDED = ("success", "failed")
WAIT = (f"%{MARKS['WAITS']} WAITS%", "%waits for a person%")
# So a note says of a champion, and of one that is none any more, which can come back.
CHAMPION = (
    "%: Version % is champion.%",
    "%Version % is champion of %, since line %",
    "%; version % is champion since %",
)


def retell_notes(places: Places, session: Any) -> None:
    """Look at each of them with a session of Airflow's; one whose evidence was forgotten keeps its note, unread.

    So there are never more to look at than DAG runs are kept. A DAG run that Airflow still calls running is left alone:
    also the one that is just ending, which has its note.
    """
    from airflow.models.dagrun import DagRun, DagRunNote
    from sqlalchemy import or_

    stale = or_(*(DagRunNote.content.like(one) for one in (*WAIT, *CHAMPION)))
    for one in session.query(DagRun).filter(DagRun.dag_run_note.has(stale), DagRun.state.in_(ENDED)).all():
        try:
            _retell(places, session, one)
        except Exception as error:
            LOG.warning("The note of DAG run %s %s is not set anew: %r", one.dag_id, one.run_id, error)


def _retell(places: Places, session: Any, one: Any) -> None:
    from airflow.models.dagrun import DagRunNote

    kept, before = readable_tasks(places.home, one.dag_id, one.run_id), one.note
    if not (kept.tasks or kept.damaged):
        return
    story = tell(places.home, seen(one, session, str(one.state)), since=partial(since, places.ledger))
    now = with_note(before, story)
    decided = story.note("decided") or any(champion_in(one.returned) for one in kept.tasks)
    if decided and now != before:
        # What a person wrote there meanwhile is not overwritten.
        as_read = session.query(DagRunNote).filter(DagRunNote.dag_run_id == one.id, DagRunNote.content == before)
        as_read.update({DagRunNote.content: now}, synchronize_session=False)
