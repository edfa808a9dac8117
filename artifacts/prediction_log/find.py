"""One prediction by its id, without reading the whole log."""

import mmap
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from artifacts.errors import Damaged, Missing
from artifacts.places import is_url
from artifacts.prediction_log.counts import counts
from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.locks import reading
from artifacts.prediction_log.part import FILE, Key, read_part
from artifacts.prediction_log.parts import keys, names_of
from artifacts.prediction_log.reading import read_segment, segments_of
from artifacts.prediction_log.record import Prediction
from artifacts.prediction_log.rows import from_rows
from artifacts.prediction_log.tables import Log


def find(folder: Path, into: str, model: str, prediction_id: str, day: date | None = None) -> Prediction:
    """The prediction with this id of `model`, asked on `day` (UTC) if one is named; what is newest is looked at first.

    Only what holds it is verified; that it is nowhere is said of a log of which no part is gone or damaged. Raises
    `Missing` (`log.no_prediction`) or `Damaged` (`publish.damaged`, `log.damaged`, `log.part_gone`, `log.list_gone`).
    """
    # A segment goes only once its part is published: what is in none by now, and was logged, is in a part.
    found: Prediction | None = None
    wrong: Damaged | None = None
    with reading(folder):
        try:
            found = _in_segments(folder, model, prediction_id, day)
        except Damaged as error:
            wrong = error
    for uri in [] if found else _parts(into, model, day):
        try:
            found = _in_part(uri, prediction_id)
        except Damaged as error:
            wrong = wrong or error
        if found is not None:
            break
    if found is not None:
        return found
    if wrong is not None:
        raise wrong
    # What is gone may have had it.
    counts(Log(folder, into, model))
    raise Missing(
        "log.no_prediction",
        f"No prediction {prediction_id} of {model} is in the log{f' of {day}' if day else ''}.",
        next_step="Check the model, and that the id is a prediction's, not a request's; an answer has both.",
    )


def _parts(into: str, model: str, day: date | None) -> Iterator[str]:
    days = [key for key in keys(into, model) if day in (None, key.day)]
    newest_first = sorted(days, key=lambda key: key.day, reverse=True)
    yield from (f"{key.uri(into)}/{name}" for key in newest_first for name in names_of(into, key))


def _in_segments(folder: Path, model: str, prediction_id: str, day: date | None) -> Prediction | None:
    for path in reversed(segments_of(folder)):
        if may_hold(path, prediction_id):
            for _, one in read_segment(path, Tally()):
                key = Key.of(one)
                if one.prediction_id == prediction_id and key.model == model and day in (None, key.day):
                    return one
    return None


def _in_part(uri: str, prediction_id: str) -> Prediction | None:
    """The row of a part; its ids are read before its bytes are verified, and what is found is read after."""
    # What cannot be read at once is verified, which says what is wrong with it.
    with suppress(OSError, pa.ArrowException):
        if not is_url(uri):
            ids = pq.read_table(f"{uri}/{FILE}", columns=["prediction_id"], partitioning=None)["prediction_id"]
            if ids.index(prediction_id).as_py() < 0:
                return None
    file = read_part(uri).file(FILE)
    rows = pq.read_table(file, filters=[("prediction_id", "=", prediction_id)], partitioning=None)
    return next((one for batch in rows.to_batches() for one in from_rows(batch)), None)


def may_hold(path: Path, an_id: str) -> bool:
    """Whether a segment's bytes hold an id, of a prediction or a request, as text, as its records do."""
    with path.open("rb") as stream:
        if not path.stat().st_size:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(an_id.encode()) >= 0
