"""`python -m ops.bench.drift`: drift of 35 features against Evidently's, in time and memory, as rows grow."""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from artifacts import cli
from artifacts.places import read_places
from ops.bench import compare, figures
from ops.bench.drift_sides import CATEGORIES
from ops.bench.figures import Aim, Figure
from ops.bench.measure import Measured, alternate, call
from ops.bench.oracle import ENVIRON, oracle_python

PEER = "Evidently"


def bench(arguments: argparse.Namespace) -> cli.Answer:
    """Measure at each number of rows, in turn and in processes of their own: a baseline, a check of it, the peer."""
    kept = read_places().home / "bench"
    results = []
    for rows in arguments.rows:
        cli.say(f"{rows} rows on both sides")
        load = os.getloadavg()
        with tempfile.TemporaryDirectory(prefix="bench-drift-") as folder:
            found = _measure(Path(folder), rows, arguments.repeat, kept / "drift.log")
        results.append(figures.found(f"drift_{rows}", 1, found, months=0, repeat=arguments.repeat, load_before=load))
        kept.mkdir(parents=True, exist_ok=True)
        path = kept / f"drift.{rows}.json"
        ratios = [{"ratio": figure.ratio, "is_met": figure.is_met} for figure in found]
        path.write_text(json.dumps({**asdict(results[-1]), "ratios": ratios}, indent=1) + "\n", encoding="utf-8")
        cli.say(f"  written: {path}")
    lines = [line for result in results for line in _lines(result)]
    return cli.Answer(str(kept), lines)


def _lines(result: figures.Found) -> list[str]:
    return [
        f"{result.benchmark:<14} {one.name:<34} {one.value.median:>9.1f} {one.unit:<6} "
        f"{PEER} {one.peer.median if one.peer else 0:>9.1f} {one.unit:<6} {1 / (one.ratio or 1):>6.1f} times"
        for one in result.figures
    ]


def _measure(folder: Path, rows: int, repeat: int, log: Path) -> list[Figure]:
    python = oracle_python()
    files = {side: str(folder / f"{side}.parquet") for side in ("baseline", "current")}
    call("drift_sides:make", {**files, "rows": rows}, {}, log)
    learning = {"baseline": files["baseline"], "folder": str(folder)}
    checking = {"current": files["current"], "folder": str(folder)}
    peer = {**files, "categories": CATEGORIES}
    found = alternate(
        repeat,
        {
            "baseline": lambda: call("drift_sides:learn_baseline", learning, {}, log),
            "check": lambda: call("drift_sides:check_window", checking, {}, log),
            PEER: lambda: call("evidently_drift:run_evidently", peer, ENVIRON, log, python),
        },
    )
    learnt, checked, theirs = found["baseline"], found["check"], found[PEER]
    both = [_one_after_the_other(*pair) for pair in zip(learnt, checked, strict=True)]
    return [
        compare.seconds("A check, once all is loaded", checked, PEER, theirs, aim=Aim("ratio", 0.1), of=_measuring),
        compare.seconds("A check, whole process", checked, PEER, theirs),
        *compare.resources("A check", checked, PEER, theirs),
        compare.seconds("With its baseline, once loaded", both, PEER, theirs, of=_measuring),
        compare.seconds("With its baseline, both processes", both, PEER, theirs),
        *compare.resources("With its baseline", both, PEER, theirs),
    ]


def _measuring(one: Measured) -> float:
    return float(one.facts["parts"]["measuring"])


def _one_after_the_other(first: Measured, second: Measured) -> Measured:
    parts = {name: value + second.facts["parts"][name] for name, value in first.facts["parts"].items()}
    return Measured(
        first.seconds + second.seconds,
        first.cpu_seconds + second.cpu_seconds,
        max(first.peak_mib, second.peak_mib),
        {"parts": parts},
    )


def build_parser() -> argparse.ArgumentParser:
    """The options of `make bench-monitoring ARGS=...`."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench.drift", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3, help="how often each is measured, in turn")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(verb=bench)
    return parser


if __name__ == "__main__":
    sys.exit(cli.run(build_parser()))
