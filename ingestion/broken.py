"""Whether a month that was read may land: no table of it is empty, and in none too many rows are broken."""

import pyarrow.compute as pc

from artifacts.errors import BadInput, GateClosed
from ingestion.source import MonthOfSource, TableOfMonth


def refuse_empty(source: str, month: str, content: MonthOfSource) -> None:
    """Raise `BadInput` (`ingestion.month_empty`) for a table without any row of the month."""
    for name, table in content.tables.items():
        if table.rows_read == 0:
            raise BadInput(
                "ingestion.month_empty",
                f"{source}/{name}/{month}: the source has no row of this month.",
                next_step="Name a month that it holds, or get its files again.",
            )


def refuse_broken(source: str, month: str, content: MonthOfSource, allowed: float, setting: str) -> None:
    """Raise `GateClosed` (`ingestion.quarantine_share`) for a table with a larger share than `allowed` by `setting`."""
    for name, table in content.tables.items():
        broken = table.quarantine.num_rows
        if broken > allowed * table.rows_read:
            first = table.quarantine.sort_by("line").slice(0, 1).to_pylist()[0]
            raise GateClosed(
                "ingestion.quarantine_share",
                f"{source}/{name}/{month}: {broken} of {table.rows_read} rows are broken "
                f"({_counts(table)}), allowed is a share of {allowed}; the first is "
                f"{content.folder / first['file']}: line {first['line']}.{_besides(name, content)}",
                next_step=f"Correct the files, or raise {setting}; nothing landed.",
            )


def _besides(broken: str, content: MonthOfSource) -> str:
    """What is broken in other tables, of which rows of the `broken` one may be the consequence."""
    found = [(name, table, table.quarantine.sort_by("line").slice(0, 1)) for name, table in content.tables.items()]
    told = [
        f"{name} {_counts(table)}, first in {first['file'][0]}, line {first['line'][0]}"
        for name, table, first in found
        if name != broken and first.num_rows
    ]
    return f" Broken too, which may be why: {'; '.join(told)}." if told else ""


def _counts(table: TableOfMonth) -> str:
    counted = pc.value_counts(table.quarantine["reason"]).to_pylist()
    return ", ".join(f"{entry['counts']} {entry['values']}" for entry in counted)
