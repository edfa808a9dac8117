"""Goes back to an earlier champion, without judging it."""

from datetime import UTC, datetime

from artifacts import ledger
from artifacts.errors import BadInput, Missing
from artifacts.registry import Registry, RunRecord
from training.alias import follow
from training.fit import load_candidate


def rollback(
    registry: Registry, ledger_url: str, model: str, version: int, *, decided_by: str, reason: str
) -> ledger.Promotion:
    """Make an earlier champion the champion again; `reason` is written into the ledger.

    Raises `BadInput`: `rollback.never_champion`, `rollback.is_champion`; `Conflict` (`ledger.conflict`);
    and as `load_candidate` does when the model that was champion is not whole.
    """
    lines = ledger.history(ledger_url, model)
    was = [line for line in lines if line.version == version]
    if not was:
        known = ", ".join(str(one) for one in sorted({line.version for line in lines})) or "none"
        raise BadInput(
            "rollback.never_champion",
            f"Version {version} of {model} was never champion; those that were: {known}.",
            next_step="Name one of them, or judge the version and promote it.",
        )
    if lines[-1].version == version:
        raise BadInput(
            "rollback.is_champion",
            f"Version {version} is the champion of {model} since {lines[-1].decided_at:%Y-%m-%d %H:%M:%S} UTC.",
            next_step=f"Nothing to do; python -m training history --model {model} shows all.",
        )
    load_candidate(registry, registry.model_version(model, version).run_id)
    line = ledger.promote(
        ledger_url,
        model=model,
        version=version,
        run_id=was[-1].run_id,
        expected=lines[-1].version,
        decided_at=datetime.now(UTC).replace(tzinfo=None),
        decided_by=decided_by,
        reason=reason,
        kind="rollback",
    )
    follow(registry, ledger_url, model)
    return line


def rolled_back(registry: Registry, ledger_url: str, run: RunRecord) -> int | None:
    """The version with the same bytes as the model of `run` that was rolled back from, and not gone back to since.

    None when there is none; a version that was deleted from MLflow has no bytes to compare.
    """
    left: set[int] = set()
    for line in ledger.history(ledger_url, run.model):
        if line.kind == "rollback" and line.previous_version is not None:
            left.add(line.previous_version)
        left.discard(line.version)
    for version in sorted(left):
        try:
            same = registry.model_version(run.model, version).model_sha256 == run.model_sha256
        except Missing:
            continue
        if same:
            return version
    return None
