"""A champion of the ledger that MLflow does not have, or another under its number: its model cannot be had."""

from collections.abc import Sequence

from artifacts import ledger
from artifacts.errors import Damaged
from artifacts.ledger import Promotion
from artifacts.registry import Registry, RunRecord
from artifacts.registry.connect import shown

ANEW = (
    "Where all is meant to begin anew, name an empty home in PIPELINE_HOME, and a ledger and alerts of its own where "
    "PIPELINE_LEDGER and PIPELINE_ALERTS name them."
)


def refuse_lost_champion(
    registry: Registry, ledger_url: str, model: str, versions: Sequence[int] | None = None
) -> None:
    """Raise `Damaged` (`home.champion_lost`) when the ledger names a champion of `model` that MLflow does not have.

    Raises as `refuse_another_run` when it has another under that number, `Missing` (`registry.missing`) when the
    champion's MLflow run was deleted, and `Unavailable` when it cannot be asked. Whoever knows the model's `versions`
    saves asking for them.
    """
    line = ledger.champion(ledger_url, model)
    if line is None:
        return
    versions = registry.versions(model) if versions is None else versions
    if line.version not in versions:
        there = f"others of it (the newest is {versions[-1]}), not that one" if versions else "no version of it"
        raise Damaged(
            "home.champion_lost",
            f"The ledger names version {line.version} of {model} as champion, and MLflow "
            f"({shown(registry.tracking_uri)}) has {there}.",
            next_step="Restore MLflow's database from a backup, or set PIPELINE_MLFLOW to the one that has it. " + ANEW,
        )
    refuse_another_run(line, registry.model_version(model, line.version))


def refuse_another_run(line: Promotion, run: RunRecord) -> None:
    """Raise `Damaged` (`judge.champion_differs`) when `run`, which has the line's version, is not the line's run."""
    if run.run_id != line.run_id:
        raise Damaged(
            "judge.champion_differs",
            f"Version {line.version} of {line.model} comes from MLflow run {run.run_id}; the ledger has {line.run_id}.",
            next_step="Use the ledger and the MLflow database that belong together (PIPELINE_LEDGER, PIPELINE_MLFLOW).",
        )
