"""(e) One month through the DAGs, from landing to promotion, against the same functions called directly."""

import shutil
import time
from datetime import UTC, datetime
from typing import Any

from artifacts.places import REPOSITORY, read_places
from ops.bench import compare
from ops.bench.figures import Aim, Figure
from ops.bench.measure import Measured, alternate, call, refuse_other_work
from ops.bench.world import CONFIG, FIRST_YEAR, NAME, SOURCE, World, as_of, eve, work

TITLE = "The last month through the DAGs"
PEER = "the same functions called directly"
AIM = Aim("difference", 10.0)
WHY = "Airflow loads for some seconds, and each of the ten tasks of the three DAGs costs about half a second"


def bench(world: World, repeat: int) -> list[Figure]:
    """Whole processes, alternating, from the same home: all other months landed and built, databases prepared."""
    month = world.months[-1]
    home = work(world, eve(world, len(world.months)))
    call("dag_chain:prepare", {}, world.environ(home, month), world.log)
    prepared = home.rename(world.folder / "prepared")
    arguments = {"month": month, "moment": as_of(month)}

    def chain(function: str) -> Measured:
        home = work(world, prepared)
        return call(f"dag_chain:{function}", arguments, world.environ(home, month), world.log)

    found = alternate(repeat, {"DAGs": lambda: chain("run_dags"), "functions": lambda: chain("run_functions")})
    dags, functions = found["DAGs"], found["functions"]
    refuse_other_work("training set", dags + functions)
    shutil.rmtree(prepared)
    return [
        compare.seconds(TITLE, dags, PEER, functions, aim=AIM, why=WHY),
        compare.seconds(
            "The last month through the DAGs, once Airflow is loaded",
            dags,
            PEER,
            functions,
            of=lambda one: sum(one.facts["parts"].values()) - one.facts["parts"].get("starting Airflow", 0.0),
        ),
        *compare.resources("DAG chain", dags, PEER, functions),
    ]


def prepare() -> dict[str, Any]:
    """Make Airflow's database and MLflow's, as the first `make run` of a home does."""
    from artifacts.registry import Registry
    from ops.airflow_home import enter_airflow

    places = read_places()
    Registry(places.mlflow, places.mlflow_artifacts).versions(NAME)
    enter_airflow(places)
    return {}


def run_dags(month: str, moment: str) -> dict[str, Any]:
    """What `make run` does for a stage of one month."""
    started = time.monotonic()
    from ops.airflow_home import enter_airflow
    from ops.dag_runs import load_dags, quiet, run_dag

    places = read_places()
    log = places.home / "logs" / "run.log"
    clock = _Laps(started)
    with quiet(log):
        enter_airflow(places)
        dags = load_dags(REPOSITORY / "dags")
        clock.lap("starting Airflow")
        # A date that the DAG has: it ends with the example's year. The month that lands is that of `conf`.
        run_dag(dags["land_month"], {"source": SOURCE, "month": month}, log, datetime(FIRST_YEAR, 12, 1, tzinfo=UTC))
        clock.lap("land_month")
        built = run_dag(dags["build_training_set"], {"name": NAME, "as_of": moment}, log)
        clock.lap("build_training_set")
        training_set = built["build"][0]
        run_dag(dags["train_candidate"], {"training_set": training_set, "config": CONFIG}, log)
        clock.lap("train_candidate")
    return {"parts": clock.laps, "training set": training_set}


def run_functions(month: str, moment: str) -> dict[str, Any]:
    """The functions that those tasks call, in their order."""
    started = time.monotonic()
    from artifacts.raw import verify
    from artifacts.training_set import parse_as_of
    from features.build import build
    from features.compared import against_previous
    from ingestion.land import land_months
    from training.choose_configs import configs_of
    from training.judge import judge_named
    from training.promote_or_keep import promote_named
    from training.train import train_named

    places = read_places()
    clock = _Laps(started)
    land_months(places.raw, SOURCE, [month])
    verify(places.raw, SOURCE, month)
    clock.lap("land_month")
    training_set = build(places, NAME, parse_as_of(moment)).id
    against_previous(places.training_sets, places.warehouse, training_set)
    clock.lap("build_training_set")
    for config in configs_of(training_set, CONFIG):
        promote_named(judge_named(train_named(config, training_set).run_id).to_dict())
    clock.lap("train_candidate")
    return {"parts": clock.laps, "training set": training_set}


class _Laps:
    def __init__(self, started: float) -> None:
        self.laps: dict[str, float] = {}
        self._last = started

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = now - self._last
        self._last = now
