"""The verbs that decide who is champion: judge, promote, reject, rollback."""

import argparse
import getpass
from collections.abc import Iterator, Sequence

from artifacts import ledger
from artifacts.cli import Answer
from artifacts.copies import rolled_back_copy
from artifacts.errors import CannotJudge, GateClosed
from artifacts.ledger import Promotion
from artifacts.places import Places, read_places
from artifacts.registry import Registry
from artifacts.rejections import DECIDED_ONCE, rejection_of
from artifacts.rejections import told as told_rejection
from training import ledger_cli
from training.approval import keep
from training.champion import promoted_by
from training.decision import parse_decision
from training.judge import judge
from training.judged import Judged
from training.ledger_cli import answer
from training.needs_person import needs_person, rejected_before
from training.promote import back_to, copy_of, other_rule, promote
from training.promote_or_keep import judging_again
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
    promoting.add_argument("--approved-by", metavar="NAME", help="who approves, where the config wants that")
    promoting.add_argument("--reason", metavar="TEXT", help="why, for the ledger; with --approved-by")
    rejecting = _add(verbs, "reject", _reject, "reject a candidate whose verdict says promote; the champion stays")
    rejecting.add_argument(
        "--candidate", required=True, metavar="RUN", help="MLflow run id of the candidate, 32 hex digits"
    )
    rejecting.add_argument("--rejected-by", required=True, metavar="NAME", help="who rejects")
    rejecting.add_argument("--reason", required=True, metavar="TEXT", help="why, for the ledger")
    going_back = _add(verbs, "rollback", _rollback, "make an earlier champion the champion again")
    going_back.add_argument("--model", required=True)
    going_back.add_argument("--to", required=True, type=int, metavar="VERSION")
    going_back.add_argument("--reason", default="rolled back by hand", help="why, for the ledger")
    ledger_cli.add_verbs(verbs, _add)


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
    before = _promoted_before(registry, places, arguments.candidate)
    found = "" if judged.created else f" (found: judged {verdict.decided_at:%Y-%m-%d %H:%M:%S} UTC)"
    return Answer(
        id=f"{arguments.candidate}/{judged.path}",
        lines=[
            *([before] if before else []),
            f"{headline(verdict)}{found}",
            *(f"  {reason.code}: {reason.text}" for reason in verdict.reasons),
            *([] if before else _following(registry, places, judged)),
        ],
        facts=judged.to_dict(),
        exit_code=EXIT_CODES[verdict.outcome],
    )


def _following(registry: Registry, places: Places, judged: Judged) -> Sequence[str]:
    """What to do now: what a promotion would refuse or note is said before it is advised."""
    verdict = judged.verdict
    if verdict.outcome != "promote":
        return next_command(verdict, by_person=False)
    run = registry.run(verdict.evidence.candidate.run_id)
    twin = rolled_back_copy(registry, ledger.history(places.ledger, run.model), run.model_sha256)
    if twin is not None:
        return copy_of(run, twin), "To go back to it:", back_to(run.model, twin)
    rejected = rejection_of(places.ledger, run.model, run.run_id, judged.path)
    if rejected is not None:
        return told_rejection(rejected), DECIDED_ONCE
    wanted = needs_person(registry, places.ledger, verdict)
    why = [f"It is promoted only when a person approves: {'; '.join(wanted)}."] if wanted else []
    return *other_rule(registry, judged), *why, *next_command(verdict, by_person=bool(wanted))


def _promote(arguments: argparse.Namespace) -> Answer:
    registry, places = _doors()
    before = _promoted_before(registry, places, arguments.candidate)
    who, because = _who("promote"), None
    if arguments.approved_by is not None or arguments.reason is not None:
        decision = parse_decision(arguments.approved_by, arguments.reason, "python -m training promote")
        who, because = decision.by, decision.reason

    def promote_once() -> Promotion:
        judged = judge(registry, places.ledger, places.training_sets, arguments.candidate, who, anew=True)
        return promote(registry, places.ledger, judged, who, because)

    # Read first: what MLflow cannot tell afterwards would hide that it was promoted.
    noes = [f"It is champion although {no}." for no in _noes(registry, places, arguments.candidate)]
    # A person approves the verdict that is there, not one that the next attempt would make.
    line = judging_again(promote_once) if because is None else promote_once()
    if before:
        return answer(line, "Nothing was written: it was promoted before.")
    return answer(line, *noes)


def _noes(registry: Registry, places: Places, candidate: str) -> Iterator[str]:
    """What persons said against it before: whoever promotes it all the same reads that."""
    return rejected_before(registry, places.ledger, registry.run(candidate))


def _promoted_before(registry: Registry, places: Places, candidate: str) -> str | None:
    """What came of a candidate that a verdict promoted, in one sentence; None when none did."""
    run = registry.run(candidate)
    line, now = promoted_by(places.ledger, run), ledger.champion(places.ledger, run.model)
    if line is None or now is None:
        return None
    what = f"Version {line.version} of {run.model} was promoted in line {line.seq}, by the verdict below"
    if now.version == line.version:
        return f"{what}, and is the champion: there is nothing to do."
    return f"{what}; champion is version {now.version} by now, by line {now.seq}."


def _reject(arguments: argparse.Namespace) -> Answer:
    registry, places = _doors()
    decision = parse_decision(arguments.rejected_by, arguments.reason, "python -m training reject")
    judged = judge(registry, places.ledger, places.training_sets, arguments.candidate, decision.by)
    rejection = keep(registry, places.ledger, judged, decision)
    return Answer(f"{arguments.candidate}/{judged.path}", [told_rejection(rejection)], vars(rejection))


def _rollback(arguments: argparse.Namespace) -> Answer:
    registry, places = _doors()
    who, reason = _who("rollback"), arguments.reason
    return answer(rollback(registry, places.ledger, arguments.model, arguments.to, decided_by=who, reason=reason))


def _doors() -> tuple[Registry, Places]:
    places = read_places()
    return Registry.at(places), places


def _who(verb: str) -> str:
    return f"{getpass.getuser()} by python -m training {verb}"
