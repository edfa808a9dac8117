"""The log as verified Parquet files: published parts, and what is not compacted yet, written out for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.locks import reading
from artifacts.prediction_log.part_file import PartFiles
from artifacts.prediction_log.parts import Key, parts
from artifacts.prediction_log.reading import read_segment, segments_of
from artifacts.prediction_log.survey import survey_all

PARTS = "parts"


@dataclass(frozen=True)
class Log:
    """The predictions of a model: the segments in `folder`, and what was compacted `into` (a path or URL)."""

    folder: Path
    into: str
    model: str


@contextmanager
def tables(log: Log, moment: str | None, start: datetime | None, end: datetime | None) -> Iterator[list[Path]]:
    """Parquet files of `schema_of` with all predictions of the model, each once, for as long as the body runs.

    Every byte is verified. A file is left out when no row of it has start <= `moment` < end, `moment` being a column of
    the entity, or `asked_at` where a row has none. Raises `Damaged` (`log.damaged`, `publish.damaged`).
    """
    with reading(log.folder), TemporaryDirectory(prefix="prediction-tables-") as scratch:
        segments = segments_of(log.folder)
        published = parts(log.into, model=log.model)
        done = {(part.key, segment) for part in published for segment in part.segments}
        fresh = _write_fresh(Path(scratch), segments, done, log.model)
        files = [part.file() for part in published]
        yield [path for path in [*files, *fresh] if _may_have(path, moment, start, end)]


def _write_fresh(scratch: Path, segments: list[Path], done: set[tuple[Key, str]], model: str) -> list[Path]:
    """One file a key of `model`, of the rows whose segment is not published for it, up to where it was surveyed."""
    surveys, _, wrong = survey_all(segments, Tally())
    if wrong is not None:
        raise wrong
    left = {
        (key, name): rows
        for key, survey in sorted(surveys.items())
        for name, rows in survey.rows.items()
        if key.model == model and (key, name) not in done
    }
    keys = list(dict.fromkeys(key for key, _ in left))
    with PartFiles(scratch) as files:
        for key in keys:
            files.begin(key, surveys[key].entity.columns(), surveys[key].features.columns())
        for path in segments:
            if any(name == path.stem for _, name in left):
                _copy(path, left, files)
    return [PartFiles.path(scratch, key) for key in keys]


def _copy(path: Path, left: dict[tuple[Key, str], int], files: PartFiles) -> None:
    for _, one in read_segment(path, Tally()):
        place = (Key.of(one), path.stem)
        if left.get(place, 0):
            left[place] -= 1
            files.add(place[0], path.stem, one)


def _may_have(path: Path, moment: str | None, start: datetime | None, end: datetime | None) -> bool:
    """Whether the file's own statistics leave room for a row of the window; without statistics they do."""
    with pq.ParquetFile(path) as file:
        names = [file.schema.column(place).path for place in range(len(file.schema.names))]
        groups = [file.metadata.row_group(place) for place in range(file.num_row_groups)]
    chosen = f"entity.{moment}" if moment else "asked_at"
    if chosen not in names:
        chosen = "asked_at"
    return any(_overlaps(group.column(names.index(chosen)).statistics, start, end) for group in groups)


def _overlaps(found: Any, start: datetime | None, end: datetime | None) -> bool:
    if found is None or not found.has_min_max or found.null_count:
        return True
    return (start is None or found.max >= start) and (end is None or found.min < end)
