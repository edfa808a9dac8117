"""Forgets what DAG runs of long ago left, so that a home does not grow for ever; a page then says less of them."""

import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from artifacts.errors import Damaged
from artifacts.run_evidence.store import END, folder_of, last_good, read_run_end


def forget_old_runs(home: Path, dag: str, kept: int) -> list[str]:
    """Remove what all DAG runs of `dag` left but the `kept` that changed last; those that were removed.

    One that has not ended is kept, and so are those that a kept one is held against and the last good ones. It waits
    until a tenth more than `kept` are there, since it has to read what those that stay say.
    """
    of_dag = folder_of(home, dag)
    found = [one for one in of_dag.iterdir() if one.is_dir()] if of_dag.is_dir() else []
    if len(found) <= kept + kept // 10:
        return []
    found.sort(key=lambda one: one.stat().st_mtime_ns, reverse=True)
    needed = _held_against(home, dag, [unquote(one.name) for one in found[:kept]])
    old = [one for one in found[kept:] if unquote(one.name) not in needed and (one / END).is_file()]
    for one in old:
        shutil.rmtree(one, ignore_errors=True)
    return sorted(unquote(one.name) for one in old)


def _held_against(home: Path, dag: str, runs: list[str]) -> set[str | None]:
    needed: set[str | None] = set()
    # What a damaged file says cannot be held against anything.
    with suppress(Damaged):
        good = last_good(home, dag, "")
        needed |= {good, good and last_good(home, dag, good)}
    for run in runs:
        with suppress(Damaged):
            end = read_run_end(home, dag, run)
            needed |= {end.since} if end else set()
    return needed
