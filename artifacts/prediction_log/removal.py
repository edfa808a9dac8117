"""Removes what a compaction has published: nothing before that is certain."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from artifacts.errors import Damaged
from artifacts.leftovers import KEPT_SECONDS
from artifacts.place_errors import usable
from artifacts.prediction_log.compacted import Compacted
from artifacts.prediction_log.locks import unread
from artifacts.prediction_log.part import Key, Part
from artifacts.prediction_log.parts import parts_of
from artifacts.prediction_log.published_list import remember
from artifacts.prediction_log.segment import NEW, SEAL, sync_folder
from artifacts.prediction_log.survey import Survey
from artifacts.prediction_log.untold import keep


def remove_published(
    folder: Path, into: str, segments: list[Path], surveys: Mapping[Key, Survey], done: Compacted
) -> None:
    """Remove segments that are in published, verified and listed parts, unless someone reads the log just now.

    Raises `Damaged` (`publish.damaged`) when a part that was published a moment ago is gone, or is not whole.
    """
    seen: list[Part] = []
    for key, survey in surveys.items():
        there = parts_of(into, key)
        for part in there:
            if not part.segments.isdisjoint(survey.rows):
                part.verify()
                seen.append(part)
        if not survey.rows.keys() <= {name for part in there for name in part.segments}:
            raise Damaged(
                "publish.damaged",
                f"{key.uri(into)} lacks a part that was published a moment ago.",
                next_step="Find out who removes it; the segments are still there.",
            )
    with usable(str(folder)):
        remember(folder, seen)
    with unread(folder) as free:
        if not free:
            done.left += len(segments)
            return
        # Once its segments are gone nothing else says that a part was not told of.
        done.parts += [part.published.uri for part in seen if part.published.uri not in done.parts]
        if done.parts:
            with usable(str(folder)):
                keep(folder, into, done.parts)
        # The seals first: one without its segment is taken for a loss.
        for path in segments:
            path.with_suffix(SEAL).unlink(missing_ok=True)
        sync_folder(folder)
        for path in segments:
            path.unlink()
            done.removed += 1
        sync_folder(folder)


def remove_drafts(folder: Path) -> None:
    """Remove what killed writers had not given its name, a day later."""
    for path in folder.glob(f".*{NEW}"):
        with suppress(OSError):
            if path.stat().st_ctime < time.time() - KEPT_SECONDS:
                path.unlink()
