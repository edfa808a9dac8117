"""Airflow's own answers to a program that it runs, such as its triggerer, from its own database, in this process."""

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4


@contextmanager
def answering():
    """A function that adds tasks, by name and map index their state, to a DAG run in Airflow's database."""
    import psutil
    import sqlalchemy as sa
    from airflow import settings
    from airflow.models import DagRun, TaskInstance, import_all_models
    from airflow.models.base import Base
    from airflow.sdk.execution_time import supervisor
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType

    def add(dag, run, states):
        now, same = datetime.now(UTC), {"dag_id": dag, "run_id": run, "pool": "default_pool", "pool_slots": 1}
        named = [{"task_id": task, "map_index": at, "state": state} for (task, at), state in states.items()]
        with create_session() as session:
            session.add(DagRun(dag_id=dag, run_id=run, run_type=DagRunType.MANUAL, run_after=now, state="running"))
            session.flush()
            session.execute(sa.insert(TaskInstance), [{"id": uuid4(), "try_number": 1, **same, **one} for one in named])

    import_all_models()
    Base.metadata.create_all(settings.engine)
    asked = supervisor.InProcessTestSupervisor(
        id=uuid4(),
        pid=os.getpid(),
        process=psutil.Process(),
        process_log=supervisor.log,
        client=supervisor.InProcessTestSupervisor._api_client(),
    )
    asked.comms = supervisor.InProcessSupervisorComms(supervisor=asked)
    try:
        with supervisor.set_supervisor_comms(asked.comms):
            yield add
    finally:
        with create_session() as session:
            session.query(TaskInstance).delete()
            session.query(DagRun).delete()
