"""Which DAG run of a DAG ended well last, of all and of each thing that they were about."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from artifacts.errors import Damaged, Missing
from artifacts.run_evidence.records import DagRunEnd
from artifacts.run_evidence.store import END, folder_of, read_end, read_run_end, safe, write_end

GOOD = "last_good.json"


def keep_run_end(home: Path, end: DagRunEnd) -> None:
    """Keep how a DAG run ended; one that ended well is the last good one from now on, also of each that it is about.

    One in which a task failed is none, whatever Airflow says of it all: it does so of one that a person marked failed.
    One that a person marked success comes behind those that began later.
    """
    write_end(folder_of(home, end.dag, end.run) / END, end)
    if _is_good(end):
        for file in (GOOD, *map(_good_about, end.about)):
            path = folder_of(home, end.dag) / file
            if not _is_later(path, end):
                write_end(path, end)


def last_good(home: Path, dag: str, but: str, about: Sequence[str] = (), before: datetime | None = None) -> str | None:
    """The DAG run of `dag` that ended well last, other than `but`; one that ended well again keeps what was before.

    With `about`, the last of those that were about any of these; with `before`, of those that began before then.
    One that was cleared and failed since is passed over. Raises `Damaged` (`run_evidence.damaged`), and `Missing`
    (`run_evidence.gone`) when what would say it is forgotten, or could not be read when it was asked for.
    """
    files: dict[str | None, str] = {one: _good_about(one) for one in about} if about else {None: GOOD}
    ends = [(one, end) for one, file in files.items() if (end := read_end(folder_of(home, dag) / file)) is not None]
    ends.sort(key=lambda found: found[1].at, reverse=True)
    return next(filter(None, (_earlier(home, end, one, but, before) for one, end in ends)), None)


def last_good_of(home: Path, dag: str, but: str, about: Sequence[str], before: datetime | None) -> dict[str, str]:
    """The last good DAG run about each of `about` by itself, where there is one; raises as `last_good` does."""
    found = {one: last_good(home, dag, but, (one,), before) for one in about}
    return {one: run for one, run in found.items() if run is not None}


def good_ends(home: Path, dag: str) -> Iterator[DagRunEnd]:
    """The last good ends of `dag`, of all and of each thing that they were about; what is damaged is left out."""
    for path in sorted(folder_of(home, dag).glob("last_good*.json")):
        with suppress(Damaged):
            end = read_end(path)
            yield from [end] if end else []


def _earlier(home: Path, end: DagRunEnd, about: str | None, but: str, before: datetime | None) -> str | None:
    """`end` itself, else the one that it was held against, and so on, until one that is good still and began before."""
    seen = {end.run}
    # One that was cleared since may have failed.
    end = read_run_end(home, end.dag, end.run) or end
    while end.run == but or not _is_good(end) or (before is not None and end.at >= before):
        since = end.good_before(about)
        if since is None and end.unread is not None:
            raise _unknown(
                f"Which one ended well before {end.run} of {end.dag} was not read as that ended: {end.unread}"
            )
        if since is None:
            return None
        earlier = read_run_end(home, end.dag, since)
        if earlier is None and end.run == but:
            return since
        if earlier is None or earlier.run in seen:
            which = f"Of the DAG run {since} of {end.dag}, which ended well, nothing is left, or it ran again since"
            raise _unknown(f"{which}: which one ended well before is not known.")
        seen.add(earlier.run)
        end = earlier
    return end.run


def _unknown(why: str) -> Missing:
    return Missing("run_evidence.gone", why, next_step="Nothing to do: see in Airflow which DAG run ended well before.")


def _is_good(end: DagRunEnd) -> bool:
    return end.state == "success" and not any(one.state == "failed" for one in end.tasks)


def _is_later(path: Path, end: DagRunEnd) -> bool:
    """Whether another one that began later is the last good one; one that cannot be read is none."""
    with suppress(Damaged):
        known = read_end(path)
        return known is not None and known.run != end.run and known.at > end.at
    return False


def _good_about(one: str) -> str:
    return f"last_good.{safe(one)}.json"
