"""Hold a staged training set against its contract before anything is published: pass, bad data, or cannot judge."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from artifacts.contract import Contract
from artifacts.errors import CannotJudge, GateClosed
from artifacts.layout import Layout
from artifacts.leftovers import temporary_folder
from artifacts.run_evidence import note
from features.checks import aggregates_sql, row_checks, set_checks
from features.data_docs import write_docs
from features.expectations import SHOWN, Result, new_context, run_checks
from features.violations import finding_of, is_of_rows, sentence

# Each chunk costs Great Expectations about a second, whatever its rows.
CHUNK_ROWS = 250_000
NOTED = 50


@dataclass(frozen=True)
class Validation:
    """Every check with what was found; `folder` has `validation.json` and Data Docs, `docs` the page to look at."""

    results: tuple[Mapping[str, Any], ...]
    folder: Path
    docs: Path


def validate(
    parquet: Path,
    contract: Contract,
    as_of: datetime,
    previous: Mapping[str, Any] | None,
    *,
    folder: Path,
    attempt: str,
) -> Validation:
    """Run every expectation that follows from `contract`; `previous` are the facts of the version to compare with.

    Writes `docs/` and `validation.json` into `folder`, also when it refuses. Rows pass in chunks of 250,000, the set as
    a whole as one row of aggregates. Raises `CannotJudge` (`validation.nothing_to_check`, `validation.raised`) or
    `GateClosed` (`validation.failed`) naming expectation, column, observed value, bound and up to five keys.
    """
    with _opened(parquet, folder) as connection:
        aggregates = connection.execute(aggregates_sql(contract, as_of, previous)).df()
        aggregates = aggregates.assign(**_types(parquet))
        rows, whole = row_checks(contract), set_checks(contract, grows=previous is not None)
        context = new_context()
        results = run_checks(context, f"{contract.name} rows", _chunks(parquet), rows)
        results += run_checks(context, f"{contract.name} set", [aggregates], whole)
        return _concluded(context, contract, results, connection, folder=folder, attempt=attempt)


def validate_rows(parquet: Path, columns: Layout, *, folder: Path, attempt: str) -> Validation:
    """As `validate`, for rows that are no training set: only what each row answers alone.

    How many nulls a column may have is a matter of a whole set: in the rows of one night a mean that needs an hour with
    events may be missing everywhere. Where the contract allows no null, there is none here either.
    """
    with _opened(parquet, folder) as connection:
        context = new_context()
        checks = [check for check in row_checks(columns) if not check.allowed]
        results = run_checks(context, f"{columns.name} rows", _chunks(parquet), checks)
        return _concluded(context, columns, results, connection, folder=folder, attempt=attempt)


@contextmanager
def _opened(parquet: Path, folder: Path) -> Iterator[Any]:
    # Else it would spill into the working directory; beside `folder`, which stays when the rows do not pass.
    with (
        temporary_folder("spill", folder.parent) as spill,
        duckdb.connect(config={"temp_directory": str(spill)}) as connection,
    ):
        connection.from_parquet(str(parquet)).create_view("rows")
        yield connection


def _concluded(
    context: Any, layout: Layout, results: Sequence[Result], connection: Any, *, folder: Path, attempt: str
) -> Validation:
    found = tuple(finding_of(result, connection, layout) for result in results)
    docs = write_docs(context, layout.name, attempt, results, folder / "docs")
    (folder / "validation.json").write_text(json.dumps(found, indent=1, default=str), encoding="utf-8")
    noted = {"set": layout.name, "attempt": attempt, "checked": len(found), "failed": _failed(found)[:NOTED]}
    note("expectations", noted)
    _refuse_unless_passed(layout, results, found, docs)
    return Validation(found, folder, docs)


def _failed(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [told for told in found if not told["passed"]]


def _refuse_unless_passed(
    contract: Layout, results: Sequence[Result], found: Sequence[Mapping[str, Any]], docs: Path
) -> None:
    unseen = [r for r in results if r.seen == r.missing == 1 and not is_of_rows(r.check)]
    raised = [result for result in results if result.raised is not None]
    failed = _failed(found)
    if raised:
        told = "; ".join(f"{r.check.expectation} on {r.check.column}: {r.raised}" for r in raised[:SHOWN])
        raise CannotJudge(
            "validation.raised",
            f"Training set {contract.name}: {len(raised)} expectations could not run: {told}.",
            next_step=f"Correct the contract or the column's type; see {docs}.",
        )
    if unseen:
        told = ", ".join(result.check.column for result in unseen)
        raise CannotJudge(
            "validation.nothing_to_check",
            f"Training set {contract.name}: there is no value of {told}.",
            next_step=f"Correct the SQL; see {docs}.",
        )
    if failed:
        told = "; ".join(sentence(one) for one in failed[:SHOWN])
        more = f" and {len(failed) - SHOWN} more" if len(failed) > SHOWN else ""
        raise GateClosed(
            "validation.failed",
            f"Training set {contract.name} fails {len(failed)} of {len(found)} expectations: {told}{more}.",
            next_step=f"Correct the SQL or the source, or the contract if the data are right; see {docs}.",
        )


def _chunks(parquet: Path) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(parquet, page_checksum_verification=True) as file:
        for batch in file.iter_batches(CHUNK_ROWS):
            yield _to_pandas(pa.Table.from_batches([batch]))


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    """Numbers as doubles or 64-bit integers: of any other kind Great Expectations compares one cell at a time."""
    for at, kind in enumerate(table.schema.types):
        wide = pa.int64() if pa.types.is_integer(kind) else pa.float64()
        if kind != wide and (pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind)):
            table = table.set_column(at, table.schema.names[at], table.column(at).cast(wide))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _types(parquet: Path) -> dict[str, str]:
    schema = pq.read_schema(parquet)
    return {f"type of {name}": str(kind) for name, kind in zip(schema.names, schema.types, strict=True)}
