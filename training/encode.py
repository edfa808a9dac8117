"""Learns the category codes of a model from the rows that it is fitted on."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from artifacts.column import Column
from artifacts.encoder import Encoder


def learn_encoder(columns: Sequence[Column], batches: Iterable[pa.RecordBatch]) -> Encoder:
    """The encoder for `columns`, its categories being those seen in `batches`, sorted as text by code point."""
    varchar = [column.name for column in columns if column.type == "varchar"]
    seen: dict[str, set[str]] = {name: set() for name in varchar}
    for batch in batches:
        for name in varchar:
            seen[name].update(pc.unique(batch.column(name)).drop_null().to_pylist())
    return Encoder(
        types={column.name: column.type for column in columns},
        categories={name: tuple(sorted(values)) for name, values in seen.items()},
    )
