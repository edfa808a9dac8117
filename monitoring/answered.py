"""Which versions of a model answered in a window: those whose labels are due, whoever is champion by then."""

from dataclasses import replace
from datetime import datetime

from artifacts.errors import Damaged
from artifacts.places import Places
from artifacts.prediction_log import Log
from artifacts.registry import Registry
from monitoring.answers import TABLE, open_answers
from monitoring.described import read_described
from monitoring.window import Window


def versions_due(places: Places, model: str, champion: int, window: Window, least_days: int) -> list[int]:
    """The versions that answered in `window` on at least `least_days` days, in order; else the one that answered most.

    In the week of a promotion that leaves out what has too few days to be judged, as each has beside the other. The
    champion where none did, or where the log is damaged: its check says so. None at all when nothing was answered
    up to the window's end: no label is due of a model that is asked only since.
    """
    described = replace(read_described(Registry.at(places), model, champion), features={})
    ever = Window(datetime.min, window.end)  # noqa: DTZ901  naive UTC, as everywhere
    inside = f"moment >= timestamp '{window.start}'"
    try:
        with open_answers(Log(places.predictions, places.prediction_parts, model), described, ever) as answers:
            found = answers.connection.execute(
                f"select version, count(distinct day) filter ({inside}), count(*) filter ({inside}) from {TABLE} "  # noqa: S608
                f"where moment < timestamp '{window.end}' group by version order by version"
            ).fetchall()
    except Damaged:
        return [champion]
    enough = [version for version, days, _ in found if days >= least_days]
    most = max(found, key=lambda row: (row[2], row[0] == champion), default=None)
    if enough or most is None:
        return enough
    return [most[0] if most[2] else champion]
