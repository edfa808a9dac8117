"""Goes back to an earlier champion, without judging it."""

from datetime import UTC, datetime
from typing import Any

from artifacts import ledger
from artifacts.errors import BadInput, Damaged, Missing
from artifacts.lost_champion import refuse_lost_champion
from artifacts.places import read_places
from artifacts.registry import Registry
from artifacts.reigns import told_champion
from training.alias import follow
from training.champion import lines_of
from training.decision import parse_reason
from training.fit import refuse_not_whole


def rollback(
    registry: Registry, ledger_url: str, model: str, version: int, *, decided_by: str, reason: str
) -> ledger.Promotion:
    """Make an earlier champion the champion again; `reason` is written into the ledger.

    Raises as `check` does, `BadInput` (`decision.incomplete`) and `Conflict` (`ledger.conflict`).
    """
    was, now = check(registry, ledger_url, model, version)
    why = parse_reason(reason, "Say why: --reason TEXT, or in the form of the DAG rollback.")
    line = ledger.promote(
        ledger_url,
        model=model,
        version=version,
        run_id=was.run_id,
        expected=now.version,
        decided_at=datetime.now(UTC).replace(tzinfo=None),
        decided_by=decided_by,
        reason=why,
        kind="rollback",
        model_sha256=registry.run(was.run_id).model_sha256,
    )
    follow(registry, ledger_url, model)
    return line


def check(registry: Registry, ledger_url: str, model: str, version: int) -> tuple[ledger.Promotion, ledger.Promotion]:
    """The newest line that made `version` champion, and the line in force: whether there is a way back, and whole.

    Raises as `lines_of`; `BadInput`: `rollback.never_champion`, `rollback.is_champion`; as `refuse_not_whole` does
    when the model that was champion is not whole; `Missing` (`registry.missing`) when MLflow does not have it, and as
    `refuse_lost_champion` when it has not the champion of now either.
    """
    lines = lines_of(registry, ledger_url, model)
    was = [line for line in lines if line.version == version]
    if not was:
        known = ", ".join(str(one) for one in sorted({line.version for line in lines}))
        raise BadInput(
            "rollback.never_champion",
            f"Version {version} of {model} was never champion; those that were: {known}.",
            next_step="Name one of them, or judge the version and promote it.",
        )
    if lines[-1].version == version:
        raise BadInput(
            "rollback.is_champion",
            f"Version {version} is the champion of {model} since {lines[-1].decided_at:%Y-%m-%d %H:%M:%S} UTC.",
            next_step=f"Nothing to do; all of it is shown by: python -m training history --model {model}",
        )
    try:
        run = registry.model_version(model, version)
    except Missing:
        # All that MLflow had may be lost, and that one with it.
        refuse_lost_champion(registry, ledger_url, model)
        raise
    refuse_not_whole(registry, run.run_id)
    return was[-1], lines[-1]


def check_named(model: str, version: int) -> str:
    """As `check`, in the places that the environment names; says from where to where."""
    places = read_places()
    was, now = check(Registry.at(places), places.ledger, model, version)
    return f"{model}: from version {now.version} back to version {version}, champion by line {was.seq} of the ledger."


def rollback_named(model: str, version: int, reason: str, who: str | None) -> dict[str, Any]:
    """As `rollback`, in the places that the environment names, decided by `who` of Airflow."""
    places = read_places()
    decided_by = f"{who or 'somebody'} by the DAG rollback"
    line = rollback(Registry.at(places), places.ledger, model, version, decided_by=decided_by, reason=reason)
    return {"model": model, "version": version, "line": line.seq, "previous_version": line.previous_version}


def confirm_named(gone_back: dict[str, Any]) -> str:
    """That the version gone back to is champion by the ledger; raises `Damaged` (`rollback.not_champion`)."""
    model, version = gone_back["model"], gone_back["version"]
    now = ledger.champion(read_places().ledger, model)
    if now is None or now.version != version:
        raise Damaged(
            "rollback.not_champion",
            f"Line {gone_back['line']} of the ledger made version {version} of {model} champion; now it is "
            f"{'none' if now is None else f'version {now.version}, by line {now.seq}'}.",
            next_step=f"See who was faster: python -m training history --model {model}",
        )
    return told_champion(model, version, now.seq)
