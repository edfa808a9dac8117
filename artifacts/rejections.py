"""What a person rejected: a verdict that said promote, with who and why; beside the promotions, in the same ledger."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from artifacts.database import kept, transaction
from artifacts.errors import Conflict, Damaged
from artifacts.ledger_tables import PROMOTIONS, REJECTIONS
from artifacts.reigns import since_replaced

DECIDED_ONCE = "A verdict is decided on once. Train again, and judge what comes out."


@dataclass(frozen=True)
class Rejection:
    """From `decided_at` (UTC) on, `version` is not promoted by `verdict`, a path on MLflow run `run_id`.

    `champion` is the version that was it then, by the ledger, and that stayed; `reject` looks it up, and None says
    that there was none. The verdict may have been made against another.
    `model_sha256` is that of its native file, None in one from before it was kept.
    """

    model: str
    version: int
    run_id: str
    verdict: str
    decided_at: datetime
    decided_by: str
    reason: str
    champion: int | None = None
    model_sha256: str | None = None


def reject(url: str, rejection: Rejection) -> Rejection:
    """Write that a person rejected a verdict; the same again changes nothing. Returns the line that is there.

    Raises `Conflict`: `ledger.rejected` when another person, or for another reason, rejected it before, and
    `ledger.promoted` when it made its candidate champion already. Of both at once, one is written.
    """
    with transaction(url, "ledger", REJECTIONS, write=True) as connection:
        before = _found(connection, rejection.run_id, rejection.verdict)
        if before is not None and (before.decided_by, before.reason) == (rejection.decided_by, rejection.reason):
            return before
        refuse_rejected(connection, rejection.run_id, rejection.verdict)
        _refuse_promoted(connection, rejection.run_id, rejection.verdict)
        line = replace(rejection, champion=_champion_now(connection, rejection.model))
        connection.execute(sa.insert(REJECTIONS).values(**vars(line)))
        return line


def rejections(url: str, model: str) -> list[Rejection]:
    """What was rejected of `model`, oldest first; raises `Damaged` (`ledger.damaged`)."""
    with transaction(url, "ledger", REJECTIONS, write=False) as connection:
        if not sa.inspect(connection).has_table(REJECTIONS.name):
            return []
        return _read(connection, REJECTIONS.c.model == model)


def models(url: str) -> list[str]:
    """The sorted names of the models of which anything was ever rejected."""
    with transaction(url, "ledger", REJECTIONS, write=False) as connection:
        if not sa.inspect(connection).has_table(REJECTIONS.name):
            return []
        return sorted(connection.scalars(sa.select(REJECTIONS.c.model).distinct()))


def rejection_of(url: str, model: str, run_id: str, verdict: str) -> Rejection | None:
    """How a verdict was rejected, or None."""
    return next((one for one in rejections(url, model) if (one.run_id, one.verdict) == (run_id, verdict)), None)


def refuse_decided(url: str, run_id: str, verdict: str) -> None:
    """Raise `Conflict` (`ledger.rejected`, `ledger.promoted`) for a verdict that was decided on."""
    with transaction(url, "ledger", REJECTIONS, write=False) as connection:
        there = sa.inspect(connection)
        if there.has_table(REJECTIONS.name):
            refuse_rejected(connection, run_id, verdict)
        if there.has_table(PROMOTIONS.name):
            _refuse_promoted(connection, run_id, verdict)


def refuse_rejected(connection: sa.Connection, run_id: str, verdict: str | None) -> None:
    """Raise `Conflict` (`ledger.rejected`) for a verdict that a person rejected, inside a writer's transaction."""
    before = None if verdict is None else _found(connection, run_id, verdict)
    if before is not None:
        raise Conflict(
            "ledger.rejected",
            told(before),
            next_step=DECIDED_ONCE,
        )


def told(one: Rejection) -> str:
    """The rejection in a sentence."""
    stayed = "there was no champion" if one.champion is None else f"version {one.champion} stayed"
    when = f"{one.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"Version {one.version} was rejected and {stayed}, {when}, {one.decided_by}: {one.reason.rstrip('.')}."


def _refuse_promoted(connection: sa.Connection, run_id: str, verdict: str) -> None:
    query = sa.select(*kept(connection, PROMOTIONS)).where(
        PROMOTIONS.c.run_id == run_id, PROMOTIONS.c.verdict == verdict
    )
    line = connection.execute(query).mappings().first()
    if line is None:
        return
    of_model = sa.select(*kept(connection, PROMOTIONS)).where(PROMOTIONS.c.model == line["model"])
    gone = since_replaced(connection.execute(of_model.order_by(PROMOTIONS.c.seq)).all(), line["version"])
    raise Conflict(
        "ledger.promoted",
        f"Version {line['version']} of {line['model']} was promoted by this verdict, in line {line['seq']} of the "
        f"ledger.{'' if gone is None else f' {gone}'}",
        next_step=f"To go back: {_rollback(line['model'], 'N')}"
        if gone is None
        else f"Only if going away from it was a mistake, go back to it: {_rollback(line['model'], line['version'])}",
    )


def _rollback(model: str, version: int | str) -> str:
    return f"python -m training rollback --model {model} --to {version}"


def _champion_now(connection: sa.Connection, model: str) -> int | None:
    query = sa.select(PROMOTIONS.c.version).where(PROMOTIONS.c.model == model).order_by(PROMOTIONS.c.seq.desc())
    return connection.scalars(query.limit(1)).first()


def _found(connection: sa.Connection, run_id: str, verdict: str) -> Rejection | None:
    return next(iter(_read(connection, REJECTIONS.c.run_id == run_id, REJECTIONS.c.verdict == verdict)), None)


def _read(connection: sa.Connection, *where: "sa.ColumnElement[bool]") -> list[Rejection]:
    query = sa.select(*kept(connection, REJECTIONS)).where(*where).order_by(REJECTIONS.c.decided_at)
    try:
        return [Rejection(**row) for row in connection.execute(query).mappings()]
    except (ValueError, TypeError) as error:
        raise Damaged(
            "ledger.damaged",
            f"A rejection in the ledger cannot be read: {error}.",
            next_step="Restore the ledger from its backup; nothing is promoted until then.",
        ) from error
