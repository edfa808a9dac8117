"""What a person answered, by Airflow's own database: told beside what the answer did, or why it did not count."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from artifacts.reason import SHORTEST, fitting
from artifacts.run_evidence import Refused, TaskEnd, TaskEvidence
from plugins.on_call.asking import APPROVE, OVER, is_answered
from plugins.redaction import redact
from plugins.run_story.seen import Answer, Seen

# The tasks of which one does what was answered, and what each does it on.
DONE_ON = {"promote": ("Approve",), "keep": ("Reject",)}


def answers(dag_run: Any, session: Any) -> dict[int, Answer]:
    """By map index of the task that asks; a question that nobody answered has none."""
    from airflow.models import TaskInstance
    from airflow.models.hitl import HITLDetail

    rows = (
        session.query(TaskInstance.map_index, HITLDetail)
        .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .filter(TaskInstance.dag_id == dag_run.dag_id, TaskInstance.run_id == dag_run.run_id)
        .filter(TaskInstance.task_id == APPROVE)
    )
    return {index: _answer(one) for index, one in rows if is_answered(one)}


def _answer(one: Any) -> Answer:
    who, reason = one.responded_by, (one.params_input or {}).get("reason")
    name = redact(who.get("name") or who.get("id") or "Somebody")
    return Answer(tuple(one.chosen_options), name, None if reason is None else redact(fitting(str(reason))))


def carried_out_soon(saw: Seen, ends: Sequence[TaskEnd]) -> dict[int, Answer]:
    """By map index the answers to the questions of `ends` of which the task that does what they say has not ended."""
    done = {(end.task, end.map_index) for end in saw.ends if end.state in OVER}
    of_ends = {end.map_index for end in ends if end.task == APPROVE}
    does: dict[tuple[str, ...], str] = {chosen: task for task, chosen in DONE_ON.items()}
    return {at: one for at, one in saw.answers.items() if at in of_ends and (does.get(one.chosen, ""), at) not in done}


def unreasoned(given: Mapping[int, Answer], ends: Sequence[TaskEnd]) -> dict[tuple[str, int], Refused]:
    """By task and map index what came of answers whose reason is too short for the ledger: the task leaves no word.

    One without a reason passes the form, and where the task is red all the same it is so for another cause.
    """
    failed = {end.map_index for end in ends if (end.task, end.state) == (APPROVE, "failed")}
    short = {at: one for at, one in given.items() if one.reason is not None and len(one.reason) < SHORTEST}
    return {(APPROVE, at): _refused(one) for at, one in short.items() if at in failed}


def _refused(one: Answer) -> Refused:
    reason = (one.reason or "").strip()
    said = f"with the reason {reason!r}" if reason else "without a reason"
    return Refused(
        "approval.unanswered",
        f"{one.by} answered {', '.join(one.chosen)} {said}; the ledger wants a reason of {SHORTEST} characters or "
        "more. Nothing was promoted, and nothing rejected.",
        f"Clear the task {APPROVE} to be asked again, and answer with such a reason.",
        may_pass_later=True,
    )


def with_answers(kept: Sequence[TaskEvidence], given: Mapping[int, Answer]) -> list[TaskEvidence]:
    """The evidence, with a note `answered` of the task that did what a person decided; the other one is silent then."""
    told = [_noted(one, given.get(one.name.map_index)) for one in kept]
    done = {one.name.map_index for one in told if "answered" in one.notes}
    return [replace(one, said=None, returned=None) if _is_idle(one, done) else one for one in told]


def _noted(one: TaskEvidence, answer: Answer | None) -> TaskEvidence:
    if answer is None or one.outcome != "passed" or DONE_ON.get(one.name.task) != answer.chosen:
        return one
    # Of a no the ledger's sentence names who and why by itself.
    approved = one.name.task == "promote"
    why = f" {answer.by} approved it: {(answer.reason or '').strip().rstrip('.')}." if approved else ""
    return replace(one, notes={**one.notes, "answered": {"promoted": approved, "said": f"{one.returned}{why}"}})


def _is_idle(one: TaskEvidence, done: set[int]) -> bool:
    return one.name.task in DONE_ON and one.name.map_index in done and "answered" not in one.notes
