"""Describes the newest rows that a model was fitted and judged on, and its scores, for monitoring."""

import argparse
from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from artifacts import cli
from artifacts.baseline import FOLDER, Baseline
from artifacts.binning import Bins, as_counted, learn_category, learn_number, quoted, text
from artifacts.column import Column
from artifacts.counting import count_by_day, count_columns
from artifacts.encoder import Encoder
from artifacts.errors import Missing
from artifacts.leftovers import temporary_folder
from artifacts.places import read_places
from artifacts.registry import Registry
from artifacts.side_by_side import side_by_side
from artifacts.training_set import TrainingSet, open_training_set, parse_id
from training.fit import load_candidate, score_rows
from training.metrics import Floats
from training.windows import Windows, windows_of

MEMORY = "2GB"
SCORE = "score"


def describe(
    training_set: TrainingSet, encoder: Encoder, windows: Windows, scores: Floats, model_sha256: str
) -> Baseline:
    """The baseline of a model that reads the features of `encoder`; `scores` are those of the holdout rows, in order.

    Features are counted over the holdout and as long a time before it: both recent, and both seen while training.
    """
    start = max(windows.fit_start, windows.holdout_start - (windows.holdout_end - windows.holdout_start))
    columns = [training_set.contract.column(name) for name in encoder.names]
    # Else it would spill into the working directory.
    with (
        training_set.published.reading(),
        temporary_folder("baseline-spill") as spill,
        duckdb.connect(config={"temp_directory": str(spill), "memory_limit": MEMORY}) as connection,
    ):
        connection.execute(_rows_sql(training_set, columns, start, windows.holdout_end))
        features = {bins.name: bins for bins in side_by_side(connection, columns, _learn)}
        counted = count_columns(connection, "newest", features)
        connection.register("scored", _scored(training_set, windows, scores))
        score = learn_number(connection, "scored", SCORE, (0.0, 1.0))
        return Baseline(
            training_set=training_set.id,
            model_sha256=model_sha256,
            start=start,
            end=windows.holdout_end,
            features={name: (bins, counted[name]) for name, bins in features.items()},
            score=(score, count_by_day(connection, "scored", score)),
        )


def log_baseline(registry: Registry, training_sets: str, run_id: str) -> str:
    """Add the baseline to an MLflow run that was trained before there were any; its folder on the run.

    Raises what reading the run, its model and its training set raise.
    """
    scorer = load_candidate(registry, run_id)
    windows = windows_of(scorer.run)
    try:
        training_set = open_training_set(training_sets, *parse_id(scorer.run.training_set))
    except Missing as error:
        raise Missing(
            error.code,
            f"{error.message} MLflow run {run_id} was trained on {scorer.run.training_set}: its baseline needs it.",
            next_step="Restore that training set from a backup; without it train a new version, which has a baseline.",
        ) from error
    scores = score_rows(scorer.booster, scorer.encoder, training_set, windows.holdout_start, windows.holdout_end)
    made = describe(training_set, scorer.encoder, windows, scores, scorer.run.model_sha256)
    with temporary_folder("baseline") as folder:
        made.write(folder)
        registry.log_artefact(run_id, folder / FOLDER, FOLDER)
    return FOLDER


def command(arguments: argparse.Namespace) -> cli.Answer:
    """Log the baseline of the run that the command line names."""
    places = read_places()
    log_baseline(Registry.at(places), places.training_sets, arguments.run)
    return cli.Answer(arguments.run, ["its baseline is logged with MLflow run:"])


def _rows_sql(training_set: TrainingSet, columns: Sequence[Column], start: datetime, end: datetime) -> str:
    moment = quoted(training_set.contract.observed_at)
    values = [f"{as_counted(quoted(column.name), column)} as {quoted(column.name)}" for column in columns]
    return f"""
        create view newest as
        select cast({moment} as date) as "day", {", ".join(values)}
        from read_parquet({text(str(training_set.path))})
        where {moment} >= timestamp '{start}' and {moment} < timestamp '{end}'
    """  # noqa: S608  names and texts are quoted


def _learn(connection: duckdb.DuckDBPyConnection, column: Column) -> Bins:
    if column.is_numeric:
        return learn_number(connection, "newest", column.name, column.bounds)
    return learn_category(connection, "newest", column.name)


def _scored(training_set: TrainingSet, windows: Windows, scores: Floats) -> pa.Table:
    moment = [training_set.contract.observed_at]
    batches = list(training_set.batches(moment, windows.holdout_start, windows.holdout_end))
    return pa.table({"day": pa.Table.from_batches(batches).column(0).cast(pa.date32()), SCORE: pa.array(scores)})
