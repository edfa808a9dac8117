"""The verb report."""

import argparse

from artifacts.cli import Answer
from artifacts.places import read_places
from monitoring.report.place import write_report
from monitoring.settings import read_monitoring_settings


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the room's parser."""
    about = "write the page of published findings anew"
    parser = verbs.add_parser("report", help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument("--findings", required=True, metavar="MODEL/NAME", help="the id that check made")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=_report)


def _report(arguments: argparse.Namespace) -> Answer:
    path, findings = write_report(read_places(), arguments.findings, read_monitoring_settings().runbook_url)
    return Answer(findings.id, [f"{findings.state}: {path}"], {"state": findings.state, "page": str(path)})
