"""The page says that a person has to decide on exactly the candidates that the pipeline leaves to one."""

from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from artifacts.places import read_places
from artifacts.registry import RunRecord
from artifacts.registry.log import PREFIX
from artifacts.rejections import rejections
from artifacts.training_set import TrainingSet
from plugins.on_call.home import Home
from plugins.on_call.person import wants_a_person
from plugins.on_call.settings import OnCallSettings
from tests.training.small_world import CONFIG, World
from tests.training.test_approval import rejected
from tests.training.test_judge import GOOD, crowned
from tests.training.test_promote import BETTER, decided
from training.judging_cli import _following
from training.read_config import parse_config
from training.train import train

APPROVE = "promotion=approve"


def home_of(world: World, folder: Path) -> Home:
    given = {
        "HOME": str(folder),
        "MLFLOW": world.registry.tracking_uri,
        "MLFLOW_ARTIFACTS": world.registry.artifacts_uri,
        "LEDGER": world.ledger,
    }
    return Home(read_places({f"PIPELINE_{name}": value for name, value in given.items()}), OnCallSettings())


def waits(world: World, candidate: RunRecord, folder: Path) -> bool:
    """Whether a person has to decide, on which the page and the pipeline must agree."""
    came = decided(world, candidate)
    assert came.judged.verdict.outcome == "promote"
    assert wants_a_person(home_of(world, folder), candidate, came.judged.verdict.evidence.champion) == came.waits
    return came.waits


@pytest.mark.parametrize(("override", "wanted"), [("seed=2", False), (APPROVE, True)])
def test_of_a_first_candidate(
    world: World, parcels_60: TrainingSet, tmp_path: Path, override: str, wanted: bool
) -> None:
    assert waits(world, world.candidate(parcels_60, GOOD, override), tmp_path) == wanted


def test_of_a_first_candidate_whose_holdout_was_set(world: World, parcels_60: TrainingSet, tmp_path: Path) -> None:
    overrides = ["holdout_days=15"]
    config = parse_config(CONFIG.format(model=world.model, features=GOOD), overrides)
    assert waits(world, train(world.registry, parcels_60, config, overrides=overrides), tmp_path)


@pytest.mark.parametrize(
    ("override", "wanted"),
    [
        ("seed=2", False),
        ("xgboost.max_depth=4", False),
        (APPROVE, True),
        ("judge.margin=0.0005", True),
        ("judge.guards.roc_auc.worse_by_at_most=0.06", True),
        ("judge.slices.min_rows=90", True),
        ("judge.plausible.roc_auc=0.96", True),
        ("judge.bootstrap.replicates=210", True),
        ("holdout_days=19", True),
    ],
)
def test_of_a_candidate_beside_a_champion(
    world: World, parcels_60: TrainingSet, tmp_path: Path, override: str, wanted: bool
) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    assert waits(world, world.candidate(parcels_60, BETTER, override), tmp_path) == wanted


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_beside_a_champion_whose_config_is_damaged(
    world: World, parcels_60: TrainingSet, tmp_path: Path, damage: str
) -> None:
    champion = crowned(world, parcels_60, "[clear_sign]")
    file = world.registry.artefact(champion.run_id, "config.yaml")
    file.unlink() if damage == "gone" else file.write_text(file.read_text() + "# else\n")
    assert waits(world, world.candidate(parcels_60, BETTER), tmp_path)


def test_of_a_copy_of_what_a_person_rejected(world: World, parcels_60: TrainingSet, tmp_path: Path) -> None:
    rejected(world, parcels_60)
    came = decided(world, world.candidate(parcels_60, GOOD))
    noes = rejections(world.ledger, world.model)
    candidate = world.registry.run(came.judged.verdict.evidence.candidate.run_id)
    assert came.waits and wants_a_person(home_of(world, tmp_path), candidate, None, noes)
    told = " ".join(_following(world.registry, home_of(world, tmp_path).places, came.judged))
    assert "It is promoted only when a person approves: it is, byte for byte, version 1, which was rejected" in told
    assert not wants_a_person(home_of(world, tmp_path), world.candidate(parcels_60, BETTER), None, noes)


@pytest.mark.parametrize("gone", ["deleted", "without its tags"])
def test_of_a_copy_of_what_a_person_rejected_and_deleted(
    world: World, parcels_60: TrainingSet, tmp_path: Path, gone: str
) -> None:
    before, client = rejected(world, parcels_60), MlflowClient(world.registry.tracking_uri)
    if gone == "deleted":
        client.delete_run(before.run_id)
    else:
        client.delete_tag(before.run_id, f"{PREFIX}model_sha256")
    came, noes = decided(world, world.candidate(parcels_60, GOOD)), rejections(world.ledger, world.model)
    candidate = world.registry.run(came.judged.verdict.evidence.candidate.run_id)
    assert came.waits and wants_a_person(home_of(world, tmp_path), candidate, None, noes)
    # The ledger did not always keep it: of a line from then MLflow tells while it can, and else nobody is stopped.
    then = [replace(no, model_sha256=None) for no in noes]
    assert wants_a_person(home_of(world, tmp_path), candidate, None, then) == (gone == "deleted")
