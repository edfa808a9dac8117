"""`python -m ingestion`: land months of a source, correct them, show what has landed, check its bytes."""

import argparse
from typing import Any

from artifacts import cli, raw
from artifacts.periods import check_period, periods
from artifacts.places import read_places
from artifacts.raw_files import verify_source
from ingestion.correct import correct_from_files, parse_files, parse_known_at
from ingestion.land import describe, land_months
from ingestion.source import find_source


def build_parser() -> argparse.ArgumentParser:
    """The command's verbs and their options."""
    parser = argparse.ArgumentParser(prog="python -m ingestion", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    land = _verb(verbs, "land", _land, "land one month or several")
    months = land.add_mutually_exclusive_group(required=True)
    months.add_argument("--month", metavar="2013-01")
    months.add_argument("--months", metavar="2013-01..2013-09", help="both ends included")
    correct = _verb(verbs, "correct", _correct, "publish rows that the source restated")
    correct.add_argument("--table", required=True)
    correct.add_argument("--month", required=True, metavar="2013-01")
    correct.add_argument("--known-at", required=True, metavar="2013-03-05T06:00", help="when it became known, UTC")
    correct.add_argument("--fact", required=True, action="append", metavar="FACT=FILE.csv", help="may be repeated")
    _verb(verbs, "show", _show, "list what has landed")
    _verb(verbs, "verify", _verify, "check the bytes of all that has landed")
    return parser


def _verb(verbs: Any, name: str, function: cli.Verb, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("--source", required=True, help="a module of ingestion/sources")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=function)
    return parser


def _land(arguments: argparse.Namespace) -> cli.Answer:
    asked = arguments.months or arguments.month
    landed = land_months(
        read_places().raw, arguments.source, periods(asked) if arguments.months else [check_period(asked)]
    )
    new = sum(partition.created for partition in landed)
    line = f"Landed {new} partitions, {len(landed) - new} were there already."
    return cli.Answer(
        f"{arguments.source}/{asked}",
        [line if new else f"Nothing to do: all {len(landed)} partitions were there already."],
        _facts(landed),
    )


def _correct(arguments: argparse.Namespace) -> cli.Answer:
    key = raw.Key(arguments.source, arguments.table, arguments.month)
    known_at, files = parse_known_at(arguments.known_at), parse_files(arguments.fact)
    made = correct_from_files(read_places().raw, key, known_at, files)
    if not made.created:
        nothing = f"Nothing to do: {made.key}/{made.revision} was there already."
        return cli.Answer(f"{made.key}/{made.revision}", [nothing], _facts([made]))
    added = [f"{count:,} {fact}" for fact, count in made.provenance["added"].items() if count]
    lines = [f"New, since no row with such a key was there to be corrected: {', '.join(added)}."] if added else []
    return cli.Answer(f"{made.key}/{made.revision}", [describe(made), *lines], _facts([made]))


def _show(arguments: argparse.Namespace) -> cli.Answer:
    there = raw.partitions(read_places().raw, arguments.source)
    if not there:
        find_source(arguments.source)
    lines = [describe(partition) for partition in there] or [
        f"Nothing of {arguments.source} has landed. Land a month: "
        f"python -m ingestion land --source {arguments.source} --month 2013-01"
    ]
    return cli.Answer(arguments.source, lines, _facts(there))


def _verify(arguments: argparse.Namespace) -> cli.Answer:
    find_source(arguments.source)
    there = verify_source(read_places().raw, arguments.source)
    return cli.Answer(arguments.source, [f"{len(there)} partitions are as they were published."], _facts(there))


def _facts(partitions: list[raw.Partition]) -> dict[str, Any]:
    return {
        "partitions": [
            {
                "key": str(partition.key),
                "revision": partition.revision,
                "rows": dict(partition.rows),
                "quarantined_by_reason": dict(partition.quarantined_by_reason),
                "created": partition.created,
                "uri": partition.uri,
            }
            for partition in partitions
        ]
    }


if __name__ == "__main__":
    cli.main(build_parser())
