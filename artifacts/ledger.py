"""The promotion ledger: which model version was champion when, written by compare-and-set in SQLite or Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from artifacts.database import kept, masked, transaction
from artifacts.errors import Conflict, Damaged
from artifacts.ledger_tables import PROMOTIONS
from artifacts.rejections import refuse_rejected

Kind = Literal["promote", "rollback"]


@dataclass(frozen=True)
class Promotion:
    """One line of the ledger: from `decided_at` (UTC) on, `version` is the champion of `model`.

    `seq` counts from 1 without gaps per model; `verdict` says where the verdict lies, None for a rollback.
    `model_sha256` is that of its native file, None in a line from before it was kept.
    """

    model: str
    seq: int
    version: int
    run_id: str
    previous_version: int | None
    kind: Kind
    decided_at: datetime
    decided_by: str
    reason: str
    verdict: str | None
    model_sha256: str | None = None


def promote(
    url: str,
    *,
    model: str,
    version: int,
    run_id: str,
    expected: int | None,
    decided_at: datetime,
    decided_by: str,
    reason: str,
    verdict: str | None = None,
    kind: Kind = "promote",
    model_sha256: str | None = None,
) -> Promotion:
    """Make `version` the champion of `model`, if the champion still is version `expected` (None: there is none yet).

    Of any number of callers with the same `expected` one wins. A `decided_at` before that of the line above, from a
    clock that is behind, is written as the line above's, so that the ledger's order and its times never disagree.
    Raises `Conflict` with nothing written: `ledger.conflict` when another version is champion meanwhile, and
    `ledger.rejected` when a person rejected this verdict.
    """
    with transaction(url, "ledger", PROMOTIONS, write=True) as connection:
        last = next(reversed(_lines(connection, model)), None)
        champion_now = None if last is None else last.version
        if champion_now != expected:
            raise _conflict(model, version, expected, champion_now, _again(kind, model, run_id))
        refuse_rejected(connection, run_id, verdict)
        line = Promotion(
            model=model,
            seq=1 if last is None else last.seq + 1,
            version=version,
            run_id=run_id,
            previous_version=champion_now,
            kind=kind,
            decided_at=decided_at if last is None else max(decided_at, last.decided_at),
            decided_by=decided_by,
            reason=reason,
            verdict=verdict,
            model_sha256=model_sha256,
        )
        try:
            connection.execute(sa.insert(PROMOTIONS).values(**vars(line)))
        except IntegrityError as error:
            raise _conflict(model, version, expected, None, _again(kind, model, run_id)) from error
        return line


def champion(url: str, model: str) -> Promotion | None:
    """The newest line of `model`, or None when nothing was ever promoted."""
    lines = history(url, model)
    return lines[-1] if lines else None


def champion_at(url: str, model: str, at: datetime) -> Promotion | None:
    """The line in force at `at` (UTC): the last one decided at or before it; each counts from its whole second on."""
    decided = [line for line in history(url, model) if line.decided_at.replace(microsecond=0) <= at]
    return decided[-1] if decided else None


def history(url: str, model: str) -> list[Promotion]:
    """All lines of `model`, oldest first.

    Raises `Damaged` (`ledger.damaged`) when a line is missing, cannot be read, or does not follow from the one before.
    """
    with transaction(url, "ledger", PROMOTIONS, write=False) as connection:
        if not sa.inspect(connection).has_table(PROMOTIONS.name):
            return []
        return _lines(connection, model)


def rolled_back_from(lines: Sequence[Promotion]) -> list[int]:
    """The sorted versions that `lines` say were rolled back from, and not gone back to since."""
    left: set[int] = set()
    for line in lines:
        if line.kind == "rollback" and line.previous_version is not None:
            left.add(line.previous_version)
        left.discard(line.version)
    return sorted(left)


def require_champion(url: str, model: str, version: int, run_id: str, expected: int | None) -> None:
    """Raise `Conflict` (`ledger.conflict`) unless `expected`, which `version` was judged against, still is champion."""
    now = champion(url, model)
    if (now.version if now else None) != expected:
        raise _conflict(model, version, expected, now.version if now else None, _again("promote", model, run_id))


def models(url: str) -> list[str]:
    """The sorted names of the models of which anything was ever promoted."""
    with transaction(url, "ledger", PROMOTIONS, write=False) as connection:
        if not sa.inspect(connection).has_table(PROMOTIONS.name):
            return []
        return sorted(connection.scalars(sa.select(PROMOTIONS.c.model).distinct()))


def shown(url: str) -> str:
    """Where the ledger lies, without a password."""
    return masked(url)


def _lines(connection: sa.Connection, model: str) -> list[Promotion]:
    query = sa.select(*kept(connection, PROMOTIONS)).where(PROMOTIONS.c.model == model).order_by(PROMOTIONS.c.seq)
    try:
        lines = [Promotion(**row) for row in connection.execute(query).mappings()]
    except (ValueError, TypeError) as error:
        raise _damaged(f"A line of the ledger of {model} cannot be read: {error}.") from error
    previous: int | None = None
    for position, line in enumerate(lines, start=1):
        if line.seq != position or line.previous_version != previous:
            raise _damaged(
                f"Line {line.seq} of the ledger of {model} follows version {line.previous_version}; "
                f"line {position}, following version {previous}, was expected."
            )
        previous = line.version
    return lines


def _damaged(message: str) -> Damaged:
    next_step = "Restore the ledger from its backup; nothing is promoted until then."
    return Damaged("ledger.damaged", message, next_step=next_step)


def _again(kind: Kind, model: str, run_id: str) -> str:
    """What to do when another version became champion in between."""
    if kind == "rollback":
        return f"See who is champion now, before going back again: python -m training history --model {model}"
    return f"Judge it again, against the champion of now: python -m training judge --candidate {run_id}"


def _conflict(model: str, version: int, expected: int | None, champion_now: int | None, next_step: str) -> Conflict:
    wanted = "no champion" if expected is None else f"version {expected} as champion"
    got = "someone else promoted first" if champion_now is None else f"version {champion_now} is champion by now"
    return Conflict(
        "ledger.conflict", f"Version {version} of {model} was decided on with {wanted}, but {got}.", next_step=next_step
    )
