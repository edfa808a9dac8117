"""A person's decision on a verdict: who and why, and which candidates want one before they are promoted."""

from dataclasses import dataclass

from artifacts.errors import BadInput, Damaged, Missing
from artifacts.reason import LONGEST, SHORTEST, fitting
from artifacts.registry import Registry
from artifacts.verdict import Verdict
from training.logged_config import config_of

LONGEST_NAME = 150
APPROVING = "approve_promotion"


@dataclass(frozen=True)
class Decision:
    """Who decided on a verdict, and why; both go into the ledger."""

    by: str
    reason: str


def parse_decision(by: str | None, reason: str | None, how: str) -> Decision:
    """The decision, made by way of the command or DAG `how`; raises `BadInput` (`decision.incomplete`).

    Who answered in Airflow cannot be asked again for a shorter reason: one that is too long is cut, with a sign of it.
    """
    if how == APPROVING:
        reason = fitting((reason or "").strip())
        again = "Clear the task approve, not the one that failed, to be asked again; answer with a reason."
    else:
        again = "Say who decides and why: --approved-by NAME --reason TEXT, or --rejected-by NAME --reason TEXT."
    who = _given("the name of who decides", by, 1, LONGEST_NAME, again)
    return Decision(f"{who} by {how}", parse_reason(reason, again))


def parse_reason(reason: str | None, again: str) -> str:
    """Why something is decided, for the ledger, where it stays; raises `BadInput` (`decision.incomplete`)."""
    return _given("a reason", reason, SHORTEST, LONGEST, again)


def _given(what: str, text: str | None, shortest: int, longest: int, again: str) -> str:
    said = (text or "").strip()
    if not shortest <= len(said) <= longest:
        raise BadInput(
            "decision.incomplete",
            f"A decision wants {what}, of {shortest} to {longest} characters; it has {said[:60]!r}.",
            next_step=again,
        )
    return said


def wants_approval(registry: Registry, verdict: Verdict) -> str | None:
    """Why a person has to decide on this verdict, or None when the pipeline may.

    No candidate takes the decision away from people: it is asked for by its own config, or by the champion's. A
    champion whose config cannot be read counts as one that asks.
    """
    evidence = verdict.evidence
    if config_of(registry, evidence.candidate.run_id).promotion == "approve":
        return "its config has promotion: approve"
    if evidence.champion is None:
        return None
    try:
        asked = config_of(registry, evidence.champion.run_id).promotion == "approve"
    except (BadInput, Damaged, Missing) as refusal:
        return f"the champion's config cannot be read ({refusal.code})"
    return "the champion's config has promotion: approve" if asked else None


def how_to_approve(run_id: str) -> str:
    """The command by which a person approves, without Airflow."""
    return f"python -m training promote --candidate {run_id} --approved-by NAME --reason TEXT"
