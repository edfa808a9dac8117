"""Asks the champion about the rows of a week, as callers would, unless the log has its answers already."""

from dataclasses import replace

from artifacts import cli
from artifacts.binning import quoted
from artifacts.places import Places
from artifacts.prediction_log import Log
from artifacts.registry import Registry
from artifacts.training_set import TrainingSet
from monitoring.answers import open_answers
from monitoring.described import read_described
from monitoring.window import Window
from ops.replay.plan import Week
from serving.app import find_version
from serving.settings import read_serving_settings
from serving.upcoming_batch import Task, score_once

ALL_THREADS = 0


def ask(places: Places, model: str, champion: int, rows_of: TrainingSet, week: Week) -> int:
    """How many rows the week has; each that was observed in it is asked about, with its features, without its label.

    When a kill came in between, those are asked about that the log has not.
    """
    contract = rows_of.contract
    rows: int = sum(batch.num_rows for batch in rows_of.batches([contract.observed_at], *week.window))
    if rows and answered(places, model, champion, Window(*week.window)) >= rows:
        cli.say(f"was asked before     {model}/{champion} about {rows:,} rows of {week.words}")
        return rows
    version = find_version(places, model, champion, ALL_THREADS)
    task = Task(f"replay {week.start} {week.end}")
    scores = score_once(places, read_serving_settings(), version, rows_of, task, window=week.window)
    cli.say(f"asked                {version.id} about {scores.rows:,} rows of {week.words}")
    return scores.rows


def answered(places: Places, model: str, version: int, window: Window) -> int:
    """How many entities with a moment in the window the version has answered about."""
    described = replace(read_described(Registry.at(places), model, version), features={})
    keys = ", ".join(quoted(f"key:{name}") for name in described.contract.entity)
    with open_answers(Log(places.predictions, places.prediction_parts, model), described, window) as answers:
        sql = f"select count(distinct row({keys})) from {answers.rows(window, version)}"  # noqa: S608  quoted
        [found] = answers.connection.execute(sql).fetchone() or (0,)
    return int(found)
