"""Publish what a source restated: rows of landed facts, known from one moment on, beside what was known before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from artifacts.errors import BadInput
from artifacts.facts import MOMENT
from artifacts.manifest import sha256_of
from artifacts.raw import Key, Partition, correct, landed_rows, rows_there
from ingestion.keys import refuse_keys
from ingestion.source import FactKey, find_source
from ingestion.strict_csv import Column, read_rows


def correct_from_files(raw_root: str, key: Key, known_at: datetime, files: Mapping[str, Path]) -> Partition:
    """Read each fact's corrected rows from a CSV file and publish them as one revision known at `known_at` (naive UTC).

    A file has the landed fact's columns without `known_at`, in their order, `NA` for null, times as
    `2013-01-01T10:15:00`. Of a source with `KEYS`, the provenance counts under `added`, by fact, the rows that correct
    none. Raises `BadInput` (`ingestion.known_at_invalid`, `source.*`, `raw.*`) with nothing published.
    """
    source = find_source(key.source)
    refuse_future(known_at, datetime.now(UTC))
    keys: Mapping[tuple[str, str], FactKey] = getattr(source, "KEYS", {})
    facts = {fact: _read(raw_root, key, fact, path, keys.get((key.table, fact))) for fact, path in files.items()}
    stamped = {
        fact: rows.append_column("known_at", pa.array([known_at] * rows.num_rows, MOMENT))
        for fact, rows in facts.items()
    }
    added: dict[str, int] = {}

    def there(table: str, fact: str) -> pa.Table:
        published = rows_there(raw_root, replace(key, table=table), fact)
        if table != key.table or fact not in stamped:
            return published
        restated = stamped[fact].drop_columns(["line"])
        return pa.concat_tables([published, restated], promote_options="default")

    def check() -> None:
        for fact, path in files.items():
            if (named := keys.get((key.table, fact))) is not None:
                added[fact] = refuse_keys(raw_root, key, fact, named, path=path, rows=facts[fact], known_at=known_at)
            if (rule := getattr(source, "why_impossible", None)) is not None:
                _refuse_first(key, path, rule(key, fact, stamped[fact], there))

    told = {path.name: {"sha256": sha256_of(path), "fact": fact} for fact, path in files.items()}
    rows = {fact: table.drop_columns(["line"]) for fact, table in facts.items()}
    return correct(raw_root, key, rows, known_at, {"files": told, "added": added}, check=check)


def refuse_future(known_at: datetime, now: datetime) -> None:
    """Raise `BadInput` (`ingestion.known_at_invalid`) for a `known_at` (naive UTC) after `now` (aware)."""
    if known_at.replace(tzinfo=UTC) > now:
        raise BadInput(
            "ingestion.known_at_invalid",
            f"The moment is {known_at:%Y-%m-%dT%H:%M} UTC, which is yet to come: "
            f"it is {now.astimezone(UTC):%Y-%m-%dT%H:%M} now.",
            next_step="Write the moment at which the correction became known.",
        )


def parse_known_at(text: str) -> datetime:
    """A naive UTC moment such as `2013-03-05T06:00`; raises `BadInput` (`ingestion.known_at_invalid`)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise BadInput(
            "ingestion.known_at_invalid",
            f"The moment is {text!r}; wanted one in UTC, without an offset, such as '2013-03-05T06:00'.",
            next_step="Write it so.",
        )
    return moment


def parse_files(texts: list[str]) -> dict[str, Path]:
    """`FACT=FILE.csv` as a mapping; raises `BadInput` (`ingestion.fact_invalid`)."""
    files: dict[str, Path] = {}
    for text in texts:
        fact, _, path = text.partition("=")
        if not fact or not path or fact in files:
            raise BadInput(
                "ingestion.fact_invalid",
                f"Got {text!r}; wanted FACT=FILE.csv, each fact once.",
                next_step="Write it so.",
            )
        files[fact] = Path(path)
    return files


def _read(raw_root: str, key: Key, fact: str, path: Path, named: FactKey | None) -> pa.Table:
    """The rows of a file in the columns of the landed fact but `known_at`, each with its `line`."""
    schema = landed_rows(raw_root, key, fact).schema
    return read_rows(
        path,
        {
            field.name: Column(field.type, nullable=named is None or field.name in named.nullable)
            for field in schema
            if field.name != "known_at"
        },
    ).table


def _refuse_first(key: Key, path: Path, impossible: pa.Table) -> None:
    for row in impossible.sort_by("line").slice(0, 1).to_pylist():
        raise BadInput(
            "raw.correction_invalid",
            f"Correction of {key}: {path}: line {row['line']}: {row['impossible']}.",
            next_step="Correct the file, or the moment; nothing was published.",
        )
