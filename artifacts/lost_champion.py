"""A champion of the ledger that MLflow has not: what it was trained on, and its model, cannot be had."""

from artifacts import ledger
from artifacts.errors import Damaged
from artifacts.registry import Registry
from artifacts.registry.connect import shown


def refuse_lost_champion(registry: Registry, ledger_url: str, model: str) -> None:
    """Raise `Damaged` (`home.champion_lost`) when the ledger names a champion of `model`, and MLflow has not it.

    Raises `Unavailable` when MLflow cannot be asked.
    """
    line = ledger.champion(ledger_url, model)
    if line is None:
        return
    versions = registry.versions(model)
    if line.version not in versions:
        newest = ", ".join(map(str, versions[-3:]))
        there = f"others of it ({newest}), not that one" if versions else "no version of it"
        raise Damaged(
            "home.champion_lost",
            f"The ledger names version {line.version} of {model} as champion, and MLflow "
            f"({shown(registry.tracking_uri)}) has {there}.",
            next_step="Restore MLflow's database from a backup, or set PIPELINE_MLFLOW to the one that has it.",
        )


def refuse_lost_champions(registry: Registry, ledger_url: str) -> None:
    """As `refuse_lost_champion`, of every model that the ledger has."""
    for model in ledger.models(ledger_url):
        refuse_lost_champion(registry, ledger_url, model)
