"""MLflow's alias of the champion: for people who look there, and what tells that a ledger was lost."""

from artifacts import ledger
from artifacts.errors import Damaged
from artifacts.registry import Registry

ALIAS = "champion"


def known_champion(registry: Registry, ledger_url: str, model: str) -> ledger.Promotion | None:
    """The ledger's newest line of `model`; None when MLflow knows of no champion either.

    Raises as `refuse_lost_ledger`.
    """
    line = ledger.champion(ledger_url, model)
    if line is None:
        refuse_lost_ledger(registry, ledger_url, model)
    return line


def refuse_lost_ledger(registry: Registry, ledger_url: str, model: str) -> None:
    """Raise `Damaged` (`judge.ledger_lost`) when the ledger has no champion, and MLflow's alias says there is one.

    Raises `Unavailable` when MLflow cannot be asked: that there never was one is not guessed.
    """
    if ledger.champion(ledger_url, model) is not None:
        return
    version = registry.alias(model, ALIAS)
    if version is not None:
        raise lost_ledger(model, f"MLflow's alias {ALIAS} points at version {version}")


def lost_ledger(model: str, there_was: str) -> Damaged:
    """`judge.ledger_lost`: the ledger has no champion of `model`, and `there_was` tells that it had one."""
    return Damaged(
        "judge.ledger_lost",
        f"The ledger has no champion of {model}, and {there_was}.",
        next_step="Restore the ledger from its backup, or set PIPELINE_LEDGER to the one that has it.",
    )


def refuse_lost_ledgers(registry: Registry, ledger_url: str) -> None:
    """As `refuse_lost_ledger`, of every model that MLflow has."""
    for model in registry.models():
        refuse_lost_ledger(registry, ledger_url, model)
