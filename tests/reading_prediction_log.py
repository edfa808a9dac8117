"""Reads a log prediction by prediction, to prove what is in it; the code itself reads one as verified files."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.locks import reading
from artifacts.prediction_log.part import Key, Part
from artifacts.prediction_log.parts import parts
from artifacts.prediction_log.reading import read_segment, segments_of
from artifacts.prediction_log.record import Prediction
from artifacts.prediction_log.rows import from_rows
from artifacts.prediction_log.twice import Twice


def read_log(folder: Path, tally: Tally | None = None) -> Iterator[tuple[str, Prediction]]:
    """Every prediction of the segments with the name of its segment, in order; at the end, none has another's id."""
    with reading(folder), Twice() as twice:
        for path in segments_of(folder):
            for offset, one in read_segment(path, tally or Tally()):
                twice.add(one.prediction_id, str(path), offset)
                yield path.stem, one
        twice.check()


def read_part(part: Part) -> list[Prediction]:
    """Every prediction of a part, in order, once it has been verified."""
    part.verify()
    with pq.ParquetFile(part.file(), page_checksum_verification=True) as file:
        return [one for batch in file.iter_batches() for one in from_rows(batch)]


def predictions(folder: Path, into: str, start: datetime, end: datetime) -> Iterator[Prediction]:
    """The predictions with start <= `asked_at` < end, compacted or not; at the end, none has another's id."""
    with reading(folder), Twice() as twice:
        segments = segments_of(folder)
        published = parts(into, start=start, end=end)
        done = {(part.key, segment) for part in published for segment in part.segments}
        rows = [(part.published.uri, one) for part in published for one in read_part(part)]
        fresh = ((str(path), one) for path in segments for _, one in read_segment(path, Tally()))
        for place, one in (*rows, *((p, one) for p, one in fresh if (Key.of(one), Path(p).stem) not in done)):
            if start <= one.asked_at < end:
                twice.add(one.prediction_id, place, 0)
                yield one
        twice.check()
