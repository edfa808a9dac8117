"""One DAG for each planted fault: real tasks of the rooms, wired as every DAG here is."""

import pendulum
from airflow.sdk import task

from plugins.wiring import dag, fails_once
from tests.run_story.planted import FAULTS


def wire(fault, bodies):
    @dag(dag_id=fault, schedule=None, start_date=pendulum.datetime(2013, 1, 1))
    def wired():
        handed = None
        for name, body in bodies.items():
            told = task(task_id=name)(fails_once(body))
            handed = told() if handed is None else told(handed)

    return wired()


for fault, bodies in FAULTS.items():
    globals()[fault] = wire(fault, bodies)
