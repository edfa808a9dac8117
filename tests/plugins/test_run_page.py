"""The run page as Airflow mounts it: of a DAG run, of one task of it, and of none that Airflow knows."""

from datetime import UTC, datetime

import pytest

from artifacts.places import read_places
from artifacts.run_evidence import Refused, TaskEvidence, TaskName, keep_task

RUN = "manual__2026-11-25T17:00:00+00:00"
AT = datetime(2026, 11, 25, 17)
PATH = "/on-call/dags/build_training_set/runs/manual__2026-11-25T17%3A00%3A00%2B00%3A00"


@pytest.fixture
def failed(auth, tmp_path):
    """A home in which the task build said no, and that DAG run in Airflow's database."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType

    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    said = Refused("set.bad", "Set <b>a</b> has 3 rows.", "Land more: python -m ingestion land --source a")
    name = TaskName("build_training_set", RUN, "build", 2)
    keep_task(places.home, TaskEvidence(name, "refused", AT, AT, said))
    now = datetime.now(UTC)
    row = DagRun(dag_id="build_training_set", run_id=RUN, run_type=DagRunType.MANUAL, run_after=now, state="failed")
    with create_session() as session:
        session.add(row)
    yield places
    with create_session() as session:
        session.query(DagRun).delete()


@pytest.mark.parametrize("path", [PATH, f"{PATH}/tasks/build/2"])
def test_the_page_says_what_happened_and_what_to_do_and_escapes_it(failed, opened, path):
    answer = opened(failed).get(path)
    assert answer.status_code == 200
    assert "build said no (set.bad): Set &lt;b&gt;a&lt;/b&gt; has 3 rows." in answer.text
    assert '<code class="command">python -m ingestion land --source a</code>' in answer.text
    assert "Then clear the task build" in answer.text


def test_another_task_of_it_said_nothing(failed, opened):
    assert "said no" not in opened(failed).get(f"{PATH}/tasks/choose/%7BMAP_INDEX%7D").text.partition("Tasks")[0]


def test_a_dag_run_that_airflow_does_not_know_has_no_page(opened):
    answer = opened().get("/on-call/dags/build_training_set/runs/nothing")
    assert answer.status_code == 404
    assert "Airflow knows no DAG run nothing" in answer.text
