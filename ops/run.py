"""`make run`: replay the example's months through the real DAGs, in one process, and end with a table."""

import argparse
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from artifacts import cli
from artifacts.places import REPOSITORY, read_places
from ops.airflow_home import enter_airflow
from ops.announcements import forget_announcements
from ops.at_work import running_dags
from ops.dag_runs import load_dags, quiet, run_dag
from ops.table import ending, footprint


@dataclass
class Replay:
    """The DAGs, where they log, and the verdicts so far."""

    dags: dict[str, Any]
    log: Path
    verdicts: list[dict[str, Any]] = field(default_factory=list)


def replay(arguments: argparse.Namespace) -> cli.Answer:
    """Land, build, train and judge stage by stage, and compare what there is with what there was."""
    started, begun = time.monotonic(), datetime.now(UTC)
    example = yaml.safe_load((REPOSITORY / "ops" / "example.yaml").read_text())
    places = read_places()
    log = places.home / "logs" / "run.log"
    with running_dags(places, "make run"), quiet(log) as person:
        cli.show_progress(person)
        cli.say(f"shipshape: replaying {example['source']} into {places.home}")
        cli.say("starting Airflow in this process")
        enter_airflow(places)
        done = Replay(load_dags(REPOSITORY / "dags"), log)
        before = footprint(places, example)
        for stage in example["stages"]:
            run_stage(done, example, stage)
        forget_announcements(begun)
        after = footprint(places, example)
    seconds = time.monotonic() - started
    return cli.Answer(
        id=done.verdicts[-1]["candidate"],
        lines=ending(places, example, done.verdicts, before != after, seconds),
        facts={"verdicts": done.verdicts, "changed": before != after},
    )


def run_stage(done: Replay, example: dict[str, Any], stage: dict[str, Any]) -> None:
    """Run the three DAGs for one stage: its months, then one training set, then one candidate."""
    from artifacts.periods import periods

    as_of = str(stage["as_of"])
    for month in periods(str(stage["months"])):
        cli.say(f"land_month           {month}")
        conf = {"source": example["source"], "month": month}
        run_dag(done.dags["land_month"], conf, done.log, datetime.fromisoformat(f"{month}-01T00:00:00+00:00"))
    cli.say(f"build_training_set   {example['name']} as of {as_of}")
    built = run_dag(done.dags["build_training_set"], {"name": example["name"], "as_of": as_of}, done.log)
    training_set = built["build"][0]
    cli.say(f"train_candidate      {example['config']} on {training_set}")
    conf = {"training_set": training_set, "config": example["config"]}
    trained = run_dag(done.dags["train_candidate"], conf, done.log)
    done.verdicts.append(trained["promote"][0])


def main() -> int:
    """Parse the options of the replay."""
    parser = argparse.ArgumentParser(prog="python -m ops.run", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(verb=replay)
    return cli.run(parser)


if __name__ == "__main__":
    cli.leave(main())
