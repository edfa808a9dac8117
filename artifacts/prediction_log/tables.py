"""The log as verified Parquet files: published parts, and what is not compacted yet, written out for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from artifacts.leftovers import temporary_folder
from artifacts.place_errors import no_such_place
from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.locks import reading
from artifacts.prediction_log.moments import may_have, moments_of
from artifacts.prediction_log.part import Key
from artifacts.prediction_log.part_file import PartFiles
from artifacts.prediction_log.parts import parts, refuse_lost
from artifacts.prediction_log.published_list import refuse_gone, refuse_list_gone
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

    A file is left out when no row of it has start <= `moment` < end, `moment` being a column of the entity, or
    `asked_at` where a row has none. Every byte of the others is verified. A part that its manifest puts outside is not
    opened: that its files are there, and of their size, is all that is seen of it. Segments are verified all. Raises
    `Damaged` (`log.damaged`, `log.duplicate_ids`, `log.part_gone`, `log.list_gone`, `publish.damaged`), or `BadInput`
    (`place.invalid`) when the log's folder is a file.
    """
    if log.folder.exists() and not log.folder.is_dir():
        raise no_such_place(str(log.folder), "it is a file, wanted a folder")
    with reading(log.folder), temporary_folder("prediction-tables") as scratch:
        segments = segments_of(log.folder)
        published = parts(log.into, model=log.model)
        names = {path.stem for path in segments}
        refuse_list_gone(log.folder, log.into, names)
        refuse_lost(log.into, published, names, log.model)
        refuse_gone(log.folder, log.into, published, names, log.model)
        done = {(part.key, segment) for part in published for segment in part.segments}
        fresh = _write_fresh(scratch, segments, done, log.model)
        # A part of before manifests said so is opened.
        near = [part for part in published if part.moments is None or may_have(part.moments, moment, start, end)]
        files = [part.file() for part in near]
        yield [path for path in [*files, *fresh] if may_have(moments_of(path), moment, start, end)]


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
