"""Whether Airflow asks a person about a candidate, under Required Actions."""

from typing import Any, Literal

DAG, ASK, APPROVE = "approve_promotion", "ask", "approve"
Asked = bool | Literal["answered"] | None
UNDER_WAY, OVER = ("queued", "running"), ("success", "failed", "skipped", "upstream_failed", "removed")


def asks(candidate: str) -> Asked:
    """Whether a question about the MLflow run `candidate` is open, or was answered in a DAG run that goes on.

    None when Airflow cannot say, or a DAG run that has asked nothing yet may be about this candidate.
    """
    from airflow.utils.session import create_session
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session(scoped=False) as session:
            return _asks(session, candidate)
    except SQLAlchemyError:
        return None


def where(candidate: str, asked: Asked) -> str:
    """Where a person answers, or what brings the question back: its week may be over, or its answer had no reason."""
    again = f"{anew(candidate)}, or clear the task approve that asked."
    if asked is None:
        return f": answer under Required Actions in Airflow. If nothing about it stands there, {again}"
    if asked == "answered":
        return f": one has answered, and the DAG run of {DAG} that asked is carrying it out."
    if asked:
        return ": answer under Required Actions in Airflow."
    return f", and nothing asks one now. To be asked under Required Actions in Airflow, {again}"


def anew(candidate: str) -> str:
    """What brings a question about the verdict of now, whatever was asked before."""
    return f"trigger the DAG {DAG} with the candidate {candidate}"


def _asks(session: Any, candidate: str) -> Asked:
    from airflow.models import DagRun, TaskInstance
    from airflow.models.hitl import HITLDetail
    from airflow.models.xcom import XComModel

    begun = session.query(DagRun.run_id).filter(DagRun.dag_id == DAG, DagRun.state.in_(UNDER_WAY))
    under_way = {run for (run,) in begun}
    if not under_way:
        return False
    of_runs = (XComModel.dag_id == DAG, XComModel.run_id.in_(under_way), XComModel.task_id == ASK)
    rows = session.query(XComModel).filter(*of_runs, XComModel.key == "candidate")
    asked = {(row.run_id, row.map_index): XComModel.deserialize_value(row) for row in rows}
    answers = (
        session.query(TaskInstance.run_id, TaskInstance.map_index, TaskInstance.state, HITLDetail)
        .outerjoin(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .filter(TaskInstance.dag_id == DAG, TaskInstance.run_id.in_(under_way), TaskInstance.task_id == APPROVE)
    )
    # Some ten seconds after a person answered Airflow still says that the task waits.
    over = {(run, at): state if state in OVER else "success" for run, at, state, one in answers if _is_over(state, one)}
    ours = [over.get(place) for place, about in asked.items() if about == candidate]
    if None in ours:
        return True
    if "success" in ours:
        return "answered"
    # One that has not come to its first question yet may ask about this candidate or another.
    return None if under_way - {run for run, _ in asked} else False


def _is_over(state: str | None, question: Any) -> bool:
    return state in OVER or is_answered(question)


def is_answered(question: Any) -> bool:
    """Whether a person answered what Airflow keeps of a question; whatever else ended it, nobody did."""
    return question is not None and bool(question.chosen_options and question.responded_by)
