"""What a benchmark found: figures beside their peers, with machine, date and load, as one JSON file."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil

from artifacts.code import read_code
from artifacts.errors import Missing
from artifacts.whole_file import write_whole

MEMORY, CPU = "MiB", "CPU s"


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of a few measurements."""

    median: float
    least: float
    greatest: float


def spread(values: Sequence[float]) -> Spread:
    """The `Spread` of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Aim:
    """What was hoped for: the `ratio` to the peer, or the `difference` from it, is at most so much."""

    of: Literal["ratio", "difference"]
    at_most: float


@dataclass(frozen=True)
class Figure:
    """One thing measured, `value`, and what it is held against, `peer` (the floor, or another month), in one unit.

    `peer` is None where there is nothing to hold it against. `parts` and `peer_parts` say where the seconds of the
    whole processes went (medians). `why` says in a sentence what it costs, for when an aim is missed.
    """

    name: str
    unit: str
    value: Spread
    peer_name: str | None = None
    peer: Spread | None = None
    aim: Aim | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    peer_parts: Mapping[str, float] = field(default_factory=dict)
    why: str = ""

    @property
    def ratio(self) -> float | None:
        """The ratio of the medians."""
        return self.value.median / self.peer.median if self.peer and self.peer.median else None

    @property
    def difference(self) -> float | None:
        """The difference of the medians."""
        return self.value.median - self.peer.median if self.peer else None

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        got = {"ratio": self.ratio, "difference": self.difference}.get(self.aim.of) if self.aim else None
        return None if got is None or self.aim is None else got <= self.aim.at_most


@dataclass(frozen=True)
class Found:
    """The figures of one benchmark at one scale, and under what they were measured."""

    benchmark: str
    scale: int
    months: int
    repeat: int
    date: str
    machine: Mapping[str, Any]
    load: Mapping[str, Sequence[float]]
    commit: str | None
    dirty: bool
    figures: Sequence[Figure]


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system and Python."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": platform.system() + " " + platform.release(),
        "python": platform.python_version(),
    }


def found(
    benchmark: str, scale: int, figures: Sequence[Figure], *, months: int, repeat: int, load_before: Sequence[float]
) -> Found:
    """`Found` as of now, on this machine and this commit."""
    code = read_code()
    return Found(
        benchmark=benchmark,
        scale=scale,
        months=months,
        repeat=repeat,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=machine(),
        load={"before": list(load_before), "after": list(os.getloadavg())},
        commit=code.commit,
        dirty=code.dirty,
        figures=tuple(figures),
    )


def write(folder: Path, result: Found) -> Path:
    """Write `FOLDER/BENCHMARK.SCALEx.json`, in place of an older one."""
    told = asdict(result)
    for figure, held in zip(result.figures, told["figures"], strict=True):
        held |= {"ratio": figure.ratio, "difference": figure.difference, "is_met": figure.is_met}
    path = folder / f"{result.benchmark}.{result.scale}x.json"
    write_whole(path, json.dumps(told, indent=1, allow_nan=False) + "\n")
    return path


def read(folder: Path) -> list[Found]:
    """What `write` wrote, by benchmark and scale; raises `Missing` (`bench.nothing_measured`) when that is nothing."""
    results = [_read_one(path) for path in folder.glob("*x.json")]
    if not results:
        raise nothing_measured(folder, "make bench")
    return sorted(results, key=lambda result: (result.benchmark, result.scale))


def nothing_measured(place: Path, verb: str) -> Missing:
    """The refusal to write a page about nothing."""
    return Missing("bench.nothing_measured", f"{place} has no figure yet.", next_step=f"Run: {verb}")


def _read_one(path: Path) -> Found:
    told = json.loads(path.read_text(encoding="utf-8"))
    return Found(**{**told, "figures": tuple(_figure(held) for held in told["figures"])})


def _figure(held: dict[str, Any]) -> Figure:
    return Figure(
        name=held["name"],
        unit=held["unit"],
        value=Spread(**held["value"]),
        peer_name=held["peer_name"],
        peer=Spread(**held["peer"]) if held["peer"] else None,
        aim=Aim(**held["aim"]) if held["aim"] else None,
        parts=held["parts"],
        peer_parts=held["peer_parts"],
        why=held["why"],
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
