"""Figures from what processes measured: medians side by side, in seconds and in memory."""

import statistics
from collections.abc import Callable, Mapping, Sequence

from ops.bench.figures import CPU, MEMORY, Aim, Figure, spread
from ops.bench.measure import Measured


def seconds(
    name: str,
    value: Sequence[Measured],
    peer_name: str,
    peer: Sequence[Measured],
    *,
    aim: Aim | None = None,
    why: str = "",
    of: Callable[[Measured], float] | None = None,
    of_peer: Callable[[Measured], float] | None = None,
) -> Figure:
    """Seconds against seconds: of the whole process with its parts, or of what `of` and `of_peer` say."""
    whole = of is None
    of = of or (lambda one: one.seconds)
    return Figure(
        name=name,
        unit="s",
        value=spread([of(one) for one in value]),
        peer_name=peer_name,
        peer=spread([(of_peer or of)(one) for one in peer]),
        aim=aim,
        parts=medians(value) if whole else {},
        peer_parts=medians(peer) if whole else {},
        why=why,
    )


def resources(
    name: str, value: Sequence[Measured], peer_name: str, peer: Sequence[Measured], why: str = ""
) -> list[Figure]:
    """What the whole processes took: processor time, which other work on the machine hardly moves, and memory."""
    cpu = [[one.cpu_seconds for one in runs] for runs in (value, peer)]
    memory = [[one.peak_mib for one in runs] for runs in (value, peer)]
    return [
        Figure(f"{name}: processor time", CPU, spread(cpu[0]), peer_name, spread(cpu[1])),
        Figure(f"{name}: peak memory", MEMORY, spread(memory[0]), peer_name, spread(memory[1]), why=why),
    ]


def medians(measured: Sequence[Measured]) -> Mapping[str, float]:
    """The median of each of the `parts` that the processes told, in seconds."""
    told = [one.facts.get("parts", {}) for one in measured]
    return {name: statistics.median(parts[name] for parts in told) for name in (told[0] if told else ())}
