"""A candidate is judged on rows that are newer than anything fitted on, once, and bound to one champion."""

import sqlite3
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from artifacts import ledger
from artifacts.errors import BadInput, CannotJudge, Damaged
from artifacts.registry import RunRecord
from artifacts.training_set import TrainingSet
from artifacts.verdict import ThinSlice
from tests.training.small_world import World, parcels
from tests.training.test_judge_rules import RULES
from training import metrics
from training.bootstrap import resample
from training.evidence import Rows, check_scores, compare_slices, gather
from training.fit import load_candidate, score
from training.judge import judge
from training.judged import Judged
from training.logged_config import config_of
from training.promote import promote

GOOD, POOR, LEAKING = "[clear_sign, weak_sign]", "[weak_sign, region]", "[clear_sign, leak]"


def judged(world: World, candidate: RunRecord) -> Judged:
    return judge(world.registry, world.ledger, world.training_sets, candidate.run_id, "tester")


def codes(verdict: Judged) -> list[str]:
    return [reason.code for reason in verdict.verdict.reasons]


def crowned(world: World, training_set: TrainingSet, features: str) -> RunRecord:
    champion = world.candidate(training_set, features)
    promote(world.registry, world.ledger, judged(world, champion), "tester")
    return champion


def test_without_a_champion_the_naive_model_is_the_rival(world: World, parcels_60: TrainingSet) -> None:
    verdict = judged(world, world.candidate(parcels_60, GOOD)).verdict
    assert (verdict.outcome, verdict.evidence.champion) == ("promote", None)
    assert [comparison.part for comparison in verdict.evidence.comparisons] == ["naive"]
    assert verdict.evidence.holdout.rows == 20 * 60
    assert verdict.evidence.holdout.blocks == 20


def test_a_candidate_that_knows_nothing_is_not_promoted(world: World, parcels_60: TrainingSet) -> None:
    assert codes(judged(world, world.candidate(parcels_60, "[noise]"))) == ["not_better_than_naive"]


def test_a_better_candidate_replaces_and_a_poorer_one_does_not(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    assert judged(world, world.candidate(parcels_60, "[clear_sign, weak_sign, region]")).verdict.outcome == "promote"
    poorer = judged(world, world.candidate(parcels_60, POOR))
    assert poorer.verdict.outcome == "keep"
    assert {"not_better", "unsure_better", "worse_guard"} <= set(codes(poorer))


def test_the_numbers_are_those_of_the_metrics_on_the_same_rows(world: World, parcels_60: TrainingSet) -> None:
    champion = crowned(world, parcels_60, POOR)
    candidate = world.candidate(parcels_60, GOOD)
    evidence = judged(world, candidate).verdict.evidence
    start, end = evidence.holdout.start, evidence.holdout.end
    label = np.concatenate(
        [batch.column(0).to_numpy(zero_copy_only=False) for batch in parcels_60.batches(["is_lost"], start, end)]
    )
    for who, run in (("candidate", candidate), ("champion", champion)):
        scores = score(load_candidate(world.registry, run.run_id), parcels_60, start, end)
        expected = metrics.measure(label, scores)
        assert {name: one.value for name, one in evidence.metrics[who].items()} == pytest.approx(expected, rel=1e-9)


def test_the_same_candidate_trained_twice_is_a_tie(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, GOOD)
    again = world.candidate(parcels_60, GOOD, "promotion=approve")
    verdict = judged(world, again)
    assert verdict.verdict.outcome == "keep"
    assert codes(verdict)[0] == "tie"


def test_a_planted_leak_is_suspicious(world: World, parcels_60: TrainingSet) -> None:
    verdict = judged(world, world.candidate(parcels_60, LEAKING))
    assert (verdict.verdict.outcome, codes(verdict)) == ("suspicious", ["too_good"])


def test_judging_again_finds_the_verdict_instead_of_making_it(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    first, second = judged(world, candidate), judged(world, candidate)
    assert (first.created, second.created) == (True, False)
    assert second.verdict == first.verdict


def test_another_champion_means_another_verdict(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    alone = judged(world, candidate)
    crowned(world, parcels_60, POOR)
    against = judged(world, candidate)
    assert against.created
    assert against.folder != alone.folder
    assert against.verdict.evidence.champion is not None


def test_a_damaged_verdict_is_made_anew(world: World, parcels_60: TrainingSet, shared: object) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    first = judged(world, candidate)
    path = world.registry.artefact(candidate.run_id, first.path)
    path.write_text(path.read_text().replace('"keep"', '"promote"').replace("0.", "0.1"))
    second = judged(world, candidate)
    assert second.created
    assert replace(second.verdict, decided_at=first.verdict.decided_at) == first.verdict


def test_a_verdict_on_another_candidate_is_not_taken_for_its_own(world: World, parcels_60: TrainingSet) -> None:
    good, useless = world.candidate(parcels_60, GOOD), world.candidate(parcels_60, "[noise]")
    stolen = world.registry.artefact(good.run_id, judged(world, good).path).read_text()
    world.registry.artefact(useless.run_id, judged(world, useless).path).write_text(stolen)
    assert judged(world, useless).verdict.outcome == "keep"


def test_the_page_and_the_json_lie_on_the_candidates_run(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    folder = world.registry.artefact(candidate.run_id, judged(world, candidate).folder)
    assert sorted(path.name for path in folder.iterdir()) == ["verdict.html", "verdict.json"]
    assert "Promote version 1." in (folder / "verdict.html").read_text()


def test_a_newer_set_without_a_column_of_the_champion_cannot_be_judged(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, "[clear_sign, noise]")
    without = parcels(world.training_sets, 70, without="noise")
    with pytest.raises(CannotJudge) as refusal:
        judged(world, world.candidate(without, GOOD))
    assert (refusal.value.code, refusal.value.exit_code) == ("judge.column_changed", 4)
    said = f"Version 1 cannot be scored on {without.id}. "
    assert str(refusal.value).startswith(
        said + "Training set parcels has feature 'noise' nowhere; the model was fitted"
    )


def test_a_column_with_another_type_than_the_champions_cannot_be_judged(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, "[clear_sign, noise]")
    retyped = parcels(world.training_sets, 71, retyped="noise")
    with pytest.raises(CannotJudge, match=r"has feature 'noise' as integer; the model was fitted on double") as refusal:
        judged(world, world.candidate(retyped, GOOD))
    assert refusal.value.code == "judge.column_changed"


def test_an_older_candidate_does_not_replace_a_champion_that_saw_its_holdout(
    world: World, parcels_60: TrainingSet
) -> None:
    crowned(world, parcels(world.training_sets, 85), GOOD)
    verdict = judged(world, world.candidate(parcels_60, GOOD))
    assert verdict.verdict.outcome == "keep"
    assert "champion_saw_holdout" in codes(verdict)


def test_a_champion_of_another_training_set_is_not_compared(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, GOOD)
    letters = parcels(world.training_sets, 60, name="letters")
    with pytest.raises(CannotJudge, match=r"the champion was fitted on parcels/") as refusal:
        judged(world, world.candidate(letters, GOOD, "training_set=letters"))
    assert refusal.value.code == "judge.wrong_set"


def test_a_rule_that_was_edited_on_the_run_judges_nothing(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    config = world.registry.artefact(candidate.run_id, "config.yaml")
    config.write_text(config.read_text().replace("margin: 0.001", "margin: 0.0"))
    with pytest.raises(Damaged) as refusal:
        judged(world, candidate)
    assert refusal.value.code == "registry.damaged"


def test_a_rule_that_is_not_the_one_trained_with_judges_nothing(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    MlflowClient(world.registry.tracking_uri).set_tag(candidate.run_id, "shipshape.config_sha256", "0" * 64)
    with pytest.raises(Damaged) as refusal:
        judged(world, candidate)
    assert refusal.value.code == "config.differs"


def test_a_run_that_did_not_finish_is_not_judged(world: World, parcels_60: TrainingSet, shared: Path) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    with sqlite3.connect(shared / "mlflow" / "mlflow.db") as connection:
        connection.execute("update runs set status = 'RUNNING' where run_uuid = ?", [candidate.run_id])
    connection.close()
    with pytest.raises(BadInput, match="is RUNNING with model version 1") as refusal:
        judged(world, candidate)
    assert refusal.value.code == "judge.run_unfinished"


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.1])
def test_a_score_that_is_no_probability_cannot_be_judged(score: float) -> None:
    with pytest.raises(CannotJudge, match=r"1 of 3 scores of the candidate") as refusal:
        check_scores("candidate", np.array([0.0, score, 1.0]))
    assert refusal.value.code == "judge.score_invalid"


def test_a_holdout_without_rows_cannot_be_judged(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    early = parcels(world.training_sets, 30)
    with pytest.raises(CannotJudge) as refusal:
        gather(world.registry, early, candidate, None, config_of(world.registry, candidate.run_id).judge)
    assert refusal.value.code == "judge.no_rows"


@pytest.mark.parametrize(("rows", "days", "thin"), [(600, 10, False), (600, 9, True), (499, 10, True)])
def test_a_slice_with_too_few_rows_or_days_is_named_and_not_compared(rows: int, days: int, thin: bool) -> None:
    day = np.arange(rows) % days
    score = np.full(rows, 0.5)
    texts = {"region": np.full(rows, "north")}
    given = Rows((day % 2).astype(np.float64), day, texts, {"candidate": score, "champion": score})
    found = list(compare_slices(given, resample(day, 100, 7), RULES))
    assert [isinstance(one, ThinSlice) for one in found] == [thin]


def test_a_run_that_is_not_there_cannot_be_judged(world: World) -> None:
    with pytest.raises(BadInput, match="0000"):
        judge(world.registry, world.ledger, world.training_sets, "0000", "tester")


def test_a_ledger_that_belongs_to_another_registry_is_noticed(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    ledger.promote(
        world.ledger,
        model=world.model,
        version=1,
        run_id="elsewhere",
        expected=None,
        decided_at=datetime.fromisoformat("2020-03-01"),
        decided_by="tester",
        reason="a test",
    )
    with pytest.raises(Damaged, match="the ledger has elsewhere") as refusal:
        judged(world, candidate)
    assert refusal.value.code == "judge.champion_differs"
