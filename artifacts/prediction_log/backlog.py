"""How much of a log is not compacted yet."""

import os
from dataclasses import dataclass
from pathlib import Path

from artifacts.prediction_log.frames import count_at_end
from artifacts.prediction_log.segment import found


@dataclass(frozen=True)
class Backlog:
    """Segments, sealed or not, that no compaction has removed yet: how many, their bytes and their predictions."""

    segments: int
    bytes: int
    predictions: int


def backlog(folder: Path) -> Backlog:
    """What `compact` has before it, from two small reads a segment; nothing is verified.

    A segment that is published and not removed yet, because someone reads, counts still.
    """
    segments = size = predictions = 0
    for path in found(folder):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            segments += 1
            size += os.fstat(descriptor).st_size
            predictions += count_at_end(descriptor)
        finally:
            os.close(descriptor)
    return Backlog(segments, size, predictions)
