"""Publish what a source restated: rows of landed facts, known from one moment on, beside what was known before."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from artifacts.errors import BadInput
from artifacts.facts import MOMENT
from artifacts.publish import sha256_of
from artifacts.raw import Key, Partition, correct, landed_rows
from ingestion.source import find_source
from ingestion.strict_csv import Column, read_rows


def correct_from_files(raw_root: str, key: Key, known_at: datetime, files: Mapping[str, Path]) -> Partition:
    """Read each fact's corrected rows from a CSV file and publish them as one revision known at `known_at` (naive UTC).

    A file has the landed fact's columns without `known_at`, in their order, `NA` for null, times as
    `2013-01-01T10:15:00`. Raises `BadInput` (`ingestion.known_at_invalid`, `source.*`, `raw.*`) with nothing published.
    """
    source = find_source(key.source)
    refuse_future(known_at, datetime.now(UTC))
    facts = {}
    for fact, path in files.items():
        landed = landed_rows(raw_root, key, fact)
        columns = {field.name: Column(field.type, nullable=True) for field in landed.schema if field.name != "known_at"}
        rows = read_rows(path, columns).table
        stamped = rows.append_column("known_at", pa.array([known_at] * rows.num_rows, MOMENT))
        if (rule := getattr(source, "why_impossible", None)) is not None:
            _refuse_first(key, path, rule(key.table, fact, stamped, landed))
        facts[fact] = rows.drop_columns(["line"])
    provenance = {"files": {path.name: {"sha256": sha256_of(path), "fact": fact} for fact, path in files.items()}}
    return correct(raw_root, key, facts, known_at, provenance)


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


def _refuse_first(key: Key, path: Path, impossible: pa.Table) -> None:
    for row in impossible.sort_by("line").slice(0, 1).to_pylist():
        raise BadInput(
            "raw.correction_invalid",
            f"Correction of {key}: {path}: line {row['line']}: {row['impossible']}.",
            next_step="Correct the file, or the moment; nothing was published.",
        )
