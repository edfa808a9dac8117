"""Whether ledger and MLflow belong together: a home that lost one or both is not well, and no backup is made of it."""

from collections.abc import Collection

from artifacts import ledger
from artifacts.champion_alias import refuse_lost_ledgers
from artifacts.errors import Damaged
from artifacts.lost_home import refuse_lost_home
from artifacts.places import Places
from artifacts.registry import Registry
from artifacts.registry.connect import shown


def refuse_lost(places: Places) -> None:
    """Raise `Damaged`: `home.champion_lost` when MLflow has not what the ledger names, or `judge.ledger_lost`."""
    registry = Registry.at(places)
    models = registry.models()
    _refuse_lost_champion(places, {f"{one}/{version}" for one in models for version in registry.versions(one)})
    refuse_lost_ledgers(registry, places.ledger)
    refuse_lost_home(registry, places)


def _refuse_lost_champion(places: Places, versions: Collection[str]) -> None:
    for model in ledger.models(places.ledger):
        line = ledger.champion(places.ledger, model)
        if line is not None and f"{model}/{line.version}" not in versions:
            raise Damaged(
                "home.champion_lost",
                f"The ledger names version {line.version} of {model} as champion, and MLflow ({shown(places.mlflow)}) "
                f"has {len(versions)} model versions, not that one.",
                next_step="Name MLflow's database with PIPELINE_MLFLOW, or restore it from a backup.",
            )
