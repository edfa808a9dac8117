"""(b) Landing and building the last month against the second one, for each row that it adds."""

import time
from typing import Any

from ops.bench import compare
from ops.bench.figures import Aim, Figure, spread
from ops.bench.measure import Measured, alternate, call
from ops.bench.world import NAME, SOURCE, World, as_of, eve, work

TITLE = "Landing and building one more month"
PEER = "month 2"
AIM = Aim("ratio", 1.3)
WHY = (
    "The training set is written, tested, exported and checked as a whole, however few of its rows are new, and keys "
    "and relations of the features are tested over all months"
)
ROWS = 10_000
UNIT = f"s per {ROWS:,} rows"
SQL = ("landing", "dbt")


def bench(world: World, repeat: int) -> list[Figure]:
    """One process lands a month and builds the training set, on what was landed and built up to the month before."""
    last = len(world.months)
    templates = {number: eve(world, number) for number in (2, last)}

    def month(number: int) -> Measured:
        month = world.months[number - 1]
        home = work(world, templates[number])
        arguments = {"month": month, "moment": as_of(month)}
        return call("one_month:land_and_build", arguments, world.environ(home, month), world.log)

    found = alternate(repeat, {"month 2": lambda: month(2), "last month": lambda: month(last)})
    early, late = found["month 2"], found["last month"]
    title = f"Month {last}"
    return [
        _per_row(f"{title}: landing it and building what it changes in the warehouse", late, early, SQL, AIM),
        _per_row(f"{title}: all, with export, expectations and publishing of the whole set", late, early, None, AIM),
        _per_row(f"{title}: landing", late, early, ("landing",), None),
        *compare.resources(f"{title}", late, PEER, early),
    ]


def _per_row(
    name: str, late: list[Measured], early: list[Measured], parts: tuple[str, ...] | None, aim: Aim | None
) -> Figure:
    def cost(one: Measured) -> float:
        seconds = one.seconds if parts is None else sum(one.facts["parts"][part] for part in parts)
        return float(seconds / one.facts["rows_added"] * ROWS)

    return Figure(
        name=name,
        unit=UNIT,
        value=spread([cost(one) for one in late]),
        peer_name=PEER,
        peer=spread([cost(one) for one in early]),
        aim=aim,
        parts=compare.medians(late) if parts is None else {},
        peer_parts=compare.medians(early) if parts is None else {},
        why=WHY,
    )


def land_and_build(month: str, moment: str) -> dict[str, Any]:
    """What `python -m ingestion land` and `python -m features build` do, in one process."""
    started = time.monotonic()
    from artifacts.places import read_places
    from artifacts.training_set import parse_as_of
    from features.build import build
    from ingestion.land import land_month

    places = read_places()
    loaded = time.monotonic()
    partitions = land_month(places.raw, SOURCE, month)
    landed = time.monotonic()
    training_set = build(places, NAME, parse_as_of(moment))
    built = time.monotonic()
    laps = dict(training_set.facts["seconds"])
    rest = built - landed - sum(laps.values())
    parts = {"loading": loaded - started, "landing": landed - loaded, **laps, "publish and the rest": rest}
    rows = max(sum(one.rows.get("schedule", 0) for one in partitions), 1)
    return {
        "parts": parts,
        "rows_added": rows,
        "rows": training_set.rows,
        "dbt_results": training_set.facts["dbt_results"],
    }
