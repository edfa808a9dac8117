"""One week: ask the champion, compact the log, watch, land the months that ended, and train what is due."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from artifacts import cli, ledger
from artifacts.errors import Missing
from artifacts.landed import landed_until
from artifacts.places import Places
from artifacts.training_set import TrainingSet
from monitoring.settings import read_monitoring_settings
from ops.dag_runs import Ended, end_dag, run_dag
from ops.replay.asked import ask
from ops.replay.journal import Done, Training
from ops.replay.plan import Plan, Week, beginning

# Where a DAG run is as it should be, although not every task succeeded: nothing new to verify, nothing to train.
NOTHING_NEW, NOTHING_DUE = ("verify", "skipped"), ("retrain", "skipped")
# That a week cannot be judged makes a DAG run red. That is the truth of the week, not a fault of the replay.
CANNOT_JUDGE, RED = "monitoring.cannot_judge", ("conclude", "failed")


@dataclass(frozen=True)
class Replay:
    """What every week needs: the pipeline's places, the plan, the rows that callers ask about, DAGs and their log."""

    places: Places
    plan: Plan
    rows: TrainingSet
    dags: Mapping[str, Any]
    log: Path


def replay_week(replay: Replay, week: Week) -> Done:
    """Go through the week; done again after a kill, it finds what it had made.

    Raises what a task refused, except that a window cannot be judged: that is told, and the next week follows.
    """
    begun = time.monotonic()
    champion = champion_of(replay.places, replay.plan.model)
    rows = ask(replay.places, replay.plan.model, champion, replay.rows, week)
    _end(replay, "compact_predictions", {}, week, allowed=(NOTHING_NEW,))
    watched = [_watch(replay, week)]
    wants_training = "retrain" not in watched[0].undone
    months, training_set = week.months(), None
    if months:
        training_set = _land(replay, week, months)
        watched += [_watch(replay, week, number) for number in range(1, 1 + len(_early_labels(replay, week)))]
    trainings = []
    if months or wants_training:
        training_set = training_set or _build(replay, week)
        why = [f"{', '.join(months)} landed"] if months else []
        why += ["drift asked for it"] if wants_training else []
        trainings.append(Training(" and ".join(why), _train(replay, training_set)))
    red = [ended.refused[0].message for ended in watched if RED[0] in ended.undone]
    return Done(
        start=str(week.start),
        end=str(week.end),
        champion=champion,
        rows=rows,
        findings=tuple(one for ended in watched for one in ended.returned["check"]),
        red=red[0] if red else None,
        asked_for_training=wants_training,
        months=tuple(months),
        trainings=tuple(trainings),
        seconds=round(time.monotonic() - begun, 1),
    )


def champion_of(places: Places, model: str) -> int:
    """The champion's version; raises `Missing` (`replay.no_champion`)."""
    line = ledger.champion(places.ledger, model)
    if line is None:
        raise Missing(
            "replay.no_champion",
            f"Model {model} has no champion in {ledger.shown(places.ledger)}; the replay goes on where one serves.",
            next_step="make run",
        )
    return line.version


def _watch(replay: Replay, week: Week, early: int = 0) -> Ended:
    """The DAG run of the week's end; the `early`-th (from 1) of those for labels that came before they were due."""
    conf = {"day": str(week.end)}
    if early:
        conf["labels"] = str(_early_labels(replay, week)[early - 1])
    ended = _end(replay, "watch_drift", conf, week, early, allowed=(NOTHING_DUE, RED))
    if RED[0] in ended.undone and ended.refused[0].code != CANNOT_JUDGE:
        ended.refuse_unless(replay.log, (NOTHING_DUE,), "make replay")
    return ended


def _early_labels(replay: Replay, week: Week) -> list[Any]:
    """At the end of the replay: the ends of the weeks whose labels have landed, and are not due before it is over."""
    if week.end < replay.plan.end:
        return []
    days = timedelta(days=read_monitoring_settings().label_days)
    landed = landed_until(replay.places.raw).date()
    return [one.end for one in replay.plan.weeks() if one.end <= landed and one.end + days > replay.plan.end]


def _land(replay: Replay, week: Week, months: list[str]) -> str:
    for month in months:
        cli.say(f"land_month           {month}")
        conf = {"source": replay.plan.source, "month": month}
        run_dag(replay.dags["land_month"], conf, replay.log, beginning(month))
    return _build(replay, week)


def _build(replay: Replay, week: Week) -> str:
    """The training set as of the end of what has landed, as the DAG chooses it."""
    ended = _end(replay, "build_training_set", {"name": replay.plan.name}, week)
    return str(ended.returned["build"][0])


def _train(replay: Replay, training_set: str) -> dict[str, Any]:
    cli.say(f"train_candidate      {replay.plan.config} on {training_set}")
    conf = {"training_set": training_set, "config": replay.plan.config}
    verdict: dict[str, Any] = run_dag(replay.dags["train_candidate"], conf, replay.log)["promote"][0]
    return verdict


def _end(
    replay: Replay,
    name: str,
    conf: dict[str, Any],
    week: Week,
    minutes: int = 0,
    *,
    allowed: tuple[tuple[str, str], ...] = (),
) -> Ended:
    """A DAG run of the week's end, some minutes after it where there is more than one."""
    cli.say(f"{name:<20} {' '.join(map(str, conf.values())) or week.end}")
    ended = end_dag(replay.dags[name], conf, week.moment + timedelta(minutes=minutes))
    ended.refuse_unless(replay.log, allowed, "make replay")
    return ended
