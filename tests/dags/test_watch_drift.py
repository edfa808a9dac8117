"""The DAG that watches, through Airflow itself: a week that drifted, told to a receiver, and the event it sends."""

import json
import os
import subprocess
import sys
from datetime import datetime

import pytest

from artifacts import ledger
from artifacts.places import REPOSITORY
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.monitoring.receivers import Posts, running
from tests.monitoring.world import WEEK, World
from tests.serving.world import places_in
from tests.training.toy import toy_config
from training.train import train

pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
from pathlib import Path
from ops.airflow_home import enter_airflow
enter_airflow()
from artifacts.places import REPOSITORY
from ops.dag_runs import load_dags
dags, told = load_dags(REPOSITORY / "dags"), []
for day in sys.argv[2:]:
    dag_run = dags["watch_drift"].test(run_conf={"day": day})
    states = {}
    for ti in dag_run.get_task_instances():
        states.setdefault(ti.task_id, set()).add(str(ti.state))
    told.append([str(dag_run.state), {name: "/".join(sorted(one)) for name, one in states.items()}])
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session
with create_session() as session:
    events = [one.extra for one in session.query(AssetEvent).all()]
listens = [asset.name for asset in dags["build_training_set"].timetable.asset_condition.objects]
Path(sys.argv[1]).write_text(json.dumps([told, events, listens]))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What three DAG runs did: the week that drifted, the same again, and a week in which nobody asked."""
    home = tmp_path_factory.mktemp("watched")
    training_set = make_training_set(home / "sets", rows=9000)
    run = train(registry_in(home / "registry"), training_set, toy_config())
    world = World(places_in(home, home / "registry", home / "sets"), training_set, run)
    world.log(world.answers("2013-02-13..2013-03-20"))
    world.log(world.answers(WEEK, lambda row: {**row, "delay_mean": 60.0}))
    ledger.promote(
        world.places.ledger, model=run.model, version=1, run_id=run.run_id, expected=None,
        decided_at=datetime(2013, 3, 1), decided_by="test", reason="the first",
    )  # fmt: skip
    with running(Posts()) as posts:
        environ = {
            **os.environ,
            **{f"PIPELINE_{name.upper()}": str(place) for name, place in world.places.model_dump().items()},
            "AIRFLOW_HOME": str(home / "airflow"),
            "MONITORING_REPLICATES": "300",
            "MONITORING_WEBHOOK_URL": posts.url,
        }
        command = [sys.executable, "-c", SCRIPT, str(home / "told.json"), "2013-03-27", "2013-03-27", "2013-04-24"]
        done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        runs, events, listens = json.loads((home / "told.json").read_text())
        return runs, events, posts.got, set(listens)


def test_drift_is_green_told_once_and_sends_one_event(told):
    (first, again, _), events, got, _ = told
    assert first == ["success", dict.fromkeys(("choose", "check", "notify", "retrain", "conclude"), "success")]
    assert again == ["success", {**first[1], "retrain": "skipped"}]
    assert [list(event) for event in events if "findings" in event] == [["findings"]]
    assert got[0][2]["subject"].startswith("[DRIFT opened] toy version 1: delay_mean")


def test_a_week_that_cannot_be_judged_is_told_and_then_red(told):
    (_, _, blind), _, got, _ = told
    assert (blind[0], blind[1]["notify"], blind[1]["conclude"]) == ("failed", "success", "failed")
    # The red DAG run is a message of its own, which tells no events of alerts.
    told_events = [event for _, _, body in got for event in body.get("events", ())]
    unknown = {event["code"] for event in told_events if event["kind"] == "UNKNOWN"}
    assert "predictions.none" in unknown


def test_the_dag_that_builds_a_training_set_listens_to_drift(told):
    assert told[3] == {"drift", "landed_rows"}
