"""Read a stream in blocks of whole lines: what is read is asked for, and nothing is read ahead."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
from pyarrow import csv

NULL = "NA"
BLOCK_BYTES = 1 << 20
# Control characters but the tab and line breaks, and U+FEFF in UTF-8: two texts that differ by them look the same.
# And a carriage return alone, which pyarrow takes for a line's end.
_UNSEEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xef\xbb\xbf")
# Bytes that are in none of them: to take these out tells thirty times sooner that there is none.
_SEEN = bytes({*b"\t\n", *range(0x20, 0x100)} - {*b"\x7f\xef"})
# What pyarrow takes for a number, though a CSV file has none such: a hexadecimal one, or one with blanks around it.
_ODD = re.compile(rb"[xX \t](?:(?<=0[xX])(?<![^,\r\n]..)|(?<=[ \t])(?:(?<![^,\r\n].)|(?![^,\r\n])))")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value of a block, and where: its row and column, both counted from 0."""

    what: str
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


def find_unseen(block: bytes) -> Fault | None:
    """The first character of a block that nobody sees, if it has one."""
    unseen = _UNSEEN.search(block) if block.translate(None, _SEEN) else None
    if unseen is None:
        return None
    begin, column = _place(block, unseen.start())
    what = f" holds the character {unseen[0].decode()!r}, which nobody sees"
    return Fault(what, block.count(b"\n", 0, begin), column)


def find_odd(block: bytes, types: Sequence[pa.DataType]) -> Fault | None:
    """The first odd value in a column that is no text, of a block that `parse` could read."""
    for odd in _ODD.finditer(block):
        begin, column = _place(block, odd.start())
        if not pa.types.is_string(types[column]):
            row = block.count(b"\n", 0, begin)
            value = value_at(block, row, column)
            what = f": invalid value {value!r}, wanted {types[column]}, in decimal digits and without blanks"
            return Fault(what, row, column)
    return None


def value_at(block: bytes, row: int, column: int) -> str:
    """The text of a value, as it stands in a block; none in a line that ends before."""
    values = block.split(b"\n", row + 1)[row].rstrip(b"\r").split(b",")
    return b"".join(values[column : column + 1]).decode(errors="replace")


def _place(block: bytes, at: int) -> tuple[int, int]:
    """Where the line of byte `at` begins, and the column that it is in."""
    begin = block.rfind(b"\n", 0, at) + 1
    return begin, block.count(b",", begin, at)


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
