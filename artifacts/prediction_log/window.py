"""Every prediction of a window exactly once, whether compacted, not yet, or half-way."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from artifacts.errors import BadInput
from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.locks import reading
from artifacts.prediction_log.parts import Key, parts
from artifacts.prediction_log.reading import read_segment, segments_of
from artifacts.prediction_log.record import Prediction
from artifacts.prediction_log.twice import Twice


def predictions(
    folder: Path, into: str, start: datetime, end: datetime, tally: Tally | None = None
) -> Iterator[Prediction]:
    """Stream the predictions with start <= `asked_at` < end (naive UTC), each once, beside writers and compactions.

    Published parts come first, by model, version and day, then segments; within each as they were answered. Raises
    `BadInput` (`log.window`), `Damaged` (`log.damaged`, `publish.damaged`; two of one id only at the end).
    """
    if start.tzinfo is not None or end.tzinfo is not None or start >= end:
        raise BadInput(
            "log.window",
            f"The window is from {start.isoformat()} to {end.isoformat()}; wanted naive UTC, the start first.",
            next_step="Correct the window.",
        )
    return _stream(folder, into.rstrip("/"), start, end, tally or Tally())


def _stream(folder: Path, into: str, start: datetime, end: datetime, tally: Tally) -> Iterator[Prediction]:
    # Under the lock no segment goes, so one that is published after the parts were listed is read as a segment.
    with reading(folder), Twice() as twice:
        segments = segments_of(folder)
        published = parts(into, start=start, end=end)
        done = {(part.key, segment) for part in published for segment in part.segments}
        for part in published:
            for row, one in part.read(start, end):
                twice.add(one.prediction_id, part.published.uri, row)
                yield one
        for path in segments:
            for offset, one in read_segment(path, tally):
                if start <= one.asked_at < end and (Key.of(one), path.stem) not in done:
                    twice.add(one.prediction_id, str(path), offset)
                    yield one
        twice.check()
