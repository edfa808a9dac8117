"""The content id of a training set: a hash of every cell in key order, whatever the batches, row groups or writer."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from artifacts.errors import BadInput, GateClosed
from artifacts.layout import Layout

SHOWN = 5


class Content:
    """What has streamed by so far: hashes of each column, and the last key, against which the next batch is checked.

    Per column: sha256 over a byte per cell that says whether it is there, and over its canonical value, little-endian:
    nulls as zero, -0.0 as 0.0, a text as its length in bytes (int64) and, hashed apart, its UTF-8.
    """

    def __init__(self, contract: Layout) -> None:
        self.rows = 0
        self._contract = contract
        self._hashes = {column.name: [hashlib.sha256() for _ in range(3)] for column in contract.columns}
        self._keys = (contract.observed_at, *contract.entity)
        self._last: pa.RecordBatch | None = None

    def add(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Take the next rows, sorted by (`observed_at`, entity), and give them back in the contract's Arrow types.

        Raises `BadInput`: `training_set.columns`, `training_set.types`, `training_set.unsorted`; `GateClosed`:
        `training_set.duplicate_key`, `training_set.null_key`, `training_set.not_finite`, each naming up to five keys.
        """
        batch = _conform(batch, self._contract)
        if batch.num_rows == 0:
            return batch
        self._check_keys(batch)
        for column in self._contract.columns:
            array = batch.column(column.name)
            self._check_finite(batch, column.name)
            for state, piece in zip(self._hashes[column.name], _pieces(array), strict=False):
                state.update(piece)
        self.rows += batch.num_rows
        self._last = batch.slice(batch.num_rows - 1)
        return batch

    def id(self) -> str:
        """The content hash, 64 hex digits, over names, types and cells of all columns and over the contract."""
        told = [
            (column.name, column.type, *(state.hexdigest() for state in self._hashes[column.name]))
            for column in self._contract.columns
        ]
        return hashlib.sha256(json.dumps([self.rows, told, self._contract.digest()]).encode()).hexdigest()

    def _check_keys(self, batch: pa.RecordBatch) -> None:
        for name in self._keys:
            absent = np.flatnonzero(~_numpy(batch.column(name).is_valid()))
            if absent.size:
                raise _bad(self._contract, "training_set.null_key", f"{name} is null", batch, absent)
        before = 0 if self._last is None else 1
        rows = pa.Table.from_batches([batch] if self._last is None else [self._last, batch]).combine_chunks()
        less, same = np.zeros(rows.num_rows - 1, dtype=bool), np.ones(rows.num_rows - 1, dtype=bool)
        for name in self._keys:
            earlier, later = rows.column(name)[:-1], rows.column(name)[1:]
            less |= same & _numpy(pc.less(earlier, later))
            same &= _numpy(pc.equal(earlier, later))
        if same.any():
            at = np.flatnonzero(same) + 1 - before
            raise _bad(self._contract, "training_set.duplicate_key", "a key comes more than once", batch, at)
        if not less.all():
            raise BadInput(
                "training_set.unsorted",
                f"The rows of training set {self._contract.name} are not in the order of {', '.join(self._keys)}: "
                f"row {self.rows + int(np.flatnonzero(~less)[0]) + 1 - before} comes before the one above it.",
                next_step="Order the rows by these columns.",
            )

    def _check_finite(self, batch: pa.RecordBatch, name: str) -> None:
        array = batch.column(name)
        if pa.types.is_floating(array.type):
            wrong = np.flatnonzero(~_numpy(pc.is_finite(array).fill_null(True)))
            if wrong.size:
                what = f"{name} is not a finite number"
                raise _bad(self._contract, "training_set.not_finite", what, batch, wrong)


def content_id(batches: Iterable[pa.RecordBatch], contract: Layout) -> str:
    """The content hash of rows that come in key order, in batches of any size; raises as `Content.add` does."""
    content = Content(contract)
    for batch in batches:
        content.add(batch)
    return content.id()


def offending_keys(batch: pa.RecordBatch, at: Iterable[int], keys: Iterable[str]) -> str:
    """Up to five keys of the rows numbered `at`, as text for a message."""
    names = list(keys)
    shown = ["/".join(str(batch.column(name)[int(row)].as_py()) for name in names) for row in list(at)[:SHOWN]]
    return ", ".join(shown)


def _conform(batch: pa.RecordBatch, contract: Layout) -> pa.RecordBatch:
    wanted = contract.arrow_schema()
    if batch.schema.names != wanted.names:
        missing = [name for name in wanted.names if name not in batch.schema.names]
        extra = [name for name in batch.schema.names if name not in wanted.names]
        raise BadInput(
            "training_set.columns",
            f"The rows do not have the columns of training set {contract.name} in their order: "
            f"missing {', '.join(missing) or 'none'}; not in the contract {', '.join(extra) or 'none'}.",
            next_step="Select exactly the columns of the contract, in its order.",
        )
    arrays = []
    for field in wanted:
        array = batch.column(field.name)
        if array.type != field.type and not (_is_text(array.type) and _is_text(field.type)):
            raise BadInput(
                "training_set.types",
                f"Column {field.name} of training set {contract.name} has type {array.type}, wanted {field.type}.",
                next_step="Correct the SQL, or data_type in the contract.",
            )
        arrays.append(array if array.type == field.type else array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _is_text(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))


def _pieces(array: pa.Array) -> Iterator[Any]:
    yield _numpy(array.is_valid()).astype(np.uint8).data
    kind = array.type
    if pa.types.is_string(kind):
        array = array.fill_null("")
        yield _numpy(pc.binary_length(array)).astype("<i8").data
        offsets = np.frombuffer(array.buffers()[1], dtype=np.int32)[array.offset : array.offset + len(array) + 1]
        text = array.buffers()[2]
        yield memoryview(text)[offsets[0] : offsets[-1]] if text is not None else b""
    elif pa.types.is_decimal(kind):
        array = array.fill_null(pa.scalar(Decimal(0), kind))
        yield memoryview(array.buffers()[1])[array.offset * 16 : (array.offset + len(array)) * 16]
    elif pa.types.is_floating(kind):
        yield (_numpy(array.fill_null(0.0)) + 0.0).astype("<f8").data
    elif pa.types.is_boolean(kind):
        yield _numpy(array.fill_null(False)).astype(np.uint8).data
    else:
        whole = pa.int64() if pa.types.is_timestamp(kind) else pa.int32() if pa.types.is_date32(kind) else kind
        yield _numpy(array.cast(whole).fill_null(0)).astype(f"<i{whole.bit_width // 8}").data


def _numpy(array: Any) -> Any:
    return array.to_numpy() if isinstance(array, pa.ChunkedArray) else array.to_numpy(zero_copy_only=False)


def _bad(contract: Layout, code: str, what: str, batch: pa.RecordBatch, at: Any) -> GateClosed:
    keys = offending_keys(batch, at, (contract.observed_at, *contract.entity))
    return GateClosed(
        code,
        f"Training set {contract.name}: {what} in {len(at)} rows or more, e.g. {keys}.",
        next_step="Correct the SQL above it, or the rows that it came from.",
    )
