"""One week: ask the champion, compact the log, watch, land the months that ended, and train what is due."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from artifacts import cli, ledger
from artifacts.errors import Missing
from artifacts.landed import declared_sources, landed_until
from artifacts.places import Places
from artifacts.training_set import TrainingSet
from monitoring.settings import read_monitoring_settings
from ops.dag_runs import Ended, end_dag, run_dag
from ops.replay.asked import ask
from ops.replay.journal import Done, Training, begin, read_done, write_done
from ops.replay.own_alerts import keep_alerts
from ops.replay.plan import Plan, Week, beginning

# Where a DAG run is as it should be, although not every task succeeded: nothing new to verify, nothing to train.
NOTHING_NEW, NOTHING_DUE = ("verify", "skipped"), ("retrain", "skipped")
# That a week cannot be judged makes a DAG run red. That is the truth of the week, not a fault of the replay.
CANNOT_JUDGE, RED = "monitoring.cannot_judge", ("conclude", "failed")


@dataclass(frozen=True)
class Replay:
    """What every week needs: places, the plan, the rows that callers ask about, DAGs and their log, the journal."""

    places: Places
    plan: Plan
    rows: TrainingSet
    dags: Mapping[str, Any]
    log: Path
    journal: Path


def replay_week(replay: Replay, week: Week) -> Done:
    """Go through the week; done again after a kill, it finds what it had made, with the champion that it began with.

    Raises what a task refused, except that a window cannot be judged: that is told, and the next week follows.
    """
    started = time.monotonic()
    begun = begin(replay.journal, week, champion_of(replay.places, replay.plan.model))
    watched = read_done(replay.journal, week, "watched")
    if watched is None:
        watched = ask_and_watch(replay, week, begun)
        keep_alerts(replay.places)
        write_done(replay.journal, watched, "watched")
    trainings = []
    if watched.months or watched.asked_for_training:
        why = [f"{', '.join(watched.months)} landed"] if watched.months else []
        why += ["drift asked for it"] if watched.asked_for_training else []
        trainings.append(Training(" and ".join(why), _train(replay, watched.training_set or _build(replay, week))))
    return replace(watched, trainings=tuple(trainings), seconds=round(time.monotonic() - started, 1))


def ask_and_watch(replay: Replay, week: Week, begun: Done) -> Done:
    """All of the week before a candidate is trained, and may become champion."""
    asked = read_done(replay.journal, week, "asked")
    if asked is None:
        rows = ask(replay.places, replay.plan.model, begun.champion, replay.rows, week)
        _end(replay, "compact_predictions", {}, week, allowed=(NOTHING_NEW,))
        first = _watch(replay, week)
        is_due = NOTHING_DUE[0] not in first.undone
        asked = replace(_found(begun, [first]), rows=rows, asked_for_training=is_due)
        # Once a month has landed, drift would ask for what it does not while nothing is new.
        keep_alerts(replay.places)
        write_done(replay.journal, asked, "asked")
    watched: list[Ended] = []
    months, training_set = week.months(), None
    for month in months:
        cli.say(f"land_month           {month}")
        conf = {"source": replay.plan.source, "month": month}
        run_dag(replay.dags["land_month"], conf, replay.log, beginning(month))
    if months:
        training_set = _build(replay, week)
        watched += [_watch(replay, week, number) for number in range(1, 1 + len(_early_labels(replay, week)))]
    return replace(_found(asked, watched), months=tuple(months), training_set=training_set)


def _found(before: Done, watched: Sequence[Ended]) -> Done:
    """The week with what more DAG runs of `watch_drift` found; red is the first that was."""
    red = [ended.refused[0].message for ended in watched if RED[0] in ended.undone]
    found = [one for ended in watched for one in ended.returned["check"]]
    return replace(before, findings=(*before.findings, *found), red=before.red or (red[0] if red else None))


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
    if RED[0] in ended.undone and {one.code for one in ended.refused} != {CANNOT_JUDGE}:
        ended.refuse_unless(replay.log, (NOTHING_DUE,), "make replay")
    return ended


def _early_labels(replay: Replay, week: Week) -> list[Any]:
    """On its last day: the ends of the weeks whose labels have landed, and are not due before it is over for good."""
    if week.end < replay.plan.last:
        return []
    days = timedelta(days=read_monitoring_settings().label_days)
    landed = landed_until(replay.places.raw, declared_sources()).date()
    return [one.end for one in replay.plan.weeks() if one.end <= landed and one.end + days > replay.plan.last]


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
