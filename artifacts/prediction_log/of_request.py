"""What a log has of one request already, for a task that is run again."""

from datetime import date, datetime, time

import pyarrow.parquet as pq

from artifacts.prediction_log.find import may_hold
from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.locks import reading
from artifacts.prediction_log.parts import parts
from artifacts.prediction_log.reading import read_segment, segments_of
from artifacts.prediction_log.tables import Log


def ids_of_request(log: Log, version: int, request_id: str, since: date) -> frozenset[str]:
    """The ids of the predictions of a request to `version` that were asked on the day `since` (UTC) or later.

    Only what may hold one is verified. Raises `Damaged` (`log.damaged`, `publish.damaged`).
    """
    found: set[str] = set()
    # Under the lock no segment goes, so what is published after the parts were listed is read as a segment.
    with reading(log.folder):
        segments = segments_of(log.folder)
        for part in parts(log.into, model=log.model, version=version, start=datetime.combine(since, time())):
            wanted = [("request_id", "=", request_id)]
            table = pq.read_table(part.file(), columns=["prediction_id"], filters=wanted, partitioning=None)
            found.update(table["prediction_id"].to_pylist())
        for path in segments:
            if may_hold(path, request_id):
                every = read_segment(path, Tally())
                found.update(one.prediction_id for _, one in every if one.request_id == request_id)
    return frozenset(found)
