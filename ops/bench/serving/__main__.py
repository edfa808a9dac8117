"""`python -m ops.bench.serving`: load the service and MLflow's server, and write down what was found."""

import argparse
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.code import read_code
from artifacts.places import read_places
from artifacts.whole_file import write_whole
from ops.bench.figures import machine, nothing_measured
from ops.bench.serving import page
from ops.bench.serving.cells import measure_all, to_dict
from ops.bench.serving.prepare import prepare, train
from ops.bench.world import World


def bench(arguments: argparse.Namespace) -> cli.Answer:
    """Train a model in a temporary folder, load both servers with it, and write `bench/serving.json`."""
    kept = read_places().home / "bench"
    path = kept / "serving.json"
    if arguments.write_docs:
        if not path.is_file():
            raise nothing_measured(path, "make bench-serving")
        page.DOCS.write_text(page.document(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
        return cli.Answer(str(page.DOCS), [f"written from {path}"])
    log = kept / "serving.log"
    log.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.folder) as folder:
        world = World(1, Path(folder), log, arguments.months)
        home = Path(arguments.home).resolve() if arguments.home else train(world)
        model = prepare(world, home)
        before, code = os.getloadavg(), read_code()
        cells = measure_all(world.folder, home, log, arguments.seconds, arguments.repeat)
    found: dict[str, Any] = {
        "benchmark": "serving",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "load": {"before": before, "after": os.getloadavg()},
        "commit": code.commit,
        "dirty": code.dirty,
        "model": model,
        "seconds": arguments.seconds,
        "repeat": arguments.repeat,
        "cells": [to_dict(cell) for cell in cells],
    }
    found["aims"] = [vars(aim) | {"is_met": aim.is_met} for aim in page.aims(cells)]
    write_whole(path, json.dumps(found, indent=1, allow_nan=False) + "\n")
    return cli.Answer(str(path), page.lines(cells))


def build_parser() -> argparse.ArgumentParser:
    """The options of `make bench-serving ARGS=...`."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench.serving", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each cell is loaded in a turn")
    parser.add_argument("--repeat", type=int, default=3, help="how many turns")
    parser.add_argument("--months", type=int, choices=range(2, 13), default=9, help="what the model is trained on")
    parser.add_argument("--home", help="serve version 1 of this home's model, which is there, instead of training one")
    parser.add_argument("--folder", help="where the temporary folder goes")
    parser.add_argument("--write-docs", action="store_true", help="write the page from what was measured last")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(verb=bench)
    return parser


if __name__ == "__main__":
    sys.exit(cli.run(build_parser()))
