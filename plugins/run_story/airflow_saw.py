"""What Airflow's own database knows of a DAG run: how its tasks ended, refusals that came through XCom, and answers."""

from datetime import UTC, datetime
from typing import Any

from artifacts.run_evidence import Refused, TaskEnd
from plugins.redaction import redact
from plugins.run_story.answered import answers, unreasoned
from plugins.run_story.leaving import XCOM, plain
from plugins.run_story.seen import Seen


def seen(dag_run: Any, session: Any, state: str) -> Seen:
    """Read it with a session of Airflow's; it is in `state`, or about to be."""
    tasks = dag_run.get_task_instances(session=session)
    ends = [
        TaskEnd(ti.task_id, ti.map_index, ti.try_number, None if ti.state is None else str(ti.state)) for ti in tasks
    ]
    tasks_began = {(ti.task_id, ti.map_index): began for ti in tasks if (began := _utc(ti.start_date)) is not None}
    ends.sort(key=lambda end: (end.task, end.map_index))
    given = answers(dag_run, session)
    handed = {**unreasoned(given, ends), **_handed(dag_run, session)}
    began = _utc(dag_run.start_date or dag_run.queued_at or dag_run.run_after)
    at = datetime.now(UTC).replace(tzinfo=None)
    names = (dag_run.dag_id, dag_run.run_id)
    return Seen(*names, state, tuple(ends), handed, _conf(dag_run), given, began, tasks_began, at)


def find(dag: str, run: str) -> Seen | None:
    """A DAG run by its names, in a process that has Airflow's database; None when there is none."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        found = session.query(DagRun).filter(DagRun.dag_id == dag, DagRun.run_id == run).one_or_none()
        return None if found is None else seen(found, session, str(found.state))


def _utc(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)


def _conf(dag_run: Any) -> dict[str, Any]:
    told: dict[str, Any] = redact(plain(dag_run.conf or {}))
    return told


def _handed(dag_run: Any, session: Any) -> dict[tuple[str, int], Refused]:
    from airflow.models.xcom import XComModel

    rows = session.query(XComModel).filter(
        XComModel.dag_id == dag_run.dag_id, XComModel.run_id == dag_run.run_id, XComModel.key == XCOM
    )
    return {(row.task_id, row.map_index): Refused(**XComModel.deserialize_value(row)) for row in rows}
