"""The verbs around the champion: judge, promote, rollback, history, who-was-champion."""

import argparse
import getpass
from datetime import datetime

from artifacts import ledger
from artifacts.cli import Answer
from artifacts.errors import BadInput, CannotJudge, GateClosed, Missing
from artifacts.ledger import Promotion
from artifacts.places import Places, read_places
from artifacts.registry import Registry
from training.judge import judge
from training.promote import judging_again, promote
from training.rollback import rollback
from training.verdict_words import headline, next_command

EXIT_CODES = {
    "promote": 0,
    "keep": GateClosed.exit_code,
    "suspicious": GateClosed.exit_code,
    "cannot_judge": CannotJudge.exit_code,
}


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs to the room's parser; each takes `--json`."""
    judging = _add(verbs, "judge", _judge, "judge a candidate against the champion of now")
    judging.add_argument(
        "--candidate", required=True, metavar="RUN", help="MLflow run id of the candidate, 32 hex digits"
    )
    promoting = _add(verbs, "promote", _promote, "make a candidate the champion, if its verdict says so")
    promoting.add_argument(
        "--candidate", required=True, metavar="RUN", help="MLflow run id of the candidate, 32 hex digits"
    )
    going_back = _add(verbs, "rollback", _rollback, "make an earlier champion the champion again")
    going_back.add_argument("--model", required=True)
    going_back.add_argument("--to", required=True, type=int, metavar="VERSION")
    going_back.add_argument("--reason", default="rolled back by hand", help="why, for the ledger")
    telling = _add(verbs, "history", _history, "show every promotion and rollback of a model")
    telling.add_argument("--model", required=True)
    asking = _add(verbs, "who-was-champion", _who_was_champion, "say which version was champion at a moment")
    asking.add_argument("--model", required=True)
    asking.add_argument(
        "--at", required=True, metavar="TIME", help="wall-clock time in UTC, not the data's: 2026-11-22T18:40"
    )


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, verb: object, about: str
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=verb)
    return parser


def _judge(arguments: argparse.Namespace) -> Answer:
    registry, places = _doors()
    judged = judge(registry, places.ledger, places.training_sets, arguments.candidate, _who("judge"))
    verdict = judged.verdict
    found = "" if judged.created else f" (found: judged {verdict.decided_at:%Y-%m-%d %H:%M:%S} UTC)"
    return Answer(
        id=f"{arguments.candidate}/{judged.path}",
        lines=[
            f"{headline(verdict)}{found}",
            *(f"  {reason.code}: {reason.text}" for reason in verdict.reasons),
            *next_command(verdict),
        ],
        facts=judged.to_dict(),
        exit_code=EXIT_CODES[verdict.outcome],
    )


def _promote(arguments: argparse.Namespace) -> Answer:
    registry, places = _doors()
    who = _who("promote")

    def promote_once() -> Promotion:
        judged = judge(registry, places.ledger, places.training_sets, arguments.candidate, who, anew=True)
        return promote(registry, places.ledger, judged, who)

    return _answer(judging_again(promote_once))


def _rollback(arguments: argparse.Namespace) -> Answer:
    registry, places = _doors()
    who, reason = _who("rollback"), arguments.reason
    return _answer(rollback(registry, places.ledger, arguments.model, arguments.to, decided_by=who, reason=reason))


def _history(arguments: argparse.Namespace) -> Answer:
    lines = _lines_of(read_places().ledger, arguments.model)
    facts = {"model": arguments.model, "lines": [vars(line) for line in lines]}
    return Answer(id=_id(lines[-1]), lines=[_told(line) for line in lines], facts=facts)


def _who_was_champion(arguments: argparse.Namespace) -> Answer:
    at, url = _moment(arguments.at), read_places().ledger
    first = _lines_of(url, arguments.model)[0]
    line = ledger.champion_at(url, arguments.model, at)
    if line is None:
        raise Missing(
            "ledger.no_champion",
            f"Model {arguments.model} had no champion at {arguments.at}; its first one, version {first.version}, came "
            f"at {first.decided_at:%Y-%m-%d %H:%M:%S} UTC.",
            next_step="Name a later time: the ledger runs on wall-clock time in UTC, not on the data's time.",
        )
    return _answer(line)


def _lines_of(url: str, model: str) -> list[Promotion]:
    """Every line of `model`, of which there is one at least."""
    lines = ledger.history(url, model)
    if not lines:
        known = ", ".join(ledger.models(url)) or "none"
        raise Missing(
            "ledger.no_champion",
            f"Model {model} never had a champion; those that had one, in {ledger.shown(url)}: {known}.",
            next_step="Name one of them, or set PIPELINE_LEDGER to the ledger that has it.",
        )
    return lines


def _doors() -> tuple[Registry, Places]:
    places = read_places()
    return Registry.at(places), places


def _who(verb: str) -> str:
    return f"{getpass.getuser()} by python -m training {verb}"


def _answer(line: Promotion) -> Answer:
    return Answer(id=_id(line), lines=[_told(line)], facts=vars(line))


def _id(line: Promotion) -> str:
    return f"{line.model}/{line.version}"


def _told(line: Promotion) -> str:
    before = f" over version {line.previous_version}" if line.previous_version else ""
    when = f"{line.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{line.seq}. {line.kind} version {line.version}{before}, {when}, {line.decided_by}: {line.reason}"


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad_time(text) from error
    if at.tzinfo is not None and at.utcoffset():
        raise _bad_time(text)
    return at.replace(tzinfo=None)


def _bad_time(text: str) -> BadInput:
    return BadInput(
        "champion.time_invalid",
        f"--at {text!r} is not a UTC time such as 2026-11-22T18:40.",
        next_step="Give the time in UTC.",
    )
