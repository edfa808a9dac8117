"""The commands of this room: build a version, hold one against its expectations, tell two apart."""

import argparse

from artifacts import cli
from artifacts.places import read_places
from artifacts.training_set import open_training_set, parse_as_of, parse_id


def build_parser() -> argparse.ArgumentParser:
    """`python -m features VERB`; every verb takes `--json`."""
    parser = argparse.ArgumentParser(prog="python -m features", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    build = verbs.add_parser("build", help="run the SQL and publish the version that it gives")
    build.add_argument("--name", required=True, help="NAME of the training set")
    build.add_argument("--as-of", required=True, help="UTC, such as 2013-10-01 or 2013-10-01T0600")
    build.set_defaults(verb=_build)
    upcoming = verbs.add_parser("upcoming", help="publish the rows that have no label yet, for a service to look up")
    upcoming.add_argument("--name", required=True, help="NAME of the training set")
    upcoming.add_argument("--as-of", required=True, help="UTC, such as 2013-10-01 or 2013-10-01T0600")
    upcoming.set_defaults(verb=_upcoming)
    validate = verbs.add_parser("validate", help="hold a published version against its contract again")
    validate.add_argument("training_set", metavar="NAME/VERSION")
    validate.set_defaults(verb=_validate)
    diff = verbs.add_parser("diff", help="tell two versions apart: columns, rows, distributions, and why")
    diff.add_argument("old", metavar="OLD", help="NAME/VERSION")
    diff.add_argument("new", metavar="NEW", help="NAME/VERSION, or VERSION of the same set")
    diff.set_defaults(verb=_diff)
    for verb in (build, upcoming, validate, diff):
        verb.add_argument("--json", action="store_true", help="print one JSON object instead")
    return parser


def _build(arguments: argparse.Namespace) -> cli.Answer:
    from features.build import build
    from features.data_docs import page_of

    training_set = build(read_places(), arguments.name, parse_as_of(arguments.as_of))
    facts = {key: training_set.facts[key] for key in ("rows", "label_rate", "window", "as_of")}
    lines = [
        f"{training_set.rows} rows, label rate {training_set.facts['label_rate']:.4f}",
        f"observed from {facts['window']['first']} to {facts['window']['last']}",
        f"in {training_set.published.uri}",
        f"Data Docs: {training_set.published.uri}/{page_of(training_set.published.files)}",
    ]
    if not training_set.published.created:
        lines.append("nothing changed")
    return cli.Answer(training_set.id, lines, {**facts, "created": training_set.published.created})


def _upcoming(arguments: argparse.Namespace) -> cli.Answer:
    from features.upcoming import build_upcoming

    upcoming = build_upcoming(read_places(), arguments.name, parse_as_of(arguments.as_of))
    facts = {key: upcoming.facts[key] for key in ("rows", "window", "as_of", "created_at")}
    window = facts["window"]
    lines = [
        f"{upcoming.rows} rows, observed from {window['first']} to {window['last']}"
        if window
        else "0 rows: every row that was observed lately has its label",
        f"in {upcoming.published.uri}",
    ]
    if not upcoming.published.created:
        lines.append("nothing changed")
    return cli.Answer(upcoming.id, lines, {**facts, "created": upcoming.published.created})


def _validate(arguments: argparse.Namespace) -> cli.Answer:
    from features.audit import audit_published

    places = read_places()
    training_set = open_training_set(places.training_sets, *parse_id(arguments.training_set))
    found = audit_published(places.home, places.training_sets, training_set)
    docs = str(found.docs)
    lines = [f"{len(found.results)} expectations passed", f"Data Docs: {docs}"]
    return cli.Answer(training_set.id, lines, {"expectations": len(found.results), "docs": docs})


def _diff(arguments: argparse.Namespace) -> cli.Answer:
    from features.diff import diff, lines

    root = read_places().training_sets
    old = open_training_set(root, *parse_id(arguments.old))
    new = arguments.new if "/" in arguments.new else f"{old.name}/{arguments.new}"
    found = diff(old, open_training_set(root, *parse_id(new)))
    return cli.Answer(found.new, list(lines(found)), found.to_dict())


if __name__ == "__main__":
    cli.main(build_parser())
