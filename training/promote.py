"""Makes the candidate of a verdict the champion; the ledger decides by compare-and-set."""

from datetime import UTC, datetime

from artifacts import ledger
from artifacts.copies import rolled_back_copy
from artifacts.errors import Conflict, Damaged, GateClosed
from artifacts.registry import Registry, RunRecord
from artifacts.rejections import refuse_decided
from training.alias import follow
from training.champion import promoted_by
from training.decision import how_to_approve
from training.fit import refuse_not_whole
from training.judged import Judged, refuse
from training.logged_config import config_of
from training.needs_person import needs_person
from training.rule_change import rule_changes
from training.rules import decide
from training.verdict_words import in_full


def promote(
    registry: Registry, ledger_url: str, judged: Judged, decided_by: str, approved_because: str | None = None
) -> ledger.Promotion:
    """Make the candidate of a `promote` verdict the champion, if the champion still is the one it was judged against.

    A candidate that is champion by this verdict already stays it. Where a person's approval is wanted, `decided_by` is
    that person, and `approved_because` says why.

    Raises `GateClosed` (`promote.not_promotable`, `promote.wants_approval`), `Damaged` (`promote.verdict_contradicts`,
    `promote.model_differs`, and as `refuse_not_whole`), and `Conflict`: `ledger.conflict` when another champion came in
    between, `ledger.rejected` when a person said no to this verdict, `promote.promoted_before` for a candidate that was
    replaced or rolled back since, `promote.rolled_back` for a copy of one that was.
    """
    verdict, candidate = judged.verdict, judged.verdict.evidence.candidate
    run = registry.run(candidate.run_id)
    before = promoted_by(ledger_url, run)
    if before is not None:
        return _promoted_before(registry, ledger_url, before)
    check_promotable(registry, judged)
    refuse_decided(ledger_url, run.run_id, judged.path)
    why = [] if approved_because else needs_person(registry, ledger_url, verdict)
    if why:
        raise GateClosed(
            "promote.wants_approval",
            f"Version {run.version} of {run.model} is promoted only when a person approves: {'; '.join(why)}.",
            next_step=f"Run: {how_to_approve(run.run_id)}",
        )
    if (run.model_sha256, run.version) != (candidate.model_sha256, candidate.version) or run.version is None:
        raise Damaged(
            "promote.model_differs",
            f"Version {run.version} of {run.model} has sha256 {run.model_sha256}; version {candidate.version} with "
            f"{candidate.model_sha256} was judged.",
            next_step="Train again, and judge what comes out.",
        )
    twin = rolled_back_copy(registry, ledger.history(ledger_url, run.model), run.model_sha256)
    if twin is not None:
        raise Conflict(
            "promote.rolled_back", copy_of(run, twin), next_step=f"To go back to it: {back_to(run.model, twin)}"
        )
    refuse_not_whole(registry, run.run_id)
    champion = verdict.evidence.champion
    line = ledger.promote(
        ledger_url,
        model=run.model,
        version=run.version,
        run_id=run.run_id,
        expected=champion.version if champion else None,
        decided_at=datetime.now(UTC).replace(tzinfo=None),
        decided_by=decided_by,
        reason=" ".join(_reasons(registry, judged, approved_because)),
        verdict=judged.path,
        model_sha256=run.model_sha256,
    )
    follow(registry, ledger_url, run.model)
    return line


def other_rule(registry: Registry, judged: Judged) -> list[str]:
    """A sentence that says by what other rule than the champion's, or the config's, it was judged; none by the same."""
    changes = rule_changes(registry, judged.verdict)
    return [f"It was judged by another rule: {'; '.join(changes)}."] if changes else []


def copy_of(run: RunRecord, twin: int) -> str:
    """That the model of `run` is one that was rolled back from."""
    return f"Version {run.version} of {run.model} is, byte for byte, version {twin}, which was rolled back from."


def _reasons(registry: Registry, judged: Judged, approved_because: str | None) -> list[str]:
    approved = [f"Approved: {approved_because.rstrip('.')}."] if approved_because else []
    return [*approved, *(reason.text for reason in judged.verdict.reasons), *other_rule(registry, judged)]


def back_to(model: str, version: int) -> str:
    """The command that makes a version champion again."""
    return f"python -m training rollback --model {model} --to {version}"


def check_promotable(registry: Registry, judged: Judged) -> None:
    """Raise unless the verdict says promote, and its own numbers say so too; as `promote` does."""
    verdict = judged.verdict
    refuse(judged)
    if verdict.outcome != "promote":
        raise GateClosed(
            "promote.not_promotable",
            in_full(verdict),
            next_step=judged.next_step,
        )
    rule = config_of(registry, verdict.evidence.candidate.run_id).judge
    outcome, reasons = decide(verdict.evidence, rule)
    if (outcome, reasons, rule.model_dump(mode="json")) != (verdict.outcome, verdict.reasons, verdict.rules):
        raise Damaged(
            "promote.verdict_contradicts",
            f"{judged.path} says {verdict.outcome}, and its own numbers, by the rule of the candidate's config, say "
            f"{outcome}; or its reasons or its rule are others.",
            next_step="Judge the candidate again.",
        )


def _promoted_before(registry: Registry, ledger_url: str, line: ledger.Promotion) -> ledger.Promotion:
    now = ledger.champion(ledger_url, line.model)
    if now is not None and now.version == line.version:
        follow(registry, ledger_url, line.model)
        return now
    raise Conflict(
        "promote.promoted_before",
        f"Version {line.version} of {line.model} was promoted in line {line.seq} of the ledger, and replaced since.",
        next_step=f"Go back to it: {back_to(line.model, line.version)}",
    )
