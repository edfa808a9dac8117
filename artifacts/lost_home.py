"""What still tells of a champion where ledger and MLflow are gone together: what was watched, and what was answered."""

from artifacts import alerts, ledger
from artifacts.errors import Damaged
from artifacts.places import Places
from artifacts.prediction_log.parts import keys
from artifacts.prediction_log.segment import found
from artifacts.registry import Registry
from artifacts.registry.connect import shown


def told_elsewhere(places: Places) -> str | None:
    """What was watched or answered, in words; None where nothing was yet.

    No proof of a champion by itself: a service may answer with a version that was never promoted.
    """
    watched = alerts.models(places.alerts)
    if watched:
        return f"findings of {', '.join(watched)} were taken"
    if found(places.predictions) or keys(places.prediction_parts):
        return "predictions are logged"
    return None


def refuse_lost_home(registry: Registry, places: Places) -> None:
    """Raise `Damaged` (`judge.ledger_lost`) when neither ledger nor MLflow has a model, and something was told of one.

    Where MLflow has a model, its alias says whether the ledger was lost: see `artifacts.champion_alias`. Raises
    `Unavailable` when MLflow cannot be asked.
    """
    if ledger.models(places.ledger) or registry.models():
        return
    there_was = told_elsewhere(places)
    if there_was is not None:
        raise Damaged(
            "judge.ledger_lost",
            f"Neither the ledger {ledger.shown(places.ledger)} nor MLflow at {shown(places.mlflow)} has a model, and "
            f"yet {there_was}.",
            next_step="Restore both from one backup, or set PIPELINE_LEDGER and PIPELINE_MLFLOW to those that have it. "
            "Where all is meant to begin anew, name an empty home in PIPELINE_HOME, and alerts of its own where "
            "PIPELINE_ALERTS names them.",
        )
