"""Read a CSV file strictly: columns, types and nulls are given, nothing is detected, and an error names its line."""

import codecs
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from artifacts.errors import BadInput
from ingestion.csv_blocks import BLOCK_BYTES, NULL, Fault, LineTooLong, blocks, find_odd, find_unseen, parse, value_at

ENCRYPTED = 1
FIRST_LINE = 2
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_VALUE = re.compile(r"In CSV column #(\d+): Row #(\d+): CSV conversion error to ([^:]+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """The type of a column, and whether `NA` may stand in it."""

    type: pa.DataType
    nullable: bool = False


@dataclass(frozen=True)
class Rows:
    """The rows that were kept, each with its 1-based `line` in the file, and how many the file holds."""

    table: pa.Table
    in_file: int


def read_rows(
    path: Path, columns: Mapping[str, Column], keep: Callable[[pa.RecordBatch, int], pa.Array] | None = None
) -> Rows:
    """Read all of `path` (a `.csv`, or a `.zip` with one in it) as a stream, keeping the rows for which `keep` is true.

    `keep` gets a batch and the line of its first row. Every line is checked, also those that are not kept.
    Raises `BadInput`: `source.file_missing`, `source.file_unreadable`, `source.archive_damaged`, `source.file_empty`,
    `source.columns_wrong`, `source.line_ragged`, `source.value_wrong` or `source.value_missing`.
    """
    kept: list[pa.RecordBatch] = []
    line = FIRST_LINE
    with _opened(path) as stream:
        _check_header(path, stream.readline(), list(columns))
        for batch in _batches(path, stream, columns):
            for name, column in columns.items():
                _check_values(path, name, column, batch[name], line)
            numbered = batch.append_column("line", pa.array(range(line, line + batch.num_rows), pa.int64()))
            kept.append(numbered.filter(keep(batch, line)) if keep else numbered)
            line += batch.num_rows
    return Rows(pa.Table.from_batches(kept), line - FIRST_LINE)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        if path.suffix != ".zip":
            with path.open("rb") as stream:
                yield stream
            return
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if len(members) != 1 or not names[0].endswith(".csv") or members[0].flag_bits & ENCRYPTED:
                raise _wrong("archive_damaged", path, f"it holds {names}, wanted one .csv file, not encrypted")
            with archive.open(members[0]) as stream:
                try:
                    yield stream
                except BadInput as error:
                    # The checksum is held against what was read at its end; a flipped bit may be a wrong line before.
                    if archive.testzip() is not None:
                        raise _wrong("archive_damaged", path, "the archive is damaged: its checksum differs") from error
                    raise
    except FileNotFoundError as error:
        raise _wrong("file_missing", path, "there is no such file") from error
    except OSError as error:
        raise _wrong("file_unreadable", path, f"it cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _wrong("archive_damaged", path, f"the archive is damaged: {error}") from error


def _check_header(path: Path, header: bytes, wanted: list[str]) -> None:
    if not header.strip():
        raise _wrong("file_empty", path, "it is empty")
    if header.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in header:
        raise _wrong("columns_wrong", path, "line 1: it is no UTF-8 text, but looks like UTF-16; wanted UTF-8")
    if header.startswith(codecs.BOM_UTF8):
        mark = "it begins with a byte order mark (U+FEFF), wanted UTF-8 without one"
        raise _wrong("columns_wrong", path, f"line 1: {mark}")
    got = header.decode(errors="replace").rstrip("\r\n").split(",")
    if got == wanted:
        return
    faults = {
        "columns {} come twice": sorted({name for name in got if got.count(name) > 1}),
        "missing columns {}": [name for name in wanted if name not in got],
        "unknown columns {}": [name for name in got if name not in wanted],
    }
    found = [text.format(names) for text, names in faults.items() if names] or [f"columns {got} are in another order"]
    raise _wrong("columns_wrong", path, f"line 1: {', '.join(found)}; wanted {','.join(wanted)}")


def _batches(path: Path, stream: IO[bytes], columns: Mapping[str, Column]) -> Iterator[pa.RecordBatch]:
    types = {name: column.type for name, column in columns.items()}
    line = FIRST_LINE
    try:
        for block in blocks(stream):
            if fault := find_unseen(block):
                raise _faulty(path, fault, line, list(columns))
            try:
                batch = parse(block, types)
            except pa.ArrowInvalid as error:
                raise _explained(path, str(error), block, line, list(columns)) from error
            if fault := find_odd(block, list(types.values())):
                raise _faulty(path, fault, line, list(columns))
            yield batch
            line += batch.num_rows
    except LineTooLong:
        raise _wrong(
            "value_wrong", path, f"from line {line} on, a line has no end within {BLOCK_BYTES:,} bytes"
        ) from None
    if line == FIRST_LINE:
        raise _wrong("file_empty", path, "it has a header and no rows")


def _check_values(path: Path, name: str, column: Column, values: pa.Array, line: int) -> None:
    if not column.nullable and values.null_count:
        bad = pc.index(values.is_null(), True).as_py()
        raise _wrong("value_missing", path, f"line {line + bad}: column {name} is {NULL}, wanted a value")
    if pa.types.is_string(column.type) and (bad := pc.index(values, "").as_py()) >= 0:
        raise _wrong("value_missing", path, f"line {line + bad}: column {name} is empty, wanted a value or {NULL}")


def _faulty(path: Path, fault: Fault, first: int, names: list[str]) -> BadInput:
    where = f"line {first + fault.row}: column {names[min(fault.column, len(names) - 1)]}"
    return _wrong("value_wrong", path, f"{where}{fault.what}")


def _explained(path: Path, text: str, block: bytes, first: int, names: list[str]) -> BadInput:
    # pyarrow counts the block's rows from 1; the first stands on line `first`.
    if found := _RAGGED.search(text):
        return _wrong("line_ragged", path, f"line {first + int(found[1]) - 1}: {found[3]} values, wanted {found[2]}")
    if found := _VALUE.search(text):
        column, row = int(found[1]), int(found[2]) - 1
        # pyarrow tells a number without the blanks around it.
        what = f"invalid value {value_at(block, row, column)!r}" if found[4].startswith("invalid value") else found[4]
        return _wrong("value_wrong", path, f"line {first + row}: column {names[column]}: {what}, wanted {found[3]}")
    return _wrong("value_wrong", path, text)


def _wrong(code: str, path: Path, what: str) -> BadInput:
    return BadInput(
        f"source.{code}", f"{path}: {what}.", next_step="Get the file again, or correct it; nothing landed."
    )
