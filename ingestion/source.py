"""What a source is: a module under `ingestion/sources/` with `Settings` and one function, `read_month`."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from pydantic import Field

from artifacts.errors import BadInput
from artifacts.settings import Settings
from ingestion import sources


class SourceSettings(Settings):
    """What every source can be told: the share of a table's rows that may be broken; above it the month is refused."""

    max_quarantined_share: float = Field(default=0.01, ge=0, le=1)


@dataclass(frozen=True)
class TableOfMonth:
    """One table's month: facts by name (each with `known_at`), rows set aside, and how many rows were read for it.

    `quarantine` has the columns `file`, `line`, `reason` and `row` (the row as JSON). `notes` go into the manifest.
    """

    facts: Mapping[str, pa.Table]
    quarantine: pa.Table
    rows_read: int
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MonthOfSource:
    """A month of every table of a source, and where it came from (package, files and their sha256), as JSON facts.

    `folder` is where the files lie that quarantine names; refusals name it, and it does not land.
    """

    tables: Mapping[str, TableOfMonth]
    provenance: Mapping[str, Any]
    folder: Path = Path()


@dataclass(frozen=True)
class FactKey:
    """The `columns` that name a row of a fact, and which others may be null: none of the rest is, in a correction.

    `of` is the fact of the same table that must have landed with that name; None: a correction may add what had not.
    """

    columns: tuple[str, ...]
    of: str | None = None
    nullable: tuple[str, ...] = ()


class Source(Protocol):
    """What a source's module must hold.

    It may also hold `read_from(settings)`, the paths of all the files that a month is read from: while those, which
    `provenance` has to name under `files` with their sha256, are the same, landing a month again reads none of them.

    For corrections it may also hold `KEYS`, a mapping of (table, fact) to its `FactKey`, and
    `why_impossible(key, fact, rows, there)`: of the rows of a correction of `key`, each with its `line` and `known_at`,
    those that cannot be, as a table of `line` and what is `impossible`. `there(table, fact)` gives the rows that were
    published of the same month, each with its `revision`, and with a null there those of this correction.
    """

    Settings: type[SourceSettings]

    def read_month(self, month: str, settings: Any, now: datetime) -> MonthOfSource:
        """Every table's rows of `month`; raises `BadInput` that names file, line or column.

        `now` is the moment of landing (UTC): a row that is later is refused. Nothing else may follow from it.
        """
        ...


def source_names() -> list[str]:
    """The names of all sources: the modules under `ingestion/sources/`."""
    return sorted(module.name for module in pkgutil.iter_modules(sources.__path__))


def find_source(name: str) -> Source:
    """The module of source `name`; raises `BadInput` (`source.unknown`)."""
    if name not in source_names():
        raise BadInput(
            "source.unknown",
            f"There is no source {name!r}; known are {', '.join(source_names())}.",
            next_step="Name one.",
        )
    source: Any = importlib.import_module(f"ingestion.sources.{name}")
    return source  # type: ignore[no-any-return]
