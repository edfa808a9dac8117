"""Forgets what DAG runs of long ago left, so that a home does not grow for ever; a page then says less of them."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from artifacts.errors import Damaged
from artifacts.run_evidence.good import good_ends
from artifacts.run_evidence.records import DagRunEnd
from artifacts.run_evidence.store import END, folder_of, read_run_end

# One that was killed never ends, and one that waits for a person does not wait for longer.
NEVER_ENDS_AFTER = 30 * 24 * 3600 * 10**9


def forget_old_runs(home: Path, dag: str, kept: int) -> list[str]:
    """Remove what all DAG runs of `dag` left but the `kept` that changed last; those that were removed.

    One that has not ended is kept, until it changed 30 days before the newest did, and so are those that a kept one is
    held against and the last good ones. It waits until a tenth more than `kept` are there, since it has to read what
    those that stay say. One that cannot be removed is left for the next time.
    """
    of_dag = folder_of(home, dag)
    found = [one for one in of_dag.iterdir() if one.is_dir()] if of_dag.is_dir() else []
    if len(found) <= kept + kept // 10:
        return []
    found.sort(key=lambda one: one.stat().st_mtime_ns, reverse=True)
    needed = _held_against(home, dag, [unquote(one.name) for one in found[:kept]])
    never = found[0].stat().st_mtime_ns - NEVER_ENDS_AFTER
    old = [one for one in found[kept:] if unquote(one.name) not in needed and _has_ended(one, never)]
    return sorted(unquote(one.name) for one in _removed(old))


def _has_ended(run: Path, never: int) -> bool:
    return (run / END).is_file() or run.stat().st_mtime_ns < never


def _removed(runs: list[Path]) -> Iterator[Path]:
    """Remove each, its end last: of one that is removed by half it is still seen that it has ended."""
    for run in runs:
        with suppress(OSError):
            for one in run.iterdir():
                if one.is_dir():
                    shutil.rmtree(one)
                elif one.name != END:
                    one.unlink()
            (run / END).unlink(missing_ok=True)
            run.rmdir()
            yield run


def _held_against(home: Path, dag: str, runs: list[str]) -> set[str | None]:
    needed: set[str | None] = {one for end in good_ends(home, dag) for one in (end.run, *_before(end))}
    for run in runs:
        # What a damaged file says cannot be held against anything.
        with suppress(Damaged):
            end = read_run_end(home, dag, run)
            needed |= _before(end) if end else set()
    return needed


def _before(end: DagRunEnd) -> set[str | None]:
    return {end.since, *end.since_of.values()}
