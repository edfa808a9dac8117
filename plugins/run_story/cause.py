"""What said no in a DAG run: the first refusal, else whatever failed in Airflow without one, or cannot be read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from artifacts.run_evidence import Refused, TaskEnd, TaskEvidence
from plugins.run_story.about import about_window

FAILED = {"failed", "up_for_retry"}
# The task that asks a person; it is Airflow's own, which leaves no evidence.
ASKS = "approve"
# A task by its name and map index.
Name = tuple[str, int]
# So the refusal said, before it was said of what was asked alone.
NO_DRIFT = ", nor does anything of it say DRIFT"
OF_NOTHING = Refused(
    "run.failed_outside",
    "Airflow says that it failed, and nothing that its tasks left says why: somebody marked it failed, or it took "
    "longer than it may.",
    "See under Events and Audit Log of the DAG run who or what ended it, then clear it.",
)

GONE = "run_evidence.gone"
DID_NOTHING = "{} was set to success before it ran, and did nothing."


def cause_of(
    state: str,
    kept: Sequence[TaskEvidence],
    ends: Sequence[TaskEnd],
    handed: Mapping[Name, Refused],
    damaged: Mapping[Name, Refused],
) -> tuple[Name | None, Refused | None]:
    """Which task said no first, and with what; a DAG run in the `state` failed always has a cause, if not a task.

    `handed` are refusals that came through Airflow, `damaged` those of evidence that cannot be read.
    """
    for one in kept:
        if one.refused is not None:
            return (one.name.task, one.name.map_index), one.refused
    told = {(one.name.task, one.name.map_index): one for one in kept}
    for end in ends:
        name = (end.task, end.map_index)
        if end.state in FAILED:
            return name, handed.get(name) or damaged.get(name) or _unsaid(end, told.get(name))
    return None, next(iter(damaged.values()), OF_NOTHING if state == "failed" else None)


def gone(ends: Sequence[TaskEnd], left: Collection[Name]) -> list[TaskEnd]:
    """The tasks that ended well and left nothing that is still there, as each does but the one that asks a person.

    One that was set to success by hand before it ever ran, and did nothing, is one of them.
    """
    ran = [one for one in ends if one.state == "success" or (one.state == "skipped" and one.attempt > 0)]
    return [one for one in ran if one.task != ASKS and (one.task, one.map_index) not in left]


def of_gone(lacks: Sequence[TaskEnd]) -> Refused:
    """That what these tasks left is gone, or that they did nothing: what the DAG run came to cannot be told."""
    never, left = _names(lacks)
    forgotten = (
        f"What {left} left is not there any more: it was forgotten (ON_CALL_KEPT_RUNS), the home's runs/ is lost or "
        "another one's, or somebody set it to success by hand, so that it left nothing. What was found or decided in "
        "it is not known here."
    )
    step = "Its note in Airflow says what it came to when it ended, and the logs of its tasks have the rest."
    if not left:
        step = f"Clear {never} in Airflow: it does its work, and what comes after it runs again."
    return Refused(GONE, " ".join(filter(None, (left and forgotten, never and DID_NOTHING.format(never)))), step)


def beside(lacks: Sequence[TaskEnd]) -> str:
    """The same in short, behind a verdict that is known in spite of it."""
    never, left = _names(lacks)
    told = f" What {left} left is not there any more ({GONE}), so what it found or decided is not known."
    return f"{told if left else ''}{f' {DID_NOTHING.format(never)}' if never else ''}"


def _names(lacks: Sequence[TaskEnd]) -> tuple[str, str]:
    """Of those that never ran, and of the others."""
    each = [sorted({one.task for one in lacks if (one.attempt == 0) == never}) for never in (True, False)]
    return ", ".join(each[0]), ", ".join(each[1])


def beside_damaged(tasks: Sequence[str]) -> str:
    """Likewise of what these tasks left and cannot be read."""
    return f" What {', '.join(tasks)} left cannot all be read (run_evidence.damaged), so not all of it is known."


def because(cause: Refused | None, every: Sequence[TaskEvidence]) -> Refused | None:
    """A refusal of findings that could not be judged, under the code of the first of them."""
    if cause is None or cause.code != "monitoring.cannot_judge":
        return cause
    noted = [one.notes["findings"] for one in every if "findings" in one.notes]
    # What is UNKNOWN beside a DRIFT makes nothing red.
    blind = [code for one in noted for code in _unjudged(one)]
    if not blind:
        return cause
    drifted = [about_window(one) for one in noted if _says_drift(one)]
    beside = f" What else was checked says DRIFT, and that was told: {'; '.join(drifted)}." if drifted else ""
    return replace(cause, code=blind[0], message=cause.message.replace(NO_DRIFT, "") + beside)


def _unjudged(found: Mapping[str, Any]) -> list[str]:
    """The codes of what was asked and could not be judged; in notes from before that was noted, of all that was not."""
    told: list[str] | None = found.get("unjudged")
    if told is not None:
        return told
    unknown = [one["code"] for one in found["worst"] if one["state"] == "UNKNOWN"]
    return unknown if found["state"] == "UNKNOWN" else []


def _says_drift(found: Mapping[str, Any]) -> bool:
    """Whether what was asked says DRIFT; in notes from before that was noted, whether anything does."""
    return bool(found["asked"] == "DRIFT" if "asked" in found else found["state"] == "DRIFT")


def codes_of(said: Sequence[Refused | None], kept: Sequence[TaskEvidence]) -> tuple[str, ...]:
    """The runbook's sections: of what said no, then of what was found."""
    each = [[one["code"] for one in _worst([one]) if one["code"]] for one in kept]
    # Of each check what was worst, before all else of any.
    found = [*(codes[0] for codes in each if codes), *(code for codes in each for code in codes)]
    return tuple(dict.fromkeys([*(one.code for one in said if one is not None), *found]))


def _unsaid(end: TaskEnd, kept: TaskEvidence | None) -> Refused:
    """Of a task that failed in Airflow, and did not itself say why."""
    if kept is None and end.task == ASKS:
        return Refused(
            "approval.unanswered",
            f"Try {end.attempt} of {end.task} ended {end.state}, and leaves no word of why. Mostly nobody answered "
            "within a week, or the answer came with a reason of less than 3 characters; it may have been killed or "
            "marked failed too. Nothing was promoted, and nothing rejected.",
            f"See the end of its log if that was not so. Clear the task {end.task} to be asked again, and answer with "
            "a reason.",
            may_pass_later=True,
        )
    if kept is None:
        return Refused(
            "run.no_evidence",
            f"Try {end.attempt} of {end.task} ended {end.state} and left no evidence: it was killed, or ended "
            "before its body began.",
            "See in its log and in the machine's memory why, then clear the task.",
            may_pass_later=True,
        )
    return Refused(
        "run.failed_outside",
        f"Try {end.attempt} of {end.task} did its work ({kept.outcome}), and Airflow says {end.state}: what it "
        "returned could not be handed on, or somebody marked it failed.",
        "See at the end of its log what came after the work, then clear the task.",
        may_pass_later=True,
    )


def _worst(every: Sequence[TaskEvidence]) -> list[Mapping[str, str]]:
    return [one for evidence in every for one in evidence.notes.get("findings", {}).get("worst", ())]
