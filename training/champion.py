"""Who is champion by the ledger, and by which line a candidate became it."""

from artifacts import ledger
from artifacts.champion_alias import refuse_lost_ledger
from artifacts.lost_champion import refuse_another_run
from artifacts.registry import Registry, RunRecord
from training.never_champion import never_champion


def champion_run(registry: Registry, ledger_url: str, model: str) -> RunRecord | None:
    """The MLflow run that made the champion.

    Raises `Damaged`: `judge.champion_differs` when MLflow has another, `judge.ledger_lost` when the ledger has none and
    MLflow's alias says that there is one.
    """
    line = ledger.champion(ledger_url, model)
    if line is None:
        refuse_lost_ledger(registry, ledger_url, model)
        return None
    run = registry.model_version(model, line.version)
    refuse_another_run(line, run)
    return run


def history_of(registry: Registry, ledger_url: str, model: str) -> list[ledger.Promotion]:
    """Every line of the ledger about `model`, none if it never had a champion; raises as `refuse_lost_ledger`."""
    lines = ledger.history(ledger_url, model)
    if not lines:
        refuse_lost_ledger(registry, ledger_url, model)
    return lines


def lines_of(registry: Registry, ledger_url: str, model: str) -> list[ledger.Promotion]:
    """As `history_of`; raises `Missing` (`ledger.no_champion`) when there is no line."""
    lines = history_of(registry, ledger_url, model)
    if not lines:
        raise never_champion(registry, ledger_url, model)
    return lines


def promoted_by(ledger_url: str, candidate: RunRecord) -> ledger.Promotion | None:
    """The line of the ledger that promoted this candidate, or None; a rollback to it is no such line."""
    lines = ledger.history(ledger_url, candidate.model)
    return next((one for one in lines if one.run_id == candidate.run_id and one.kind == "promote"), None)
