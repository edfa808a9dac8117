"""Asks a person about a verdict that waits, and does what the person decides on exactly that verdict."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from artifacts import ledger
from artifacts.errors import BadInput, Conflict, GateClosed
from artifacts.places import read_places
from artifacts.registry import Registry
from artifacts.reigns import told_champion
from artifacts.rejections import Rejection, refuse_decided, reject, told
from training.announced import named_in
from training.champion import promoted_by
from training.decision import APPROVING, Decision, parse_decision
from training.judge import judge
from training.judged import Judged, read_judged
from training.needs_person import needs_person
from training.noted import note_verdict
from training.promote import check_promotable, other_rule, promote
from training.question import body, subject
from training.verdict_words import headline

APPROVE, REJECT = ["Approve"], ["Reject"]


def due(candidate: str | None, announced: Sequence[Mapping[str, Any] | None]) -> list[dict[str, str]]:
    """The candidate named, or else those announced as waiting.

    Raises `BadInput` (`approval.nothing_asked`), or as `named_in`.
    """
    runs = [candidate] if candidate else named_in(announced, "candidate")
    if not runs:
        raise BadInput(
            "approval.nothing_asked",
            "No candidate was named, and none was announced as waiting; an MLflow run id is wanted.",
            next_step="Trigger it with a candidate; the task promote of train_candidate names those that wait.",
        )
    return [{"candidate": run} for run in runs]


def ask(
    registry: Registry, ledger_url: str, training_sets: str, candidate: str, asked_by: str, *, pages: str | None = None
) -> dict[str, Any]:
    """What a person is to decide on: `candidate`, `verdict` (a path on its MLflow run), `champion`, `subject`, `body`.

    `pages` is the address of the on-call pages, for a link to the candidate's.
    Raises as `promote` does for a verdict that does not say promote, and `Conflict` (`ledger.rejected`,
    `ledger.promoted`) for one that was decided on.
    """
    judged = judge(registry, ledger_url, training_sets, candidate, asked_by, anew=True)
    note_verdict(judged)
    refuse_decided(ledger_url, candidate, judged.path)
    check_promotable(registry, judged)
    wanted = needs_person(registry, ledger_url, judged.verdict)
    why = [*other_rule(registry, judged), *wanted] or ["somebody had you asked"]
    champion = judged.verdict.evidence.champion
    return {
        "candidate": candidate,
        "verdict": judged.path,
        "champion": champion.version if champion else None,
        "subject": subject(judged.verdict),
        "body": body(judged, why, pages),
    }


def approve(
    registry: Registry, ledger_url: str, training_sets: str, asked: Mapping[str, Any], decision: Decision
) -> ledger.Promotion:
    """Promote by exactly the verdict that was asked about; it is weighed again, never judged against another champion.

    Raises as `promote` does, and `Conflict`: `ledger.conflict` when another version is champion by now,
    `approval.other_verdict` when the judge's code is another one, so that the verdict is.
    """
    run = registry.run(asked["candidate"])
    if promoted_by(ledger_url, run) is None:
        ledger.require_champion(ledger_url, run.model, run.version or 0, run.run_id, asked["champion"])
    judged = judge(registry, ledger_url, training_sets, run.run_id, decision.by, anew=True)
    if judged.path != asked["verdict"]:
        raise Conflict(
            "approval.other_verdict",
            f"{decision.by} approved {asked['verdict']} of MLflow run {run.run_id}; judged now it is {judged.path}.",
            next_step="Trigger approve_promotion with this candidate again, and decide on the verdict of now.",
        )
    return promote(registry, ledger_url, judged, decision.by, decision.reason)


def keep(registry: Registry, ledger_url: str, judged: Judged, decision: Decision) -> Rejection:
    """Write that a person rejected the verdict; the champion stays.

    Raises `BadInput` (`approval.nothing_to_reject`) unless the verdict says promote, and `Conflict` as `reject` does.
    """
    candidate = judged.verdict.evidence.candidate
    if judged.verdict.outcome != "promote":
        raise BadInput(
            "approval.nothing_to_reject",
            f"Only a verdict that says promote can be rejected; this one: {headline(judged.verdict)}",
            next_step=f"Nothing to do: the champion stays. {judged.next_step}",
        )
    check_promotable(registry, judged)
    rejection = Rejection(
        model=judged.verdict.evidence.model,
        version=candidate.version or 0,
        run_id=candidate.run_id,
        verdict=judged.path,
        decided_at=datetime.now(UTC).replace(tzinfo=None),
        decided_by=decision.by,
        reason=decision.reason,
        model_sha256=candidate.model_sha256,
    )
    return reject(ledger_url, rejection)


def ask_named(candidate: str, pages: str) -> dict[str, Any]:
    """As `ask`, in the places that the environment names."""
    places = read_places()
    return ask(Registry.at(places), places.ledger, places.training_sets, candidate, "the pipeline", pages=pages)


def approve_named(asked: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    """As `approve`, on Airflow's response; raises `GateClosed` (`approval.not_given`) unless that says Approve."""
    if response["chosen_options"] != APPROVE:
        raise GateClosed(
            "approval.not_given",
            f"The answer is {response['chosen_options']}; {APPROVE} is wanted.",
            next_step="Nothing to do: the champion stays.",
        )
    places = read_places()
    line = approve(Registry.at(places), places.ledger, places.training_sets, asked, _decision(response))
    return told_champion(line.model, line.version, line.seq)


def keep_named(asked: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    """As `keep`, on Airflow's response about the verdict `asked`; writes nothing when that is no Reject."""
    if response["chosen_options"] != REJECT:
        return "Nothing to keep: it was approved."
    places = read_places()
    registry = Registry.at(places)
    judged = read_judged(registry, asked["candidate"], asked["verdict"])
    rejection = keep(registry, places.ledger, judged, _decision(response))
    return f"{rejection.model}: {told(rejection)}"


def _decision(response: Mapping[str, Any]) -> Decision:
    who = (response.get("responded_by_user") or {}).get("name")
    return parse_decision(who, (response.get("params_input") or {}).get("reason"), APPROVING)
