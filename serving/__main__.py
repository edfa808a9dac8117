"""`python -m serving VERB`: run, score, compact."""

import argparse

from artifacts import cli
from artifacts.cli import Answer
from artifacts.places import read_places
from artifacts.prediction_log.compaction import compact
from artifacts.training_set import open_training_set, parse_id
from serving.app import find_version
from serving.run import run
from serving.settings import read_serving_settings
from serving.upcoming_batch import Task, newest_rows, score_into_log, score_once

ALL_THREADS = 0


def build_parser() -> argparse.ArgumentParser:
    """Every verb of the room; the other settings are `SERVING_*`."""
    parser = argparse.ArgumentParser(prog="python -m serving", description="Answer with a specific model version.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    running = _add(verbs, "run", "serve a model over HTTP, until SIGTERM")
    running.add_argument("--host", help="the address to listen on; SERVING_HOST, 127.0.0.1")
    running.add_argument("--port", type=int, help="0 takes a free one; SERVING_PORT, 8000")
    running.add_argument("--workers", type=int, metavar="N", help="processes behind the port; SERVING_WORKERS, 1")
    running.set_defaults(verb=_run)
    scoring = _add(verbs, "score", "score a training set, or the newest upcoming rows, into the prediction log")
    what = scoring.add_mutually_exclusive_group(required=True)
    what.add_argument("--set", dest="training_set", metavar="NAME/VERSION")
    what.add_argument("--upcoming", action="store_true", help="the newest upcoming rows of the model's training set")
    scoring.add_argument("--once", metavar="NAME", help="run again under this name, it logs each row once")
    scoring.set_defaults(verb=_score)
    about = "make the finished segments of the prediction log into Parquet, by model, version and day"
    compacting = verbs.add_parser("compact", help=about, description=about[0].upper() + about[1:] + ".")
    compacting.add_argument("--json", action="store_true", help="print one JSON object")
    compacting.set_defaults(verb=_compact)
    return parser


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, about: str
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument("--model", required=True)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, metavar="N", help="this model version, whoever is champion")
    which.add_argument("--champion", action="store_true", help="the champion of the ledger; the default")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _run(arguments: argparse.Namespace) -> Answer:
    options = {name: getattr(arguments, name) for name in ("host", "port", "workers")}
    settings = read_serving_settings(options=options)
    return Answer(id=run(settings, read_places(), arguments.model, arguments.version))


def _score(arguments: argparse.Namespace) -> Answer:
    settings, places = read_serving_settings(), read_places()
    # Before the version: a set that is not there needs no model to be refused.
    given = arguments.training_set
    training_set = open_training_set(places.training_sets, *parse_id(given)) if given else None
    version = find_version(places, arguments.model, arguments.version, ALL_THREADS)
    rows_of = training_set or newest_rows(places, version)
    if arguments.once:
        scores = score_once(places, settings, version, rows_of, Task(f"score {arguments.once}"))
    else:
        scores = score_into_log(places, settings, version, rows_of)
    told = f"{scores.rows} rows scored by {version.id}, mean {scores.mean_score:.4f}, {scores.flagged} with a flag"
    kind = "training_set" if training_set else "upcoming"
    facts = {**vars(scores), "model": version.model, "version": version.version, kind: rows_of.id}
    return Answer(id=scores.request_id, lines=[f"{told}; logged as request:"], facts=facts)


def _compact(_: argparse.Namespace) -> Answer:
    places = read_places()
    done = compact(places.predictions, places.prediction_parts)
    left = f"; {done.left} segments stay until nobody reads them" if done.left else ""
    lines = [*done.parts, f"{done.predictions} predictions in {len(done.parts)} new parts{left}; they lie in:"]
    return Answer(id=places.prediction_parts, lines=lines, facts=vars(done))


if __name__ == "__main__":
    cli.main(build_parser())
