"""The replay through Airflow itself: weeks of a small model, of which the first cannot be judged; and real ones."""

import json
import os
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from artifacts import alerts, ledger
from artifacts.places import REPOSITORY, read_places
from ci.plan import read_plan
from ci.smoke import smoke
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.serving.world import places_in
from tests.training.toy import toy_config
from training.train import train

pytestmark = pytest.mark.slow

# Weeks of the real thing on the tiny source, each some ten seconds after a minute of building what goes before.
WEEKS = int(os.environ.get("TEST_REPLAY_WEEKS", "0"))
SCRIPT = """
import json, sys
from datetime import date
from pathlib import Path
from ops.airflow_home import enter_airflow
enter_airflow()
from artifacts import ledger
from artifacts.places import REPOSITORY, read_places
from artifacts.training_set import newest
from ops.dag_runs import load_dags
from ops.replay.inbox import receiving
from ops.replay.plan import Plan, Week
from ops.replay.week import Replay, replay_week
from ops.replay.write import write_story
places, days = read_places(), [date(2013, 2, 17), date(2013, 2, 20), date(2013, 2, 27)]
plan = Plan("toy", "toy", "toy", "toy", "2013-01", days[0], days[-1], days[-1])
rows = newest(places.training_sets, "toy")
log, journal = places.home / "replay.log", places.home / "weeks"
replaying = Replay(places, plan, rows, load_dags(REPOSITORY / "dags"), log, journal)
with receiving(places.home / "inbox"):
    done = [replay_week(replaying, Week(*both)) for both in zip(days, days[1:])]
    (journal / "2013-02-27.watched.json").unlink()
    again = replay_week(replaying, Week(*days[1:]))
    champion = ledger.champion(places.ledger, "toy")
    ledger.promote(
        places.ledger, model="toy", version=2, run_id=champion.run_id, expected=1,
        decided_at=champion.decided_at, decided_by="test", reason="a kill came after it",
    )
    promoted = replay_week(replaying, Week(*days[1:]))
page, lines = write_story(places, plan, done, places.home / "inbox")
done_again = [*done, again, promoted]
told = [[one.red, one.rows, list(one.findings), one.asked_for_training, one.champion] for one in done_again]
Path(sys.argv[1]).write_text(json.dumps([told, str(page), lines]))
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """What three days, a week, and that week twice again came to: each week's facts, the page and the table."""
    home = tmp_path_factory.mktemp("replayed")
    training_set = make_training_set(home / "sets", rows=9000)
    run = train(registry_in(home / "registry"), training_set, toy_config())
    places = places_in(home, home / "registry", home / "sets")
    ledger.promote(
        places.ledger, model=run.model, version=1, run_id=run.run_id, expected=None,
        decided_at=datetime(2013, 2, 1), decided_by="test", reason="the first",
    )  # fmt: skip
    environ = {
        **os.environ,
        **{f"PIPELINE_{name.upper()}": str(place) for name, place in places.model_dump().items()},
        "AIRFLOW_HOME": str(home / "airflow"),
        "MONITORING_REPLICATES": "300",
    }
    command = [sys.executable, "-c", SCRIPT, str(home / "told.json")]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    told, page, lines = json.loads((home / "told.json").read_text())
    return places, told, page, lines


def test_a_week_that_cannot_be_judged_is_red_and_told_and_the_next_week_follows(toy):
    _, (first, second, *_), _, lines = toy
    assert "Whether anything drifted is not known" in first[0]
    assert (second[0], second[1]) == (None, 668)
    assert [re.findall("OK|DRIFT|UNKNOWN", line)[0] for line in lines if "v1" in line] == ["UNKNOWN", "OK"]


def test_its_alert_is_resolved_once_the_next_week_is_judged_and_the_page_says_so(toy):
    places, _, page, _ = toy
    [gap] = [one for one in alerts.history(places.alerts, "toy") if one.finding.reason.code == "predictions.gap"]
    assert (gap.opened, gap.closed) == (datetime(2013, 2, 20), datetime(2013, 2, 27))
    told = " ".join(unescape(re.sub(r"<[^>]*>", " ", Path(page).read_text())).split())
    assert "02-20 02-27 resolved predictions v1" in told


def test_a_week_gone_through_again_after_a_kill_finds_the_same(toy):
    _, (_, second, again, _), _, _ = toy
    assert again == second


def test_a_week_gone_through_again_after_a_promotion_is_that_of_the_champion_that_it_began_with(toy):
    places, (_, second, _, promoted), _, _ = toy
    assert ledger.champion(places.ledger, "toy").version == 2
    assert (promoted, promoted[-1]) == (second, 1)


@pytest.mark.skipif(not WEEKS, reason="builds, trains and replays for minutes: TEST_REPLAY_WEEKS=2")
def test_real_weeks_are_replayed_once_and_then_found(tmp_path):
    plan = read_plan(REPOSITORY / "ci" / "smoke.yaml")
    assert "refused" not in smoke(plan, tmp_path)
    first, second = (replay(tmp_path) for _ in range(2))
    assert (first["replayed"], second["replayed"], second["id"]) == (WEEKS, 0, first["id"])
    page = Path(first["id"]).read_text()
    assert page.count("version 1</text>") >= 1
    assert len(alerts.models(read_places({"PIPELINE_HOME": str(tmp_path)}).alerts)) == 1


def replay(home):
    until = date(2013, 11, 1) + timedelta(days=7 * WEEKS)
    environ = {**os.environ, "PIPELINE_HOME": str(home), "INGESTION_NYCFLIGHTS13_FOLDER": str(home / "source")}
    command = [sys.executable, "-m", "ops.replay", "--json", "--until", str(until)]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
