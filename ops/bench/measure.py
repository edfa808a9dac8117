"""Run a command in a process of its own and measure it: seconds from start to end, and its peak memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.errors import CannotJudge
from artifacts.places import REPOSITORY


@dataclass(frozen=True)
class Measured:
    """Wall-clock `seconds`, processor seconds of the process and its children, the largest one's peak memory, facts."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def measure(command: list[str], environ: Mapping[str, str], log: Path, python: str = sys.executable) -> Measured:
    """Run `python COMMAND` with `environ` on top of this process's; its last line, if it is JSON, becomes `facts`.

    What it says goes to `log`. Raises `CannotJudge` (`bench.command_failed`) when it does not end well. This process
    must stay small: a child's peak starts at the size of the process that it was forked from.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    said = log.with_suffix(".out")
    with said.open("wb") as out, log.open("ab") as err:
        started = time.monotonic()
        process = subprocess.Popen(
            [python, *command], cwd=REPOSITORY, env={**os.environ, **environ}, stdout=out, stderr=err
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CannotJudge(
            "bench.command_failed",
            f"python {' '.join(command)} ended with {process.returncode}: {_last_line(log)}.",
            next_step=f"Read {log}.",
        )
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _KIB_A_MIB, _facts(said))


def call(
    function: str,
    arguments: Mapping[str, Any],
    environ: Mapping[str, str],
    log: Path,
    python: str = sys.executable,
) -> Measured:
    """`measure` a function of this package, `MODULE:NAME`, called with `arguments` in a process of its own."""
    return measure(["-m", "ops.bench.child", function, json.dumps(dict(arguments))], environ, log, python)


def alternate(repeat: int, runs: Mapping[str, Callable[[], Measured]]) -> dict[str, list[Measured]]:
    """Run all of `runs` in turn, `repeat` times over, saying how far it is: what each measured, by name."""
    measured: dict[str, list[Measured]] = {name: [] for name in runs}
    for turn in range(1, repeat + 1):
        for name, run in runs.items():
            found = run()
            took = f"{found.seconds:.1f} s, {found.cpu_seconds:.1f} CPU s, {found.peak_mib:,.0f} MiB"
            cli.say(f"    {turn}/{repeat} {name}: {took}")
            measured[name].append(found)
    return measured


def refuse_other_work(fact: str, measured: Sequence[Measured]) -> None:
    """Raise `CannotJudge` (`bench.other_work`) unless all came to the same `fact`: else a ratio would mean nothing."""
    told = sorted({str(one.facts[fact]) for one in measured})
    if len(told) > 1:
        raise CannotJudge(
            "bench.other_work",
            f"What is compared did not do the same: {fact} is {' and '.join(told)}.",
            next_step="Bring the floor in ops/bench up to date with what the product does.",
        )


_KIB_A_MIB = 1024 if sys.platform != "darwin" else 1024**2


def _facts(said: Path) -> dict[str, Any]:
    lines = said.read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        facts = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip().rstrip(".") for line in reversed(lines) if line.strip()), "it said nothing")
