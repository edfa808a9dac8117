"""Only a good verdict on the champion of now promotes; the loser of a race judges again; the alias follows."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from artifacts import ledger
from artifacts.errors import BadInput, CannotJudge, Conflict, Damaged, GateClosed, Missing
from artifacts.registry import Registry, RunRecord
from artifacts.training_set import TrainingSet
from artifacts.verdict import Reason
from tests.training.small_world import CONFIG, World
from tests.training.test_judge import GOOD, LEAKING, POOR, crowned, judged
from training.alias import follow
from training.judged import Judged
from training.promote import promote
from training.promote_or_keep import Decided, judging_again, promote_or_keep
from training.read_config import parse_config
from training.rollback import rollback
from training.train import train

BETTER = "[clear_sign, weak_sign, region]"


def alias(shared: Path, model: str) -> int | None:
    connection = sqlite3.connect(shared / "mlflow" / "mlflow.db")
    query = "select version from registered_model_aliases where name = ? and alias = 'champion'"
    row = connection.execute(query, [model]).fetchone()
    connection.close()
    return row and int(row[0])


def decided(world: World, candidate: RunRecord) -> Decided:
    return promote_or_keep(world.registry, world.ledger, world.training_sets, candidate.run_id, "tester")


def changed(judged: Judged, **fields: object) -> Judged:
    return replace(judged, verdict=replace(judged.verdict, **fields))  # type: ignore[arg-type]


def test_a_promotion_says_what_who_and_why_and_the_alias_follows(
    world: World, parcels_60: TrainingSet, shared: Path
) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    line = promote(world.registry, world.ledger, verdict := judged(world, candidate), "tester")
    assert ledger.champion(world.ledger, world.model) == line
    assert (line.version, line.run_id, line.decided_by) == (1, candidate.run_id, "tester")
    assert line.verdict == verdict.path
    assert "better than the naive model's" in line.reason
    assert alias(shared, world.model) == 1


def test_a_verdict_that_keeps_the_champion_is_never_promoted(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, GOOD)
    verdict = judged(world, world.candidate(parcels_60, POOR))
    with pytest.raises(GateClosed) as refusal:
        promote(world.registry, world.ledger, verdict, "tester")
    assert refusal.value.code == "promote.not_promotable"
    assert len(ledger.history(world.ledger, world.model)) == 1


def test_a_suspicious_candidate_is_never_promoted(world: World, parcels_60: TrainingSet) -> None:
    leaking = world.candidate(parcels_60, LEAKING)
    for act in (
        lambda: promote(world.registry, world.ledger, judged(world, leaking), "x"),
        lambda: decided(world, leaking),
    ):
        with pytest.raises(GateClosed) as refusal:
            act()
        assert refusal.value.code == "judge.suspicious"
    assert ledger.champion(world.ledger, world.model) is None


def test_a_candidate_that_cannot_be_judged_is_never_promoted(world: World, parcels_60: TrainingSet) -> None:
    verdict = judged(world, world.candidate(parcels_60, GOOD))
    with pytest.raises(CannotJudge) as refusal:
        promote(world.registry, world.ledger, changed(verdict, outcome="cannot_judge"), "tester")
    assert refusal.value.code == "judge.cannot_judge"


def test_an_outcome_that_its_own_numbers_contradict_promotes_nothing(world: World, parcels_60: TrainingSet) -> None:
    verdict = judged(world, world.candidate(parcels_60, "[noise]"))
    forged = changed(verdict, outcome="promote", reasons=(Reason("better", "Trust me."),))
    with pytest.raises(Damaged) as refusal:
        promote(world.registry, world.ledger, forged, "tester")
    assert refusal.value.code == "promote.verdict_contradicts"


def test_a_verdict_on_other_bytes_promotes_nothing(world: World, parcels_60: TrainingSet) -> None:
    verdict = judged(world, world.candidate(parcels_60, GOOD))
    other = replace(verdict.verdict.evidence.candidate, model_sha256="f" * 64)
    with pytest.raises(Damaged) as refusal:
        promote(
            world.registry,
            world.ledger,
            changed(verdict, evidence=replace(verdict.verdict.evidence, candidate=other)),
            "tester",
        )
    assert refusal.value.code == "promote.model_differs"


def test_a_verdict_against_a_champion_of_the_past_is_a_conflict(world: World, parcels_60: TrainingSet) -> None:
    stale = judged(world, world.candidate(parcels_60, BETTER))
    crowned(world, parcels_60, "[clear_sign]")
    with pytest.raises(Conflict, match="Judge it again") as refusal:
        promote(world.registry, world.ledger, stale, "tester")
    assert refusal.value.code == "ledger.conflict"
    assert len(ledger.history(world.ledger, world.model)) == 1


def test_the_loser_of_a_race_judges_again_against_the_winner(world: World, parcels_60: TrainingSet) -> None:
    rivals = [judged(world, world.candidate(parcels_60, "[clear_sign]"))]
    candidate = world.candidate(parcels_60, BETTER)

    def lose_once() -> ledger.Promotion:
        verdict = judged(world, candidate)
        if rivals:
            promote(world.registry, world.ledger, rivals.pop(), "rival")
        return promote(world.registry, world.ledger, verdict, "tester")

    assert judging_again(lose_once).version == 2
    versions = [(line.version, line.previous_version) for line in ledger.history(world.ledger, world.model)]
    assert versions == [(1, None), (2, 1)]


def test_whoever_loses_every_race_is_told_so() -> None:
    tries = []

    def lose() -> None:
        tries.append(1)
        raise Conflict("ledger.conflict", "Another was first.", next_step="Judge again.")

    with pytest.raises(Conflict):
        judging_again(lose)
    assert len(tries) == 3


def test_a_candidate_decides_once_and_running_again_changes_nothing(world: World, parcels_60: TrainingSet) -> None:
    first, second = world.candidate(parcels_60, "[clear_sign]"), world.candidate(parcels_60, BETTER)
    before = [decided(world, run) for run in (first, second)]
    again = [decided(world, run) for run in (first, second)]
    assert [one.promotion for one in again] == [one.promotion for one in before]
    assert [one.judged.created for one in before + again] == [True, True, False, False]
    assert len(ledger.history(world.ledger, world.model)) == 2


def test_what_a_task_hands_on_is_small_json_with_the_outcome(world: World, parcels_60: TrainingSet) -> None:
    told = decided(world, world.candidate(parcels_60, GOOD)).to_dict()
    assert json.loads(json.dumps(told)) == told
    assert (told["outcome"], told["promoted"], told["version"], told["champion"]) == ("promote", True, 1, None)
    assert len(json.dumps(told)) < 4000


@pytest.mark.parametrize(
    ("override", "change"),
    [
        ("judge.margin=0", "judge.margin is 0.0, the champion's 0.001"),
        ("holdout_days=19", "holdout_days is 19, the champion's 20"),
        ("naive.smoothing=30", "naive.smoothing is 30.0, the champion's 20.0"),
    ],
)
def test_a_candidate_with_another_rule_than_the_champions_waits_for_a_person(
    world: World, parcels_60: TrainingSet, override: str, change: str
) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    candidate = world.candidate(parcels_60, BETTER, override)
    waiting = decided(world, candidate)
    said = f"It was judged by another rule: {change}."
    wait = f"Version 2 waits for a person: python -m training promote --candidate {candidate.run_id}"
    assert (waiting.promotion, waiting.waits, waiting.said) == (None, True, f"{said} {wait}")
    line = promote(world.registry, world.ledger, waiting.judged, "a person")
    assert (line.version, line.reason.endswith(said)) == (2, True)


@pytest.mark.parametrize("key", ["holdout_days", " holdout_days "])
def test_a_first_champion_whose_holdout_was_set_waits_for_a_person_and_the_ledger_says_so(
    world: World, parcels_60: TrainingSet, key: str
) -> None:
    overrides = ["seed=2", f"{key}=19"]
    config = parse_config(CONFIG.format(model=world.model, features=GOOD), overrides)
    waiting = decided(world, train(world.registry, parcels_60, config, overrides=overrides))
    said = "It was judged by another rule: holdout_days was set to 19 by --set when it was trained."
    assert (waiting.promotion, waiting.waits, waiting.said.startswith(said)) == (None, True, True)
    line = promote(world.registry, world.ledger, waiting.judged, "a person")
    assert (line.version, line.reason.endswith(said)) == (1, True)


def test_a_champion_whose_rule_cannot_be_read_is_not_replaced_without_a_person(
    world: World, parcels_60: TrainingSet
) -> None:
    champion = crowned(world, parcels_60, "[clear_sign]")
    world.registry.artefact(champion.run_id, "config.yaml").write_text("judge: {}\n")
    waiting = decided(world, world.candidate(parcels_60, BETTER))
    assert waiting.promotion is None
    assert "the champion's rule cannot be read (registry.damaged)" in waiting.said


def test_a_rollback_makes_an_earlier_champion_champion_again(
    world: World, parcels_60: TrainingSet, shared: Path
) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    crowned(world, parcels_60, BETTER)
    line = rollback(world.registry, world.ledger, world.model, 1, decided_by="tester", reason="complaints")
    assert (line.seq, line.version, line.previous_version, line.kind) == (3, 1, 2, "rollback")
    assert alias(shared, world.model) == 1


def test_what_was_rolled_back_is_not_promoted_again_by_its_old_verdict(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    bad = crowned(world, parcels_60, BETTER)
    rollback(world.registry, world.ledger, world.model, 1, decided_by="tester", reason="complaints")
    with pytest.raises(Conflict, match="rollback --model") as refusal:
        promote(world.registry, world.ledger, judged(world, bad), "tester")
    assert refusal.value.code == "promote.promoted_before"
    decided(world, bad)
    assert len(ledger.history(world.ledger, world.model)) == 3


@pytest.mark.parametrize(("version", "code"), [(1, "rollback.is_champion"), (7, "rollback.never_champion")])
def test_a_rollback_to_the_champion_or_to_a_stranger_is_refused(
    world: World, parcels_60: TrainingSet, version: int, code: str
) -> None:
    crowned(world, parcels_60, GOOD)
    with pytest.raises(BadInput) as refusal:
        rollback(world.registry, world.ledger, world.model, version, decided_by="tester", reason="")
    assert refusal.value.code == code


def test_a_rollback_without_mlflows_database_says_that_this_is_lost_and_not_the_version_that_was_asked_for(
    world: World, parcels_60: TrainingSet, tmp_path: Path
) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    crowned(world, parcels_60, BETTER)
    for place, error, code in (
        (f"sqlite:///{tmp_path}/gone.db", Damaged, "home.champion_lost"),
        (world.registry.tracking_uri, Missing, "registry.missing"),
    ):
        registry = replace(world.registry, tracking_uri=place)
        if error is Missing:
            MlflowClient(place).delete_model_version(world.model, "1")
        with pytest.raises(error) as refusal:
            rollback(registry, world.ledger, world.model, 1, decided_by="tester", reason="complaints")
        assert refusal.value.code == code
    assert len(ledger.history(world.ledger, world.model)) == 2


def test_an_alias_that_could_not_be_set_is_repaired_by_the_next_call(
    world: World, parcels_60: TrainingSet, shared: Path, tmp_path: Path
) -> None:
    champion = crowned(world, parcels_60, GOOD)
    (tmp_path / "no_folder").write_text("")
    follow(replace(world.registry, tracking_uri=f"sqlite:///{tmp_path}/no_folder/mlflow.db"), world.ledger, world.model)
    world.registry.set_alias(world.model, "champion", world.candidate(parcels_60, POOR).version or 0)
    assert alias(shared, world.model) == 2
    decided(world, champion)
    assert alias(shared, world.model) == 1


def test_an_alias_that_was_overtaken_by_a_later_promotion_catches_up(
    world: World, parcels_60: TrainingSet, shared: Path
) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    later = judged(world, world.candidate(parcels_60, BETTER))

    class Slow(Registry):
        def set_alias(self, model: str, alias: str, version: int) -> None:
            if version == 1:
                promote(world.registry, world.ledger, later, "a faster one")
            super().set_alias(model, alias, version)

    follow(Slow(world.registry.tracking_uri, world.registry.artifacts_uri), world.ledger, world.model)
    assert alias(shared, world.model) == 2
