"""Checks that were chosen and left no findings: Airflow hands on what there is, and calls a task set by hand done."""

from collections import Counter
from collections.abc import Mapping, Sequence

from artifacts.errors import Missing
from artifacts.findings import Findings
from monitoring.window import parse_window


def refuse_unchecked(every: Sequence[Findings], chosen: Sequence[Mapping[str, str | bool | int]]) -> None:
    """Raise `Missing` (`run.nothing_handed`) unless each of the `chosen` checks left one of the findings.

    A check is known by its model, version and window; with and without labels they are two.
    """
    left = Counter((one.model, one.version, one.start, one.end) for one in every)
    lacks: list[str] = []
    for index, one in enumerate(chosen):
        window = parse_window(str(one["window"]))
        asked = (str(one["model"]), int(one["version"]), window.start, window.end)
        if not left[asked]:
            lacks.append(f"check [{index}], of {asked[0]} version {asked[1]} over {one['window']}")
        left[asked] -= 1
    if lacks:
        raise Missing(
            "run.nothing_handed",
            f"Of {len(chosen)} checks {len(lacks)} handed nothing on: {'; '.join(lacks)}: as when a task is set to "
            "success by hand, which does none of its work.",
            next_step="Clear these in Airflow, with what is downstream: they are checked, and what follows runs again.",
        )
