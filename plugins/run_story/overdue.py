"""What a DAG run that is past its deadline is at: how its tasks stand, which have not ended, and what to look at."""

import re
from collections.abc import Sequence

from artifacts.run_evidence import TaskEnd, TaskEvidence
from plugins.run_story.story import Story
from plugins.run_story.todo import ANSWER, Todo
from plugins.run_story.verdict import RUNNING

UNKNOWN = "Which of its tasks have not ended stands under Tasks on its page."


def standing(dag: str, run: str, kept: Sequence[TaskEvidence]) -> tuple[TaskEnd, ...]:
    """How the tasks of a DAG run stand, asked where Airflow lets no program at its database: in a triggerer, or a task.

    Airflow does not say which try it is: what was `kept` of a task that runs is of a try before. Raises whatever
    Airflow does, elsewhere too.
    """
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    states = RuntimeTaskInstance.get_task_states(dag_id=dag, run_ids=[run]).get(run, {})
    tries = {(one.name.task, one.name.map_index): one.name.attempt for one in kept}
    return tuple(_end(*named(label), state, tries) for label, state in sorted(states.items()))


def named(label: str) -> tuple[str, int]:
    """The task and its map index, which Airflow writes behind it; no task here has a name that ends so, says a test."""
    mapped = re.fullmatch(r"(.+)_(\d+)", label)
    return (mapped[1], int(mapped[2])) if mapped else (label, -1)


def _end(task: str, map_index: int, state: str | None, tries: dict[tuple[str, int], int]) -> TaskEnd:
    told, last = None if state is None else str(state), tries.get((task, map_index), 0)
    return TaskEnd(task, map_index, last + (told in RUNNING and told != "up_for_retry"), told)


def overdue(story: Story) -> Todo:
    """What to look at; where a task said no, what is to be done about that."""
    left = [_shown(end) for end in story.ends if end.state in RUNNING]
    which = f"Not ended: {', '.join(left)}." if left else UNKNOWN
    if story.cause is not None:
        what = story.todo
        return Todo(what.command, f"{which} {what.said}".strip(), what.then, what.repeats, what.answer)
    states = {end.state: _shown(end) for end in story.ends}
    if "awaiting_input" in states:
        return Todo(said=which, answer=ANSWER)
    if "running" in states:
        log = f"Look at the end of the log of {states['running']}: does it stand still, mark it failed, and clear it."
        return Todo(said=which, then=log)
    nothing = (
        f"See in Airflow whether it stands still: whether {story.dag} is paused, an earlier DAG run of it goes before, "
        "what else takes the workers, or a log has no new line. Then mark what stands still failed, and clear it."
    )
    return Todo(said=which, then=nothing)


def _shown(end: TaskEnd) -> str:
    return end.task if end.map_index < 0 else f"{end.task} [{end.map_index}]"
