"""The run page: a tab of a DAG run, and of a task instance."""

from functools import partial
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from starlette.responses import Response

from artifacts.run_evidence import readable_tasks
from plugins.on_call.frame import no_page, page
from plugins.on_call.guard import reads
from plugins.on_call.home import Home
from plugins.on_call.names import DagId, DagRunId, TaskId
from plugins.run_story.airflow_saw import find
from plugins.run_story.page import body_of
from plugins.run_story.seen import Seen
from plugins.run_story.since import since
from plugins.run_story.story import tell

# Of a task that is not mapped, Airflow's UI leaves the placeholder as it is.
MapIndex = Annotated[str, InPath(pattern=r"^(-?\d{1,9}|\{MAP_INDEX\})$")]

router = APIRouter(dependencies=reads())


@router.get("/dags/{dag_id}/runs/{dag_run_id}")
def dag_run(request: Request, dag_id: DagId, dag_run_id: DagRunId) -> Response:
    """What happened in a DAG run."""
    return _told(request, dag_id, dag_run_id)


@router.get("/dags/{dag_id}/runs/{dag_run_id}/tasks/{task_id}/{map_index}")
def task(request: Request, dag_id: DagId, dag_run_id: DagRunId, task_id: TaskId, map_index: MapIndex) -> Response:
    """What happened in one task of it."""
    return _told(request, dag_id, dag_run_id, task_id, -1 if map_index.startswith("{") else int(map_index))


def _told(request: Request, dag: str, run: str, task_id: str | None = None, map_index: int = -1) -> Response:
    saw = find(dag, run)
    if saw is None:
        return no_page(request, f"Airflow knows no DAG run {run} of {dag}.")
    if task_id is not None and not _is_of(saw, request.app.state.places.home, task_id, map_index):
        return no_page(request, _no_task(saw, request.app.state.places.home, task_id, map_index))
    places = request.app.state.places
    decided = partial(since, places.ledger, home=Home.of(request))
    story = tell(places.home, saw, task_id, map_index, since=decided)
    what = f"{dag} · {run}{f' · {task_id}' if task_id else ''}"
    return page(request, what, body_of(story, places, request.app.state.settings))


def _is_of(saw: Seen, home: Path, task_id: str, map_index: int) -> bool:
    """Whether Airflow or what was left knows such a task; where Airflow knows none, that is not known."""
    known = {(end.task, end.map_index) for end in saw.ends}
    if not known or (task_id, map_index) in known or (map_index < 0 and task_id in {task for task, _ in known}):
        return True
    return (task_id, map_index) in _left(saw, home)


def _left(saw: Seen, home: Path) -> set[tuple[str, int]]:
    kept = readable_tasks(home, saw.dag, saw.run)
    return {(one.task, one.map_index) for one in (*(each.name for each in kept.tasks), *kept.damaged)}


def _no_task(saw: Seen, home: Path, task_id: str, map_index: int) -> str:
    there = sorted(_left(saw, home) | {(end.task, end.map_index) for end in saw.ends})
    alike = [index for task, index in there if task == task_id and index >= 0]
    has = f"{task_id} {alike}" if alike else ", ".join(dict.fromkeys(task for task, _ in there))
    shown = f"{task_id}{f' [{map_index}]' * (map_index >= 0)}"
    return f"The DAG run {saw.run} of {saw.dag} has no task {shown}; it has {has}."
