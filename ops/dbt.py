"""Plain dbt on the warehouse and the raw rows of this home: `make dbt ARGS="build -s +origin_delays"`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from artifacts import cli
from artifacts.places import REPOSITORY, read_places
from features.build_lock import turn
from features.spilling import refuse_if_open

# Commands of dbt that open no warehouse, and need not wait for one.
OFFLINE = {"clean", "deps", "init", "list", "ls", "parse"}


def main() -> None:
    """Become dbt, in the project's folder, with the same arguments."""
    parser = argparse.ArgumentParser(prog="python -m ops.dbt")
    parser.set_defaults(verb=lambda _: become_dbt(sys.argv[1:]))
    sys.exit(cli.run(parser, []))


def become_dbt(arguments: Sequence[str]) -> NoReturn:
    """Run dbt with `arguments` and end as it ends, while no build runs in the same warehouse.

    Raises `Unavailable` (`features.warehouse_in_use`), at once, when a build or another program has it.
    """
    places = read_places()
    places.warehouse.mkdir(parents=True, exist_ok=True)
    Path(places.raw).mkdir(parents=True, exist_ok=True)
    os.environ.update(SHIPSHAPE_WAREHOUSE=str(places.warehouse), SHIPSHAPE_RAW=places.raw)
    # It comes before --vars, and is a build's alone.
    os.environ.pop("SHIPSHAPE_AS_OF", None)
    if _is_offline(arguments):
        _end_as_dbt(arguments)
    with turn(places.warehouse, wait_seconds=0):
        refuse_if_open(places.warehouse)
        _end_as_dbt(arguments)


def _is_offline(arguments: Sequence[str]) -> bool:
    """By what stands first: behind an option, its value might pass for the command."""
    if not arguments or list(arguments) in (["--version"], ["--help"]):
        return True
    return arguments[0] in OFFLINE or list(arguments[:2]) == ["docs", "serve"]


def _end_as_dbt(arguments: Sequence[str]) -> NoReturn:
    # Imported here: it takes seconds, which a refusal need not wait.
    from dbt.cli.main import cli as dbt

    os.chdir(REPOSITORY / "dbt_project")
    dbt.main(list(arguments), prog_name="dbt")
    raise SystemExit


if __name__ == "__main__":
    main()
