"""The keys of a correction's rows: each there once, with no row known at that moment yet, and of what has landed."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from artifacts.errors import BadInput
from artifacts.raw import Key, rows_there
from ingestion.source import FactKey


def refuse_keys(
    root: str, key: Key, fact: str, named: FactKey, *, path: Path, rows: pa.Table, known_at: datetime
) -> int:
    """How many of the `rows` of a fact, each with its `line` in `path`, have a key that none that is there has.

    Raises `BadInput` (`raw.correction_invalid`) for a key that comes twice, that a row has which became known at
    `known_at`, or that no row of the fact `named.of` has.
    """
    there = rows_there(root, key, fact)
    revisions = dict(zip(_keys(there, (*named.columns, "known_at")), there["revision"].to_pylist(), strict=True))
    landed = None if named.of is None else {*_keys(rows_there(root, key, named.of), named.columns)}
    lines: dict[tuple[Any, ...], int] = {}
    for one, line in zip(_keys(rows, named.columns), rows["line"].to_pylist(), strict=True):
        where = f"Correction of {key}: {path}: line {line}: {_told(named.columns, one)}"
        if one in lines:
            raise _wrong(f"{where} stands in line {lines[one]} too, wanted once.", "Leave one of them out")
        lines[one] = line
        if landed is not None and one not in landed:
            raise _wrong(
                f"{where} is of no {named.of} that landed in {key.period}, wanted one that did.",
                "Correct it, or name its month",
            )
        if (*one, known_at) in revisions:
            raise _wrong(
                f"{where} has a row known at {known_at} already, in {revisions[*one, known_at]}, wanted one at most.",
                "To correct that row, publish this with a later --known-at, if only by a minute; "
                "else leave it out of the file",
            )
    return len(lines.keys() - {*_keys(there, named.columns)})


def _keys(rows: pa.Table, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(zip(*(rows[name].to_pylist() for name in columns), strict=True))


def _told(columns: Sequence[str], one: tuple[Any, ...]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(columns, one, strict=True))


def _wrong(message: str, next_step: str) -> BadInput:
    return BadInput("raw.correction_invalid", message, next_step=f"{next_step}; nothing was published.")
