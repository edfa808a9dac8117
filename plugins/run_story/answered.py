"""What a person answered where that did not count, by Airflow's own database: the task fails, and leaves no word."""

from typing import Any

from artifacts.run_evidence import Refused
from plugins.on_call.asking import APPROVE
from plugins.redaction import redact

# As in the form of the DAG, and as the ledger wants it.
LEAST = 3


def unreasoned(dag_run: Any, session: Any) -> dict[tuple[str, int], Refused]:
    """By task and map index what came of answers whose reason is too short for the ledger."""
    from airflow.models import TaskInstance
    from airflow.models.hitl import HITLDetail

    rows = (
        session.query(TaskInstance.map_index, HITLDetail)
        .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .filter(TaskInstance.dag_id == dag_run.dag_id, TaskInstance.run_id == dag_run.run_id)
        .filter(TaskInstance.task_id == APPROVE, TaskInstance.state == "failed")
    )
    return {(APPROVE, index): _refused(one) for index, one in rows if _is_short(one)}


def _is_short(one: Any) -> bool:
    """Whether the form refused it: one without a reason passes it, and what is red then is so for another cause."""
    reason = _reason(one)
    return bool(one.chosen_options and one.responded_by) and reason is not None and len(reason) < LEAST


def _reason(one: Any) -> str | None:
    given = (one.params_input or {}).get("reason")
    return None if given is None else str(given)


def _refused(one: Any) -> Refused:
    who, reason = one.responded_by, _reason(one)
    name = redact(who.get("name") or who.get("id") or "Somebody")
    given = f"with the reason {redact(reason)!r}" if reason else "without a reason"
    return Refused(
        "approval.unanswered",
        f"{name} answered {', '.join(one.chosen_options)} {given}; the ledger wants a reason of {LEAST} characters or "
        "more. Nothing was promoted, and nothing rejected.",
        f"Clear the task {APPROVE} to be asked again, and answer with such a reason.",
        may_pass_later=True,
    )
