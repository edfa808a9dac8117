"""Land a month of a source: every table is read and judged before any of them is published."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from artifacts.cli import say
from artifacts.errors import BadInput, Refusal
from artifacts.periods import first_day
from artifacts.raw import Key, Partition, draft, first_gap, land_all
from artifacts.run_evidence import note
from artifacts.settings import read_settings
from ingestion.broken import refuse_broken, refuse_empty
from ingestion.landed_before import landed_before, landed_by
from ingestion.months import refuse_unfinished
from ingestion.source import MonthOfSource, SourceSettings, TableOfMonth, find_source, source_names


def land_month(raw_root: str, source: str, month: str, environ: Mapping[str, str] | None = None) -> list[Partition]:
    """Land every table of `source` for `month` (`2013-01`); the same rows again are a no-op (`created` is False).

    The source's settings come from `INGESTION_SOURCE_*` of `environ`, by default the process's. Raises `BadInput` for
    what cannot be read, `GateClosed` (`ingestion.quarantine_share`) for too many broken rows, both with nothing
    landed, and `Conflict` (`raw.conflict`) when other rows landed before.
    """
    module = find_source(source)
    _refuse_strange_settings(os.environ if environ is None else environ)
    settings = read_settings(module.Settings, _prefix(source), environ)
    now = datetime.now(UTC)
    refuse_unfinished(month, now)
    if there := landed_before(raw_root, source, month, module, settings):
        return there
    content = module.read_month(month, settings, now)
    refuse_empty(source, month, content)
    refuse_broken(source, month, content, settings.max_quarantined_share, f"{_prefix(source)}MAX_QUARANTINED_SHARE")
    return land_all(
        raw_root,
        [
            draft(Key(source, name, month), table.facts, table.quarantine, _provenance(content, table, settings, now))
            for name, table in content.tables.items()
        ],
    )


def describe(partition: Partition) -> str:
    """One line for a person: what is in a partition, and what was set aside."""
    rows = ", ".join(f"{count:,} {fact}" for fact, count in sorted(partition.rows.items()))
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(partition.quarantined_by_reason.items()))
    aside = f"; set aside: {reasons}" if reasons else ""
    return f"{partition.key}/{partition.revision}: {rows}{aside}"


def land_months(raw_root: str, source: str, months: list[str]) -> list[Partition]:
    """`land_month` for each of `months` in turn, saying on stderr how far it is, and which month is missing between.

    Stops at the first refusal, which then says how many months landed before it.
    """
    landed: list[Partition] = []
    for number, month in enumerate(months, start=1):
        try:
            of_month = land_month(raw_root, source, month)
        except Refusal as refusal:
            raise _after(number - 1, months, refusal) from refusal
        landed.extend(of_month)
        say(f"[{number}/{len(months)}] {source}/{month}")
        for partition in of_month:
            say(f"  {'landed' if partition.created else 'was there'}: {describe(partition)}")
    gap = first_gap(raw_root, source)
    note("landed", {"source": source, "months": months, "gap": gap, "partitions": [_noted(one) for one in landed]})
    if gap is not None:
        say(
            f"Warning: {source} has a gap: {gap} has not landed whole, and features build refuses any as_of after "
            f"{first_day(gap)} until it has."
        )
    return landed


def _noted(partition: Partition) -> dict[str, Any]:
    return {
        "id": f"{partition.key}/{partition.revision}",
        "new": partition.created,
        "rows": dict(partition.rows),
        "set_aside": dict(partition.quarantined_by_reason),
    }


def _after(done: int, months: list[str], refusal: Refusal) -> Refusal:
    if len(months) == 1:
        return refusal
    through = f", through {months[done - 1]}" if done else ""
    message = f"{refusal.message} {done} of {len(months)} months landed before it{through}."
    return type(refusal)(refusal.code, message, next_step=refusal.next_step)


def _prefix(source: str) -> str:
    return f"INGESTION_{source.upper()}_"


def _provenance(content: MonthOfSource, table: TableOfMonth, settings: SourceSettings, now: datetime) -> dict[str, Any]:
    return {
        **content.provenance,
        **table.notes,
        "tables": sorted(content.tables),
        "rows_read": table.rows_read,
        "landed_by": landed_by(settings),
        "landed_at": now.isoformat(timespec="seconds"),
    }


def _refuse_strange_settings(environ: Mapping[str, str]) -> None:
    """What is set for no source would be believed to work."""
    known = tuple(_prefix(name) for name in source_names())
    strange = sorted(key for key in environ if key.startswith("INGESTION_") and not key.startswith(known))
    if strange:
        raise BadInput(
            "settings.invalid",
            f"Environment variable {strange[0]} is about no source; those of sources begin with {', '.join(known)}.",
            next_step=f"Correct or unset {strange[0]}.",
        )
