"""`python -m monitoring VERB`: check, report, update, alerts, accept, notify."""

import argparse
from datetime import UTC, datetime

from artifacts import cli
from artifacts.cli import Answer
from artifacts.errors import CannotJudge, GateClosed, Missing
from artifacts.findings import Findings, publish_findings
from artifacts.places import Places, read_places
from artifacts.registry import Registry
from artifacts.training_set import open_training_set, parse_id
from monitoring.alerts_cli import add_verbs
from monitoring.champion import champion_version
from monitoring.check import check
from monitoring.left_out import left_out_by_alerts
from monitoring.lines import not_ok, write_lines
from monitoring.missed import say_missed
from monitoring.report import write_report
from monitoring.report.cli import add_verb as add_report
from monitoring.settings import read_monitoring_settings
from monitoring.window import parse_days, refuse_not_begun

EXIT_CODES = {"OK": 0, "DRIFT": GateClosed.exit_code, "UNKNOWN": CannotJudge.exit_code}


def build_parser() -> argparse.ArgumentParser:
    """Every verb of the room; the other settings are `MONITORING_*`."""
    parser = argparse.ArgumentParser(prog="python -m monitoring", description="Whether the world has moved.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    about = "hold a window of the prediction log against both baselines, and against a training set"
    checking = verbs.add_parser("check", help=about, description=about)
    checking.add_argument("--model", required=True)
    checking.add_argument(
        "--version", type=int, metavar="N", help="this model version; else the champion of the ledger"
    )
    checking.add_argument("--window", required=True, metavar="START..END", help="2013-12-01..2013-12-08, in UTC")
    checking.add_argument("--training-set", metavar="NAME/VERSION", help="the truth for skew and performance")
    checking.add_argument(
        "--incident-day",
        type=cli.day,
        action="append",
        default=[],
        metavar="DAY",
        help="not in the served baseline of any feature, beside those of each one's alerts",
    )
    checking.add_argument("--json", action="store_true", help="print one JSON object")
    checking.set_defaults(verb=_check)
    add_report(verbs)
    add_verbs(verbs)
    return parser


def _check(arguments: argparse.Namespace) -> Answer:
    window, settings, places = parse_days(arguments.window), read_monitoring_settings(), read_places()
    refuse_not_begun(window)
    truth = arguments.training_set and open_training_set(places.training_sets, *parse_id(arguments.training_set))
    version = _version(places, arguments.model, arguments.version)
    of_all = sorted(set(arguments.incident_day))
    made = check(
        places,
        arguments.model,
        version,
        window,
        settings,
        created_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        truth=truth or None,
        left_out=left_out_by_alerts(places, arguments.model, version, window, settings, of_all=of_all),
    )
    found = publish_findings(places.findings, made)
    page, _ = write_report(places, found.id, settings.runbook_url)
    facts = {**_facts(found), "page": str(page), "missed": say_missed(places, arguments.model)}
    return Answer(found.id, [*write_lines(found), f"page: {page}", "findings:"], facts, EXIT_CODES[found.state])


def _version(places: Places, model: str, given: int | None) -> int:
    """The version given, if there is one, else the champion."""
    registry = Registry.at(places)
    known = registry.versions(model)
    if not known:
        models = registry.models()
        raise Missing(
            "registry.missing",
            f"No model {model} is registered; those that are: {', '.join(models) or 'none'}.",
            next_step="Name one." if models else "Start with a candidate: make run",
        )
    version = champion_version(places, model) if given is None else given
    if version not in known:
        raise Missing(
            "registry.missing",
            f"Model {model} has no version {version}; it has {', '.join(map(str, known))}.",
            next_step="Name one of them: --version N",
        )
    return version


def _facts(found: Findings) -> dict[str, object]:
    told = [
        {
            **{name: getattr(one, name) for name in ("key", "state", "value", "threshold", "required")},
            "code": one.reason.code,
            "reason": one.reason.text,
        }
        for one in not_ok(found)
    ]
    about = {"version": found.version, "rows": found.rows, "other_versions": dict(found.other_versions)}
    return {"state": found.state, **about, "not_ok": told}


if __name__ == "__main__":
    cli.main(build_parser())
