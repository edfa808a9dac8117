"""Whether Airflow asks about a candidate is read where Airflow keeps it: a question is over once its task is."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from plugins.on_call.asking import asks

OURS, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def airflow(auth):
    """Writes a DAG run of approve_promotion in `state`, with each candidate and the state of its question."""
    from airflow.models import DagRun, TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType

    def write(state, *questions):
        now, run = datetime.now(UTC), uuid4().hex
        row = DagRun(dag_id="approve_promotion", run_id=run, run_type=DagRunType.MANUAL, run_after=now, state=state)
        of_run = {"dag_id": "approve_promotion", "run_id": run}
        with create_session() as session:
            session.add(row)
            session.flush()
            for index, (candidate, answer) in enumerate(questions):
                for task, came in (("ask", "success"), ("approve", answer)):
                    own = of_run | {"task_id": task, "map_index": index}
                    needs = {"pool": "default_pool", "pool_slots": 1, "try_number": 1, "max_tries": 0}
                    session.execute(TaskInstance.__table__.insert().values(**own, **needs, id=uuid4(), state=came))
                told = {"key": "candidate", "value": f'"{candidate}"', "timestamp": now, "dag_run_id": row.id}
                session.execute(XComModel.__table__.insert().values(**of_run, **told, task_id="ask", map_index=index))

    yield write
    with create_session() as session:
        for table in (XComModel, TaskInstance, DagRun):
            session.query(table).delete()


@pytest.mark.parametrize(
    ("state", "questions", "asked"),
    [
        ("running", [(OURS, "awaiting_input")], True),
        ("running", [(OURS, "deferred")], True),
        ("running", [(OURS, "failed"), (OTHER, "awaiting_input")], False),
        ("failed", [(OURS, "failed")], False),
        ("running", [(OTHER, "awaiting_input")], False),
        ("queued", [], None),
    ],
)
def test_a_candidate_is_asked_about_while_its_own_question_is_open(airflow, state, questions, asked):
    airflow(state, *questions)
    assert asks(OURS) is asked


@pytest.mark.parametrize(("first", "asked"), [(OURS, True), (OTHER, None)])
def test_what_a_dag_run_that_has_asked_nothing_yet_is_about_is_not_known(airflow, first, asked):
    airflow("running", (first, "awaiting_input"))
    airflow("queued")
    assert asks(OURS) is asked


def test_without_any_dag_run_nobody_is_asked(airflow):
    assert asks(OURS) is False
