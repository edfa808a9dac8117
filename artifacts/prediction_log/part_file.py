"""The Parquet files of a compaction, one a key, written side by side in bounded memory."""

from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from artifacts.prediction_log.kinds import Columns
from artifacts.prediction_log.part import Key
from artifacts.prediction_log.record import Prediction
from artifacts.prediction_log.rows import schema_of, to_rows

# Rows held over all files: as objects, and as Arrow tables, which then become row groups.
_OBJECTS, _ROWS = 2048, 65_536


class PartFiles:
    """Files of `folder`, with page checksums; on a clean exit they are whole, not yet synced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns: dict[Key, tuple[Columns, Columns]] = {}
        self._writers: dict[Key, Any] = {}
        self._objects: dict[Key, list[tuple[str, Prediction]]] = {}
        self._tables: dict[Key, list[pa.Table]] = {}
        self._object_count = self._row_count = 0

    @staticmethod
    def path(folder: Path, key: Key) -> Path:
        """Where the file of `key` lies."""
        return folder / f"{key.model}.{key.version}.{key.day}.parquet"

    def begin(self, key: Key, entity: Columns, features: Columns) -> None:
        """Open the file of `key`."""
        self._columns[key] = entity, features
        schema = schema_of(entity, features)
        options = {"compression": "zstd", "write_page_checksum": True}
        self._writers[key] = pq.ParquetWriter(self.path(self._folder, key), schema, **options)

    def add(self, key: Key, segment: str, one: Prediction) -> None:
        """One more row; rows of a key keep their order."""
        self._objects.setdefault(key, []).append((segment, one))
        self._object_count += 1
        if self._object_count >= _OBJECTS:
            self._to_tables()
        if self._row_count >= _ROWS:
            self._to_files()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._to_tables()
            self._to_files()
        for writer in self._writers.values():
            writer.close()

    def _to_tables(self) -> None:
        for key, rows in self._objects.items():
            self._tables.setdefault(key, []).append(to_rows(rows, *self._columns[key]))
            self._row_count += len(rows)
        self._objects, self._object_count = {}, 0

    def _to_files(self) -> None:
        for key, tables in self._tables.items():
            self._writers[key].write_table(pa.concat_tables(tables), row_group_size=_ROWS)
        self._tables, self._row_count = {}, 0
