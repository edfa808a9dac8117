"""Airflow's plugin: the on-call pages under /on-call, and where the UI shows them."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from plugins.forms import know_formats
from plugins.on_call.address import PREFIX, address

know_formats()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The pages, made at the first request: every Airflow process loads every plugin, and most serve nothing."""
    from plugins.on_call.app import serve

    await serve(scope, receive, send)


class OnCallPlugin(AirflowPlugin):  # type: ignore[misc]
    """The pages for whoever is on call."""

    name = "on_call"
    fastapi_apps: ClassVar[list[Any]] = [{"app": app, "url_prefix": PREFIX, "name": "On call"}]
    external_views: ClassVar[list[Any]] = [
        {
            "name": "Models",
            "href": address("/models"),
            "url_route": "models",
            "destination": "nav",
            "nav_top_level": True,
        },
        {"name": "Models", "href": address("/models"), "url_route": "models-of-dag", "destination": "dag"},
        {
            "name": "Story",
            "href": address("/dags/{DAG_ID}/runs/{RUN_ID}"),
            "url_route": "run-story",
            "destination": "dag_run",
        },
        {
            "name": "Story",
            "href": address("/dags/{DAG_ID}/runs/{RUN_ID}/tasks/{TASK_ID}/{MAP_INDEX}"),
            "url_route": "task-story",
            "destination": "task_instance",
        },
    ]
