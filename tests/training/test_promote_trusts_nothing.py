"""A promotion looks at the model, the rows and the ledger themselves, never at what a file says of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from artifacts import ledger
from artifacts.errors import Conflict, Damaged
from artifacts.registry import MODEL, RunRecord
from artifacts.training_set import TrainingSet
from artifacts.verdict import Estimate, Reason
from tests.training.small_world import World
from tests.training.test_judge import GOOD, POOR, crowned, judged
from tests.training.test_promote import BETTER, changed, decided
from training.judged import Judged
from training.logged_config import config_of
from training.promote import promote
from training.rollback import rollback
from training.rules import decide


def versions(world: World) -> list[int]:
    return [line.version for line in ledger.history(world.ledger, world.model)]


def forged(world: World, candidate: RunRecord) -> Judged:
    """A verdict in the candidate's favour, with a sha256 of its own, in the place of the true one."""
    found = judged(world, candidate)
    better = [replace(one, gain=Estimate(0.1, 0.1, 0.1)) for one in found.verdict.evidence.comparisons]
    evidence = replace(found.verdict.evidence, comparisons=tuple(better))
    outcome, reasons = decide(evidence, config_of(world.registry, candidate.run_id).judge)
    false = changed(found, evidence=evidence, outcome=outcome, reasons=reasons)
    world.registry.artefact(candidate.run_id, found.path).write_text(false.verdict.to_json())
    return false


def test_a_model_that_was_replaced_after_it_was_judged_is_not_promoted(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    verdict = judged(world, candidate)
    world.registry.artefact(candidate.run_id, MODEL).write_bytes(b"another model")
    with pytest.raises(Damaged) as refusal:
        promote(world.registry, world.ledger, verdict, "tester")
    assert (refusal.value.code, versions(world)) == ("registry.damaged", [])


def test_nobody_goes_back_to_a_model_that_was_replaced(world: World, parcels_60: TrainingSet) -> None:
    first = crowned(world, parcels_60, "[clear_sign]")
    crowned(world, parcels_60, BETTER)
    world.registry.artefact(first.run_id, MODEL).write_bytes(b"another model")
    with pytest.raises(Damaged) as refusal:
        rollback(world.registry, world.ledger, world.model, 1, decided_by="tester", reason="complaints")
    assert (refusal.value.code, versions(world)) == ("registry.damaged", [1, 2])


def test_a_lost_ledger_is_not_taken_for_a_model_without_a_champion(
    world: World, parcels_60: TrainingSet, tmp_path: Path
) -> None:
    crowned(world, parcels_60, GOOD)
    (tmp_path / "ledger.db").unlink()
    for act in (judged, decided):
        with pytest.raises(Damaged, match="points at version 1") as refusal:
            act(world, world.candidate(parcels_60, POOR))
        assert (refusal.value.code, versions(world)) == ("judge.ledger_lost", [])


def test_a_forged_verdict_is_replaced_by_what_the_rows_say(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, GOOD)
    poor = world.candidate(parcels_60, POOR)
    assert forged(world, poor).verdict.outcome == "promote"
    assert judged(world, poor).verdict.outcome == "promote"
    assert decided(world, poor).promotion is None
    assert (versions(world), judged(world, poor).verdict.outcome) == ([1], "keep")


@pytest.mark.parametrize(
    "edit",
    [
        lambda told: changed(told, reasons=(Reason("better", "Trust me."),)),
        lambda told: changed(told, rules={**told.verdict.rules, "margin": 0.0}),
        lambda told: changed(told, rules={}),
    ],
)
def test_a_verdict_with_other_reasons_or_another_rule_promotes_nothing(
    world: World, parcels_60: TrainingSet, edit: Callable[[Judged], Judged]
) -> None:
    verdict = judged(world, world.candidate(parcels_60, GOOD))
    with pytest.raises(Damaged) as refusal:
        promote(world.registry, world.ledger, edit(verdict), "tester")
    assert (refusal.value.code, versions(world)) == ("promote.verdict_contradicts", [])


@pytest.mark.parametrize("deleted", [False, True])
def test_a_copy_of_what_was_rolled_back_is_not_promoted(world: World, parcels_60: TrainingSet, deleted: bool) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    bad = crowned(world, parcels_60, BETTER)
    rollback(world.registry, world.ledger, world.model, 1, decided_by="tester", reason="complaints")
    if deleted:
        MlflowClient(world.registry.tracking_uri).delete_run(bad.run_id)
    copy = world.candidate(parcels_60, BETTER, "judge.bootstrap.seed=8")
    kept = decided(world, copy)
    said = f"Version 3 of {world.model} is, byte for byte, version 2, which was rolled back from."
    assert (kept.judged.verdict.outcome, kept.promotion, kept.said) == ("promote", None, said)
    with pytest.raises(Conflict, match="--to 2") as refusal:
        promote(world.registry, world.ledger, kept.judged, "tester")
    assert (refusal.value.code, versions(world)) == ("promote.rolled_back", [1, 2, 1])


def test_what_was_gone_back_to_is_rolled_back_no_longer(world: World, parcels_60: TrainingSet) -> None:
    for features in ("[clear_sign]", BETTER):
        crowned(world, parcels_60, features)
    for version in (1, 2):
        rollback(world.registry, world.ledger, world.model, version, decided_by="tester", reason="complaints")
    copy = world.candidate(parcels_60, BETTER, "judge.bootstrap.seed=8")
    assert decided(world, copy).judged.verdict.reasons[0].code == "tie"
