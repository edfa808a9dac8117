"""The run page: a tab of a DAG run, and of a task instance."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from plugins.on_call.frame import no_page, page
from plugins.on_call.guard import reads
from plugins.on_call.names import DagId, DagRunId, TaskId
from plugins.run_story.airflow_saw import find
from plugins.run_story.page import body_of
from plugins.run_story.story import tell

# Of a task that is not mapped, Airflow's UI leaves the placeholder as it is.
MapIndex = Annotated[str, Path(pattern=r"^(-?\d{1,9}|\{MAP_INDEX\})$")]

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
    story = tell(request.app.state.places.home, saw, task_id, map_index)
    what = f"{dag} · {task_id}" if task_id else dag
    return page(request, what, *body_of(story, request.app.state.places, request.app.state.settings))
