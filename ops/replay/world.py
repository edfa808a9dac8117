"""What callers know: the features of each entity as they were when it was asked about, kept apart from the pipeline."""

from pathlib import Path

from artifacts import cli
from artifacts.places import Places, read_places
from artifacts.training_set import TrainingSet
from features.build import build
from ingestion.land import land_month
from ops.replay.plan import Plan

FOLDER = "replay/world"


def build_world(home: Path, plan: Plan) -> TrainingSet:
    """Every row of the year, built in a home of its own, so that the pipeline's own home holds nothing of the future.

    A feature uses facts that were known before its row was observed, so these are the values that a caller had then; of
    the labels nothing is handed on. Built once: the same rows are found again.
    """
    places, months = world_of(home), plan.months()
    for number, month in enumerate(months, start=1):
        land_month(places.raw, plan.source, month)
        cli.say(f"what callers know    {month} [{number}/{len(months)}]")
    return build(places, plan.name, plan.as_of)


def world_of(home: Path) -> Places:
    """The places of the callers, whatever the environment says of the pipeline's own."""
    return read_places({"PIPELINE_HOME": str(home / FOLDER)})
