"""Make finished segments into published parts, so that a kill at any moment loses nothing and doubles nothing."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

from artifacts import storage
from artifacts.errors import Damaged
from artifacts.leftovers import held, remove_leftovers
from artifacts.place_errors import usable
from artifacts.places import is_url
from artifacts.prediction_log.compacted import Compacted
from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.locks import ended
from artifacts.prediction_log.moments import moments_of, written
from artifacts.prediction_log.part import FILE, KIND, Key, part_name
from artifacts.prediction_log.part_file import PartFiles
from artifacts.prediction_log.parts import parts_of
from artifacts.prediction_log.published_list import adopt, refuse_list_gone
from artifacts.prediction_log.reading import read_segment, segments_of
from artifacts.prediction_log.removal import remove_drafts, remove_published
from artifacts.prediction_log.segment import make_folder, seal_of
from artifacts.prediction_log.survey import Survey, survey_all
from artifacts.prediction_log.untold import forget, kept
from artifacts.publish import publish

BATCH_BYTES = 2**30


def compact(folder: Path, into: str, batch_bytes: int = BATCH_BYTES) -> Compacted:
    """Publish the predictions of every finished segment under `into` (a path or URL), then remove these segments.

    Finished is a sealed segment, or one whose writer's lock is free. One compaction works at a time; writers go on.
    Beside the log lie up to `batch_bytes` of segments a second time, as Parquet. A damaged segment is left where it is
    and, once the others are done, raised as `Damaged` (`log.damaged`); a rerun does what is not done yet, and tells of
    the parts of both. A log without its list, beside parts, is raised before anything is done (`log.list_gone`), and
    segments with one id twice before any of their batch is published (`log.duplicate_ids`). Raises
    `Unavailable` (`publish.no_place`) when the disk is full, `BadInput` (`place.invalid`) when `folder` is a file.
    """
    done, wrong, into = Compacted(), None, into.rstrip("/")
    if not folder.exists():
        refuse_list_gone(folder, into, ())
        return done
    with storage.locked(str(folder)):
        refuse_list_gone(folder, into, {path.stem for path in segments_of(folder)})
        with usable(str(folder)):
            adopt(folder, into)
        remove_drafts(folder)
        done.parts += kept(folder, into)
        for batch, locks in _batches(segments_of(folder), batch_bytes):
            with locks:
                if batch:
                    wrong = _compact_batch(folder, into, batch, done) or wrong
        if wrong is not None:
            raise wrong
        forget(folder)
    return done


def _batches(segments: list[Path], batch_bytes: int) -> Iterator[tuple[list[Path], ExitStack]]:
    """Finished segments of about `batch_bytes` together; the locks of unsealed ones are ours until the stack closes."""
    batch: list[Path] = []
    locks, size = ExitStack(), 0
    for path in segments:
        if seal_of(path) is None and not locks.enter_context(ended(path)):
            continue
        batch.append(path)
        size += path.stat().st_size
        if size >= batch_bytes:
            yield batch, locks
            batch, locks, size = [], ExitStack(), 0
    yield batch, locks


def _compact_batch(folder: Path, into: str, batch: list[Path], done: Compacted) -> Damaged | None:
    tally = Tally()
    surveys, whole, wrong = survey_all(batch, tally)
    done.torn_tails += tally.torn_tails
    published = {key: {name for part in parts_of(into, key) for name in part.segments} for key in surveys}
    missing = {
        key: [name for name in survey.rows if name not in published[key]] for key, survey in sorted(surveys.items())
    }
    temporary = folder / storage.TEMPORARY / f"compaction.{uuid4().hex}"
    remove_leftovers(temporary.parent)
    with usable(str(folder)):
        temporary.mkdir(parents=True)
    try:
        with held(temporary):
            with usable(str(folder)):
                _write_files(temporary, whole, surveys, missing)
            for key, names in missing.items():
                if names:
                    rows = {name: surveys[key].rows[name] for name in names}
                    done.parts.append(_publish(PartFiles.path(temporary, key), into, key, rows))
                    done.predictions += sum(rows.values())
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    remove_published(folder, into, whole, surveys, done)
    return wrong


def _write_files(
    folder: Path, segments: list[Path], surveys: Mapping[Key, Survey], missing: Mapping[Key, list[str]]
) -> None:
    """One Parquet file a key, of the rows from the segments that are not published for it."""
    wanted = {(key, name) for key, names in missing.items() for name in names}
    with PartFiles(folder) as files:
        for key in {key for key, _ in wanted}:
            files.begin(key, surveys[key].entity.columns(), surveys[key].features.columns())
        for path in segments:
            if any(name == path.stem for _, name in wanted):
                for _, one in read_segment(path, Tally()):
                    if (key := Key.of(one), path.stem) in wanted:
                        files.add(key, path.stem, one)


def _publish(file: Path, into: str, key: Key, rows: Mapping[str, int]) -> str:
    names = list(rows)

    def write(folder: Path) -> Mapping[str, Any]:
        shutil.move(file, folder / FILE)
        return {
            "model": key.model,
            "version": key.version,
            "day": key.day.isoformat(),
            "segments": names,
            "predictions": sum(rows.values()),
            "moments": written(moments_of(folder / FILE)),
        }

    if not is_url(into):
        make_folder(Path(key.uri(into)))
    return publish(f"{key.uri(into)}/{part_name(names)}", KIND, write).uri
