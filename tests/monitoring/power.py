"""How often a shift is found: `.venv/bin/python -m tests.monitoring.power 20` prints it for 20 worlds of five weeks.

A week is held against the training baseline alone; found is DRIFT of the feature that was shifted.
"""

import sys
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tests.monitoring.study import Columns, World, draw, make_world

WEEKS = 5
SIZES = (200, 2000, 20_000)
Shift = Callable[[pa.Array, np.random.Generator], pa.Array]


def added(spreads: float) -> Shift:
    """The numeric feature, whose spread is 3, moved by so many spreads."""
    return lambda values, _: pc.add(values, 3.0 * spreads)


def moved_to_one(share: float) -> Shift:
    """So large a share of all rows becomes one known category, which 5 % of rows are."""
    return lambda values, random: pc.if_else(pa.array(random.random(len(values)) < share), "place 06", values)


def scaled(times: float) -> Shift:
    """Every score so many times what it was."""
    return lambda values, _: pc.multiply(values, times)


SHIFTS: Mapping[str, tuple[str, Shift]] = {
    "number + 0.1 spreads": ("smooth 2", added(0.1)),
    "number + 0.25 spreads": ("smooth 2", added(0.25)),
    "number + 0.5 spreads": ("smooth 2", added(0.5)),
    "category + 5 % of rows": ("place", moved_to_one(0.05)),
    "category + 10 % of rows": ("place", moved_to_one(0.1)),
    "category + 20 % of rows": ("place", moved_to_one(0.2)),
    "score times 1.1": ("(score)", scaled(1.1)),
    "score times 1.25": ("(score)", scaled(1.25)),
    "score times 1.5": ("(score)", scaled(1.5)),
}


def found(world: World, columns: Columns, name: str, seed: int) -> bool:
    """Whether the shift is found in a week of these rows."""
    feature, shift = SHIFTS[name]
    shifted = columns | {feature: shift(columns[feature], np.random.default_rng(seed))}
    return "DRIFT" in world.states(shifted, feature).values()


def rates(
    worlds: int, sizes: tuple[int, ...] = SIZES, names: tuple[str, ...] = tuple(SHIFTS)
) -> dict[str, list[float]]:
    """By shift, the share of weeks in which it was found, for each number of rows."""
    hits = {name: dict.fromkeys(sizes, 0) for name in names}
    for seed in range(worlds):
        world = make_world(seed)
        for rows in sizes:
            for week in range(1000 * seed + 1, 1000 * seed + 1 + WEEKS):
                columns = draw(np.random.default_rng(week), rows)
                for name in names:
                    hits[name][rows] += found(world, columns, name, week)
    return {name: [hits[name][rows] / (worlds * WEEKS) for rows in sizes] for name in names}


if __name__ == "__main__":
    print("| shift |", " | ".join(f"{rows:,} rows" for rows in SIZES), "|")
    print("| --- |", " | ".join("---" for _ in SIZES), "|")
    for told, shares in rates(int(sys.argv[1])).items():
        print("|", told, "|", " | ".join(f"{share:.0%}".replace("%", " %") for share in shares), "|")
