"""`python -m ops.bench`: measure each stage against a floor in the same run, and write down what was found."""

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from artifacts import cli
from artifacts.places import read_places
from ops.bench import figures, table
from ops.bench.world import World

LETTERS = {
    "a": "dbt_build",
    "b": "one_month",
    "c": "training_run",
    "d": "validation",
    "e": "dag_chain",
    "f": "notebook_features",
}


def bench(arguments: argparse.Namespace) -> cli.Answer:
    """Run the benchmarks that were asked for, scale by scale, in a temporary folder that is removed."""
    kept = read_places().home / "bench"
    if arguments.write_docs:
        path = table.write_docs(figures.read(kept))
        return cli.Answer(str(path), ["written from the files in " + str(kept)])
    (kept / "processes.log").unlink(missing_ok=True)
    measured = []
    for scale in arguments.scale:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.folder) as folder:
            cli.say(f"{scale} x the rows, in {folder}")
            world = World(scale, Path(folder), kept / "processes.log", arguments.months)
            for letter in arguments.letters or LETTERS:
                measured.append(run(letter, world, arguments.repeat))
                cli.say(f"  written: {figures.write(kept, measured[-1])}")
    return cli.Answer(str(kept), table.lines(measured))


def run(letter: str, world: World, repeat: int) -> figures.Found:
    """One benchmark at one scale."""
    module: ModuleType = importlib.import_module(f"ops.bench.{LETTERS[letter]}")
    cli.say(f"  {letter}. {module.TITLE}, against {module.PEER}")
    load = os.getloadavg()
    measured = module.bench(world, repeat)
    return figures.found(
        f"{letter}_{LETTERS[letter]}",
        world.scale,
        measured,
        months=len(world.months),
        repeat=repeat,
        load_before=load,
    )


def build_parser() -> argparse.ArgumentParser:
    """The options of `make bench ARGS=...`."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench", description=__doc__)
    parser.add_argument("letters", nargs="*", metavar="LETTER", help=", ".join(f"{k}: {v}" for k, v in LETTERS.items()))
    parser.add_argument("--scale", type=int, nargs="+", choices=(1, 10), default=[1, 10], help="years of rows")
    parser.add_argument("--repeat", type=int, default=3, help="how often each is measured, alternating with its floor")
    parser.add_argument(
        "--months", type=int, choices=range(2, 13), default=12, help="of each year: fewer for a quick look"
    )
    parser.add_argument("--folder", help="where the temporary folder goes; 10 x needs some 20 GB for a while")
    parser.add_argument("--write-docs", action="store_true", help="write docs/benchmarks.md from what was measured")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(verb=bench)
    return parser


if __name__ == "__main__":
    sys.exit(cli.run(build_parser()))
