"""Assembles the story of a DAG run, or of one task of it: the verdict, its cause, and what to do now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from artifacts.run_evidence import Refused, TaskEnd, TaskEvidence, read_tasks
from plugins.run_story.commands import next_command
from plugins.run_story.facts import facts_of
from plugins.run_story.seen import Seen
from plugins.run_story.sentence import sentence_of

State = Literal["OK", "KEPT", "WAITS", "DRIFT", "UNKNOWN", "FAILED", "SKIPPED", "RUNNING"]
FAILED = {"failed", "up_for_retry"}
RUNNING = {None, "none", "queued", "scheduled", "running", "up_for_retry", "deferred", "restarting", "awaiting_input"}


@dataclass(frozen=True)
class Story:
    """What happened, in one sentence, and what it rests on.

    `cause` is what said no, if anything did; `codes` are the runbook's sections about it; `command` is the one next
    command, None when there is nothing to run. `tasks` are the newest tries that left evidence.
    """

    dag: str
    run: str
    state: State
    sentence: str
    cause: Refused | None
    culprit: str | None
    codes: tuple[str, ...]
    command: str | None
    tasks: tuple[TaskEvidence, ...]
    ends: tuple[TaskEnd, ...]

    def note(self, kind: str) -> list[Mapping[str, Any]]:
        """Every note of `kind` that a room left in this DAG run."""
        return [one.notes[kind] for one in self.tasks if kind in one.notes]


def tell(home: Path, saw: Seen, task: str | None = None, map_index: int = -1) -> Story:
    """The story of the DAG run that Airflow `saw`, or of one `task` of it. Raises as `read_tasks` does."""
    dag, run, ends = saw.dag, saw.run, saw.ends
    every = kept = [one for one in read_tasks(home, dag, run) if _current(one, ends)]
    if task is not None:
        ends = tuple(end for end in ends if (end.task, end.map_index) == (task, map_index))
        kept = [one for one in kept if (one.name.task, one.name.map_index) == (task, map_index)]
    culprit, cause = _cause(kept, ends, saw.handed)
    because = _because(cause, every)
    state = _state(kept, ends, cause)
    facts = facts_of(every, culprit, home)
    return Story(
        dag=dag,
        run=run,
        state=state,
        sentence=sentence_of(state, culprit and culprit[0], because, kept, ends),
        cause=because,
        culprit=culprit[0] if culprit else None,
        codes=_codes(cause, because, kept),
        command=next_command(state, because, facts, kept),
        tasks=tuple(kept),
        ends=ends,
    )


def _current(evidence: TaskEvidence, ends: Sequence[TaskEnd]) -> bool:
    """Evidence of an earlier try says nothing of the one that Airflow saw last."""
    name = evidence.name
    tries = [end.attempt for end in ends if (end.task, end.map_index) == (name.task, name.map_index)]
    return not tries or name.attempt >= tries[0]


def _cause(
    kept: Sequence[TaskEvidence], ends: Sequence[TaskEnd], handed: Mapping[tuple[str, int], Refused]
) -> tuple[tuple[str, int] | None, Refused | None]:
    """Which task said no first, and with what."""
    for one in kept:
        if one.refused is not None:
            return (one.name.task, one.name.map_index), one.refused
    told = {(one.name.task, one.name.map_index) for one in kept}
    for end in ends:
        name = (end.task, end.map_index)
        if end.state in FAILED and name in handed:
            return name, handed[name]
        if end.state in FAILED and name not in told:
            return name, Refused(
                "run.no_evidence",
                f"Try {end.attempt} of {end.task} ended {end.state} and left no evidence: it was killed, or ended "
                "before its body began.",
                "See in its log and in the machine's memory why, then clear the task.",
                may_pass_later=True,
            )
    return None, None


def _because(cause: Refused | None, every: Sequence[TaskEvidence]) -> Refused | None:
    """A refusal that only counts findings, told by the first of those findings that could not be judged."""
    if cause is None or cause.code != "monitoring.cannot_judge":
        return cause
    unknown = [
        one
        for evidence in every
        for one in evidence.notes.get("findings", {}).get("worst", ())
        if one["state"] == "UNKNOWN"
    ]
    if not unknown:
        return cause
    first = unknown[0]
    return replace(cause, code=first["code"], message=f"{cause.message} {first['text']}")


def _codes(cause: Refused | None, because: Refused | None, kept: Sequence[TaskEvidence]) -> tuple[str, ...]:
    said = [one.code for one in (because, cause) if one is not None]
    found = [
        one["code"] for evidence in kept for one in evidence.notes.get("findings", {}).get("worst", ()) if one["code"]
    ]
    return tuple(dict.fromkeys([*said, *found]))


def _state(kept: Sequence[TaskEvidence], ends: Sequence[TaskEnd], cause: Refused | None) -> State:
    states = {end.state for end in ends}
    if "up_for_retry" in states or (cause is None and states & RUNNING):
        return "RUNNING"
    if cause is not None:
        return "UNKNOWN" if cause.code == "monitoring.cannot_judge" else "FAILED"
    found = {one.notes["findings"]["state"] for one in kept if "findings" in one.notes}
    if found & {"DRIFT", "UNKNOWN"}:
        return "DRIFT" if "DRIFT" in found else "UNKNOWN"
    outcomes = {one.outcome for one in kept} | {"skipped" for state in states if state == "skipped"}
    if outcomes == {"skipped"} or not (kept or "success" in states):
        return "SKIPPED"
    return _decided([one.notes["decided"] for one in kept if "decided" in one.notes])


def _decided(decided: Sequence[Mapping[str, Any]]) -> State:
    if not decided or any(one["promoted"] for one in decided):
        return "OK"
    return "WAITS" if any(one["waits"] for one in decided) else "KEPT"
