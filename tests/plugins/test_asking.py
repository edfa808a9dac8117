"""Whether Airflow asks about a candidate is read where Airflow keeps it: a question is over once its task is."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from artifacts.run_evidence import read_run_end
from plugins.on_call.asking import asks
from plugins.run_story.airflow_saw import find
from plugins.run_story.cause import cause_of
from plugins.run_story.run_end import run_ended
from plugins.run_story.seen import Answer, Seen
from plugins.run_story.story import tell

OURS, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def airflow(auth):
    """Writes a DAG run of approve_promotion in `state`, with each candidate and the state of its question."""
    from airflow.models import DagRun, TaskInstance
    from airflow.models.hitl import HITLDetail
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType

    def write(state, *questions, **answered):
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
                    made = uuid4()
                    session.execute(TaskInstance.__table__.insert().values(**own, **needs, id=made, state=came))
                told = {"key": "candidate", "value": f'"{candidate}"', "timestamp": now, "dag_run_id": row.id}
                session.execute(XComModel.__table__.insert().values(**of_run, **told, task_id="ask", map_index=index))
                if answered:
                    session.add(HITLDetail(ti_id=made, options=["Approve"], subject="?", responded_at=now, **answered))
        return run

    yield write
    with create_session() as session:
        for table in (HITLDetail, XComModel, TaskInstance, DagRun):
            session.query(table).delete()


@pytest.mark.parametrize(
    ("state", "questions", "asked"),
    [
        ("running", [(OURS, "awaiting_input")], True),
        ("running", [(OURS, "deferred")], True),
        ("running", [(OURS, "failed"), (OTHER, "awaiting_input")], False),
        ("failed", [(OURS, "failed")], False),
        ("running", [(OTHER, "awaiting_input")], False),
        ("running", [(OURS, "success"), (OTHER, "awaiting_input")], "answered"),
        ("success", [(OURS, "success")], False),
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


ADA = {"id": "1", "name": "Ada"}


@pytest.mark.parametrize(("responded", "asked"), [(ADA, "answered"), (None, True)], ids=["answered", "asked"])
def test_an_answer_counts_from_when_it_is_given_and_not_only_once_airflow_has_taken_it_up(
    airflow, tmp_path, responded, asked
):
    given = {"chosen_options": ["Approve"] if responded else None, "responded_by": responded}
    run = airflow("running", (OURS, "awaiting_input"), params_input={"reason": "It is better."}, **given)
    assert asks(OURS) == asked
    for task in (None, "approve"):
        said = tell(tmp_path, find("approve_promotion", run), task, 0).sentence
        assert ("Ada answered Approve, not yet carried out. Airflow takes an answer up" in said) == (responded == ADA)
        assert ("under Required Actions" in said) == (responded is None)


def said_of(run):
    """What is said of the red task that asked."""
    saw = find("approve_promotion", run)
    return cause_of(saw.state, [], saw.ends, saw.handed, {})


@pytest.mark.parametrize(("given", "told"), [("ok", "with the reason 'ok'"), ("", "without a reason")])
def test_an_answer_whose_reason_is_too_short_is_told_with_who_gave_it(airflow, given, told):
    given = {"reason": given}
    run = airflow("failed", (OURS, "failed"), chosen_options=["Approve"], responded_by=ADA, params_input=given)
    culprit, said = said_of(run)
    assert (culprit, said.code) == (("approve", 0), "approval.unanswered")
    assert said.message.startswith(f"Ada answered Approve {told}; the ledger wants a reason of 3 characters or more.")
    assert said.next_step.startswith("Clear the task approve to be asked again")


def test_whoever_is_told_later_without_airflows_database_reads_the_same_sentence(airflow, monkeypatch, tmp_path):
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    given = {"chosen_options": ["Reject"], "responded_by": ADA, "params_input": {"reason": "x"}}
    run = airflow("failed", (OURS, "failed"), **given)
    with create_session() as session:
        story = run_ended(session.query(DagRun).filter(DagRun.run_id == run).one())
    end = read_run_end(tmp_path, "approve_promotion", run)
    told = Seen(
        "approve_promotion", run, "failed", end.tasks, {(one.task, one.map_index): one.refused for one in end.handed}
    )
    assert tell(tmp_path, told).sentence == story.sentence
    assert "Ada answered Reject with the reason 'x'" in story.sentence


@pytest.mark.parametrize(
    "answered",
    [
        {},
        {"chosen_options": [], "responded_by": None, "params_input": {}},
        {"chosen_options": ["Approve"], "responded_by": {}, "params_input": {"reason": "ok"}},
        {"chosen_options": ["Approve"], "responded_by": ADA, "params_input": {"reason": "It is better."}},
        # The form takes these; the task behind it refuses them (`decision.incomplete`).
        {"chosen_options": ["Approve"], "responded_by": ADA, "params_input": {}},
        {"chosen_options": ["Approve"], "responded_by": ADA, "params_input": {"reason": None}},
        {"chosen_options": ["Approve"], "responded_by": ADA, "params_input": {"reason": "    "}},
    ],
)
def test_without_an_answer_or_with_one_that_the_form_takes_nobody_is_blamed(airflow, answered):
    _, said = said_of(airflow("failed", (OURS, "failed"), **answered))
    assert said.code == "approval.unanswered" and "Mostly nobody answered" in said.message


def test_who_answered_what_and_why_is_read_and_who_did_not_answer_is_not_there(airflow):
    run = airflow(
        "success", (OURS, "success"), chosen_options=["Approve"], responded_by=ADA, params_input={"reason": "So."}
    )
    assert find("approve_promotion", run).answers == {0: Answer(("Approve",), "Ada", "So.")}
    assert find("approve_promotion", airflow("running", (OURS, "awaiting_input"), params_input={})).answers == {}
