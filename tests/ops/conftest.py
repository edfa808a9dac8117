"""A home of a small model whose weeks were replayed through Airflow: the first cannot be judged, the next is OK."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import ledger
from artifacts.places import REPOSITORY, Places
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.serving.world import places_in
from tests.training.toy import toy_config
from training.train import train

SCRIPT = """
import json, sys
from datetime import date
from pathlib import Path
from ops.airflow_home import enter_airflow
enter_airflow()
from artifacts import ledger
from artifacts.errors import Refusal
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
    (journal / "2013-02-27.watched.json").write_text("{}")
    try:
        damaged = replay_week(replaying, Week(*days[1:])).red
    except Refusal as refusal:
        damaged = refusal.code
    for stage in ("asked", "watched"):
        (journal / f"2013-02-27.{stage}.json").unlink()
    again = replay_week(replaying, Week(*days[1:]))
    champion = ledger.champion(places.ledger, "toy")
    ledger.promote(
        places.ledger, model="toy", version=2, run_id=sys.argv[2], expected=1,
        decided_at=champion.decided_at, decided_by="test", reason="a kill came after it",
    )
    promoted = replay_week(replaying, Week(*days[1:]))
page, lines = write_story(places, plan, done, places.home / "inbox")
done_again = [*done, again, promoted]
told = [[one.red, one.rows, list(one.findings), one.asked_for_training, one.champion] for one in done_again]
Path(sys.argv[1]).write_text(json.dumps([told, damaged, str(page), lines]))
"""


@dataclass(frozen=True)
class Replayed:
    """Its places, training set and the variables that say so; each week as told, the last thrice; page and table.

    `damaged` is what was said of the last week when its journal could not be read, before that was deleted.
    """

    places: Places
    training_set: str
    environ: dict[str, str]
    told: list[list]
    damaged: str
    page: Path
    lines: list[str]


@pytest.fixture(scope="session")
def replayed(tmp_path_factory):
    """The weeks gone through, once with version 1 as champion, and after them version 2 promoted."""
    home = tmp_path_factory.mktemp("replayed")
    training_set = make_training_set(home / "sets", rows=9000)
    run, second = (train(registry_in(home / "registry"), training_set, toy_config(f"seed={seed}")) for seed in (1, 2))
    places = places_in(home, home / "registry", home / "sets")
    ledger.promote(
        places.ledger, model=run.model, version=1, run_id=run.run_id, expected=None,
        decided_at=datetime(2013, 2, 1), decided_by="test", reason="the first",
    )  # fmt: skip
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
        **{f"PIPELINE_{name.upper()}": str(place) for name, place in places.model_dump().items()},
        "AIRFLOW_HOME": str(home / "airflow"),
        "MONITORING_REPLICATES": "300",
    }
    command = [sys.executable, "-c", SCRIPT, str(home / "told.json"), second.run_id]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    told, damaged, page, lines = json.loads((home / "told.json").read_text())
    return Replayed(places, training_set.id, environ, told, damaged, Path(page), lines)
