"""What every DAG has beside its own wiring: who is told of a failure, and of a DAG run that takes too long."""

from datetime import timedelta
from typing import Any

from airflow.sdk import dag as airflow_dag
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from plugins.announced import announced
from plugins.refusals import fails_once
from plugins.run_story.telling import tell_failure, tell_late

__all__ = ["announced", "dag", "fails_once"]

TOO_LONG = timedelta(hours=2)


def dag(*, too_long: timedelta = TOO_LONG, **options: Any) -> Any:
    """Airflow's `dag`, with a message when a DAG run fails, and when it has not ended `too_long` after it began."""
    # In seconds, as Airflow 3.2 kept it and 3.3 still reads it: of a timedelta 3.3.2 cannot clear a task.
    seconds: Any = too_long.total_seconds()
    deadline = DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, seconds, AsyncCallback(tell_late), name="too long")
    return airflow_dag(on_failure_callback=tell_failure, deadline=deadline, **options)
