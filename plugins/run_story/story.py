"""Assembles the story of a DAG run, or of one task of it: the verdict, its cause, and what to do now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from artifacts.run_evidence import Refused, TaskEnd, TaskEvidence, TaskName, readable_tasks
from plugins.run_story.answered import with_answers
from plugins.run_story.cause import because, beside, beside_damaged, cause_of, codes_of, gone, of_gone
from plugins.run_story.facts import facts_of
from plugins.run_story.seen import Seen
from plugins.run_story.sentence import sentence_of
from plugins.run_story.so_far import running_since, so_far
from plugins.run_story.todo import FINDS, Todo, mending, todo, unjudged
from plugins.run_story.verdict import ENDED, State, of_task, verdict_of

# What a DAG run can come to only if all that its tasks left is there.
WELL = {"OK", "KEPT", "SKIPPED"}


@dataclass(frozen=True)
class Story:
    """What happened, in one sentence, and what it rests on.

    `cause` is what said no, if anything did; `codes` are the runbook's sections about it; `todo` has the one next
    command. `tasks` are the newest tries that left evidence; `damaged` is why that of a task, by its name and map
    index, cannot be read, and `lost` that what tasks that ended well left is gone. `is_over` says whether the DAG run
    has ended.
    """

    dag: str
    run: str
    state: State
    sentence: str
    cause: Refused | None
    culprit: str | None
    codes: tuple[str, ...]
    todo: Todo
    tasks: tuple[TaskEvidence, ...]
    ends: tuple[TaskEnd, ...]
    damaged: Mapping[tuple[str, int], Refused] = field(default_factory=dict)
    lost: Refused | None = None
    is_over: bool = True

    @property
    def command(self) -> str | None:
        """The one next command; None when there is nothing to run."""
        return self.todo.command

    @property
    def models(self) -> set[str]:
        """The models that its tasks noted; of one that was not trained its config says it, among its keys."""
        noted = [{**told.get("keys", {}), **told} for one in self.tasks for told in one.notes.values()]
        return {str(told["model"]) for told in noted if told.get("model")}

    def note(self, kind: str) -> list[Mapping[str, Any]]:
        """Every note of `kind` that a room left in this DAG run."""
        return [one.notes[kind] for one in self.tasks if kind in one.notes]


def tell(
    home: Path,
    saw: Seen,
    task: str | None = None,
    map_index: int = -1,
    *,
    since: Callable[[TaskEvidence], TaskEvidence] | None = None,
) -> Story:
    """The story of the DAG run that Airflow `saw`, or of one `task` of it; `since` adds what was decided after it.

    Evidence that cannot be read, or is gone, is told as what it is; a DAG run or task that failed is never well.
    """
    ends, kept = saw.ends, readable_tasks(home, saw.dag, saw.run)
    every = told = [one if since is None else since(one) for one in kept.tasks if _current(one.name, saw)]
    damaged = {(n.task, n.map_index): refused for n, refused in kept.damaged.items() if _current(n, saw)}
    state = saw.state
    if task is not None:
        own = (task, map_index)
        ends = tuple(end for end in ends if (end.task, end.map_index) == own)
        told = [one for one in every if (one.name.task, one.name.map_index) == own]
        damaged = {name: refused for name, refused in damaged.items() if name == own}
        state = of_task(ends)
    told = with_answers(told, saw.answers)
    culprit, cause = cause_of(state, told, ends, saw.handed, damaged)
    verdict, more = verdict_of(state, told, ends, cause), ""
    if state == "success" and cause in damaged.values() and (rest := verdict_of(state, told, ends, None)) not in WELL:
        verdict, cause, more = rest, None, beside_damaged(sorted({name for name, _ in damaged}))
    left = {(one.name.task, one.name.map_index) for one in every} | damaged.keys()
    lacks = gone(ends, left) if saw.state in ENDED else []
    lost = of_gone(lacks) if lacks else None
    if lost and verdict in WELL:
        verdict, cause = "UNKNOWN", lost
    elif lost:
        more += beside(lacks)
    why = because(cause, every)
    whole = task is None
    if cause is not None and whole:
        more = _beside_no(saw, ends, verdict) + more
    first, facts = culprit[0] if culprit else None, facts_of(every, culprit, home, saw.conf)
    return Story(
        dag=saw.dag,
        run=saw.run,
        state=verdict,
        sentence=so_far(saw, ends, whole=whole)
        if verdict == "RUNNING" and cause is None
        else sentence_of(verdict, first, why, told, ends) + more,
        cause=why,
        culprit=first,
        codes=codes_of((why, cause, *(one.refused for one in told), *damaged.values(), lost), told),
        todo=_todo(saw, first, cause, why, facts) if cause and why else todo(verdict, told, facts),
        tasks=tuple(told),
        ends=ends,
        damaged=damaged,
        lost=lost,
        is_over=saw.state in ENDED,
    )


def _todo(saw: Seen, culprit: str | None, cause: Refused, why: Refused, facts: Mapping[str, str]) -> Todo:
    if cause.code in FINDS:
        return unjudged(saw.dag, cause, facts)
    return mending(saw.dag, culprit, why, facts, saw.conf)


def _beside_no(saw: Seen, ends: Sequence[TaskEnd], verdict: State) -> str:
    """What is so of a DAG run although something said no: that it goes on, or that Airflow calls it a success."""
    if saw.state not in ENDED:
        if verdict != "RUNNING":
            return f" The DAG run goes on. {so_far(saw, ends, whole=True)}"
        return f" {runs}." if (runs := running_since(saw)) else ""
    if saw.state == "success" and any(end.state == "failed" for end in ends):
        return " Airflow calls the DAG run a success all the same."
    return ""


def _current(name: TaskName, saw: Seen) -> bool:
    """Evidence of an earlier try says nothing of the one that Airflow saw last, nor of a task that was cleared."""
    own = [end for end in saw.ends if (end.task, end.map_index) == (name.task, name.map_index)]
    if not own:
        return True
    is_cleared = own[0].state is None and saw.state not in ENDED
    return name.attempt >= own[0].attempt and not is_cleared
