"""Acts on a verdict: promotes or keeps; the ledger decides by compare-and-set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from artifacts import cli, ledger
from artifacts.errors import Conflict, Damaged, GateClosed
from artifacts.places import read_places
from artifacts.registry import Registry, RunRecord
from training.alias import follow
from training.champion import promoted_by
from training.fit import load_candidate
from training.judge import Judged, judge, refuse
from training.logged_config import config_of
from training.noted import note_decided
from training.rollback import rolled_back
from training.rule_change import rule_changes
from training.rules import decide
from training.verdict_words import headline, in_full

ATTEMPTS = 3
T = TypeVar("T")


@dataclass(frozen=True)
class Decided:
    """What came of a candidate: its verdict, the line of the ledger if it is promoted, and that in a sentence."""

    judged: Judged
    promotion: ledger.Promotion | None
    said: str

    def to_dict(self) -> dict[str, Any]:
        """What a task hands on, as JSON objects."""
        line = self.promotion
        return {**self.judged.to_dict(), "promoted": line is not None, "line": line and line.seq, "said": self.said}


def promote(registry: Registry, ledger_url: str, judged: Judged, decided_by: str) -> ledger.Promotion:
    """Make the candidate of a `promote` verdict the champion, if the champion still is the one it was judged against.

    A candidate that is champion by this verdict already stays it. Raises `GateClosed` (`promote.not_promotable`),
    `Damaged` (`promote.verdict_contradicts`, `promote.model_differs`, and as `load_candidate`), and `Conflict`:
    `ledger.conflict` when another champion came in between, `promote.promoted_before` for a candidate that was replaced
    or rolled back since, `promote.rolled_back` for a copy of one that was.
    """
    verdict, candidate = judged.verdict, judged.verdict.evidence.candidate
    run = registry.run(candidate.run_id)
    before = promoted_by(ledger_url, run)
    if before is not None:
        return _promoted_before(registry, ledger_url, before)
    _check_promotable(registry, judged)
    if (run.model_sha256, run.version) != (candidate.model_sha256, candidate.version) or run.version is None:
        raise Damaged(
            "promote.model_differs",
            f"Version {run.version} of {run.model} has sha256 {run.model_sha256}; version {candidate.version} with "
            f"{candidate.model_sha256} was judged.",
            next_step="Train again, and judge what comes out.",
        )
    twin = rolled_back(registry, ledger_url, run)
    if twin is not None:
        raise Conflict(
            "promote.rolled_back", _copy_of(run, twin), next_step=f"To go back to it: {_back_to(run.model, twin)}"
        )
    load_candidate(registry, run.run_id)
    champion = verdict.evidence.champion
    line = ledger.promote(
        ledger_url,
        model=run.model,
        version=run.version,
        run_id=run.run_id,
        expected=champion.version if champion else None,
        decided_at=datetime.now(UTC).replace(tzinfo=None),
        decided_by=decided_by,
        reason=" ".join([*(reason.text for reason in verdict.reasons), *_other_rule(registry, judged)]),
        verdict=judged.path,
    )
    follow(registry, ledger_url, run.model)
    return line


def promote_or_keep(
    registry: Registry, ledger_url: str, training_sets: str, candidate_run: str, decided_by: str
) -> Decided:
    """Judge the candidate and do what the verdict and the config say; judge again when a race for the ledger is lost.

    With `promotion: manual`, or under another rule than the champion's, a `promote` verdict waits for a person. A
    candidate that was promoted before changes nothing. Raises as `judge.refuse` does, and `Conflict`
    (`ledger.conflict`) after losing three races.
    """

    def decide_once() -> Decided:
        judged = judge(registry, ledger_url, training_sets, candidate_run, decided_by, anew=True)
        refuse(judged)
        run = registry.run(candidate_run)
        before = promoted_by(ledger_url, run)
        if before is not None or judged.verdict.outcome == "keep":
            follow(registry, ledger_url, run.model)
            said = headline(judged.verdict) if before is None else f"Version {before.version} was promoted before."
            return Decided(judged, before, said)
        twin = rolled_back(registry, ledger_url, run)
        if twin is not None:
            return Decided(judged, None, _copy_of(run, twin))
        other_rule = _other_rule(registry, judged)
        if other_rule or config_of(registry, candidate_run).promotion == "manual":
            wait = f"Version {run.version} waits: python -m training promote --candidate {candidate_run}"
            return Decided(judged, None, " ".join([*other_rule, wait]))
        line = promote(registry, ledger_url, judged, decided_by)
        return Decided(judged, line, f"Version {line.version} is champion.")

    return judging_again(decide_once)


def judging_again(act: Callable[[], T]) -> T:
    """What `act` returns, tried again up to twice when another champion came between its verdict and the ledger."""
    for _ in range(ATTEMPTS - 1):
        try:
            return act()
        except Conflict as conflict:
            if conflict.code != "ledger.conflict":
                raise
            cli.say(f"{conflict.message} Judging again.")
    return act()


def promote_named(verdict: Mapping[str, Any], decided_by: str = "the pipeline") -> dict[str, Any]:
    """As `promote_or_keep`, on what `judge_named` handed on, in the places that the environment names."""
    places = read_places()
    registry = Registry.at(places)
    candidate = str(verdict["candidate"])
    decided = promote_or_keep(registry, places.ledger, places.training_sets, candidate, decided_by)
    note_decided(decided)
    return decided.to_dict()


def _other_rule(registry: Registry, judged: Judged) -> list[str]:
    changes = rule_changes(registry, judged.verdict)
    return [f"It was judged by another rule: {'; '.join(changes)}."] if changes else []


def _copy_of(run: RunRecord, twin: int) -> str:
    return f"Version {run.version} of {run.model} is, byte for byte, version {twin}, which was rolled back from."


def _back_to(model: str, version: int) -> str:
    return f"python -m training rollback --model {model} --to {version}"


def _check_promotable(registry: Registry, judged: Judged) -> None:
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
        next_step=f"Go back to it: {_back_to(line.model, line.version)}",
    )
