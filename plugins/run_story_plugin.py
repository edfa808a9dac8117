"""Airflow's plugin for what is told of each DAG run: its note, its page, and links from its tasks."""

import logging
from importlib import import_module
from typing import Any, ClassVar

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperatorLink

LOG = logging.getLogger(__name__)


class RunEnds:
    """Airflow's scheduler calls these in the transaction that begins or ends a DAG run."""

    @hookimpl  # type: ignore[untyped-decorator]
    def on_dag_run_running(self, dag_run: Any, msg: str) -> None:
        """A DAG run begins, perhaps again: an earlier verdict goes from its note."""
        _guarded(dag_run, "run_began")

    @hookimpl  # type: ignore[untyped-decorator]
    def on_dag_run_success(self, dag_run: Any, msg: str) -> None:
        """A DAG run ended well."""
        _guarded(dag_run, "run_ended")

    @hookimpl  # type: ignore[untyped-decorator]
    def on_dag_run_failed(self, dag_run: Any, msg: str) -> None:
        """A DAG run failed."""
        _guarded(dag_run, "run_ended")


def _guarded(dag_run: Any, what: str) -> None:
    """A story that cannot be told must not keep a DAG run from beginning or ending."""
    try:
        getattr(import_module("plugins.run_story.run_end"), what)(dag_run)
    except Exception as error:
        LOG.warning("The story of DAG run %s %s was not told: %r", dag_run.dag_id, dag_run.run_id, error)


class _Link(BaseOperatorLink):  # type: ignore[misc]
    """A link that stands at every task, and leads somewhere once the task made such a thing."""

    def get_link(self, operator: Any, *, ti_key: Any) -> str | None:
        """Asked by Airflow's API for each task instance that is looked at."""
        from plugins.run_story.links import link_of

        return link_of(self.name, ti_key)


class MlflowRunLink(_Link):
    """To the MLflow run that the task made or judged."""

    name = "MLflow run"


class TrainingSetLink(_Link):
    """To the training set that the task built or read."""

    name = "Training set"


class DataDocsLink(_Link):
    """To the Data Docs of that training set."""

    name = "Data Docs"


class RunStoryPlugin(AirflowPlugin):  # type: ignore[misc]
    """What is told of each DAG run."""

    name = "run_story"
    listeners: ClassVar[list[Any]] = [RunEnds()]
    global_operator_extra_links: ClassVar[list[Any]] = [MlflowRunLink(), TrainingSetLink(), DataDocsLink()]
