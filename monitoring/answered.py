"""Which versions of a model answered in a window: those whose labels are due, whoever is champion by then."""

from dataclasses import replace
from datetime import datetime

from artifacts.errors import Damaged
from artifacts.places import Places
from artifacts.prediction_log import Log
from artifacts.registry import Registry
from monitoring.answers import TABLE, open_answers
from monitoring.described import Described, read_described
from monitoring.window import Window


def versions_due(places: Places, model: str, champion: int, window: Window, least_days: int) -> list[int]:
    """The versions that answered in `window` on at least `least_days` days, in order; else the one that answered most.

    In the week of a promotion that leaves out what has too few days to be judged, as each has beside the other. The
    champion where none did, or where the log is damaged: its check says so. None at all when nothing was answered
    up to the window's end: no label is due of a model that is asked only since.
    """
    described = replace(read_described(Registry.at(places), model, champion), features={})
    log = Log(places.predictions, places.prediction_parts, model)
    try:
        with open_answers(log, described, window) as answers:
            inside = f"moment >= timestamp '{window.start}' and moment < timestamp '{window.end}'"
            found = answers.connection.execute(
                f"select version, count(distinct day), count(*) from {TABLE} where {inside} "  # noqa: S608
                "group by version order by version"
            ).fetchall()
        if not found:
            return [champion] if _was_asked_before(log, described, window) else []
    except Damaged:
        return [champion]
    enough = [version for version, days, _ in found if days >= least_days]
    return enough or [max(found, key=lambda row: (row[2], row[0] == champion))[0]]


def _was_asked_before(log: Log, described: Described, window: Window) -> bool:
    """Only a window without an answer opens what is older."""
    ever = Window(datetime.min, window.start)  # noqa: DTZ901  naive UTC, as everywhere
    with open_answers(log, described, ever) as answers:
        sql = f"select 1 from {TABLE} where moment < timestamp '{window.start}' limit 1"  # noqa: S608
        return answers.connection.execute(sql).fetchone() is not None
