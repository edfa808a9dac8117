"""Read a stream in blocks of whole lines: what is read is asked for, and nothing is read ahead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
from pyarrow import csv

NULL = "NA"
BLOCK_BYTES = 1 << 20
# Control characters but the tab and line breaks, and U+FEFF in UTF-8: two texts that differ by them look the same.
_UNSEEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xef\xbb\xbf")


@dataclass(frozen=True)
class Unseen:
    """A character that nobody sees, and where in a block: its row and column, both counted from 0."""

    character: str
    row: int
    column: int


class LineTooLong(Exception):
    """A line of more than `BLOCK_BYTES`, which is none of a CSV file."""


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The rest of `stream`, about `BLOCK_BYTES` at a time, cut behind a line's end; raises `LineTooLong`."""
    while block := stream.read(BLOCK_BYTES):
        rest = stream.readline(BLOCK_BYTES)
        if len(rest) == BLOCK_BYTES and not rest.endswith(b"\n"):
            raise LineTooLong
        yield block + rest


def find_unseen(block: bytes) -> Unseen | None:
    """The first character of a block that nobody sees, if it has one."""
    found = _UNSEEN.search(block)
    if found is None:
        return None
    begin = block.rfind(b"\n", 0, found.start()) + 1
    row, column = block.count(b"\n", 0, begin), block.count(b",", begin, found.start())
    return Unseen(found[0].decode(), row, column)


def parse(block: bytes, types: dict[str, pa.DataType]) -> pa.RecordBatch:
    """A block's rows; raises `pa.ArrowInvalid`, which counts rows from 1.

    pyarrow reads from memory and without threads: only so an error says which row, and nothing is at work any more
    when it returns. Its streaming reader goes on reading a Python file after an error; a process that then ended
    hung or aborted, one in ten (pyarrow 25).
    """
    table = csv.read_csv(
        pa.BufferReader(block),
        read_options=csv.ReadOptions(use_threads=False, column_names=list(types), block_size=len(block) + 1),
        parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(column_types=types, null_values=[NULL], strings_can_be_null=True),
    )
    (batch,) = table.combine_chunks().to_batches()
    return batch
