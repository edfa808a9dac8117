"""Reasons of a verdict, each with its real cause, and what its section says to run then."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from artifacts.errors import Refusal
from artifacts.training_set import TrainingSet, open_training_set, parse_id
from tests.docs import runbook
from tests.docs.promoting_home import Home, made_home
from tests.docs.test_runbook_promoting import home
from tests.training.small_world import parcels
from training.evidence import check_scores
from training.judge import judge_named

__all__ = ["home"]

pytestmark = pytest.mark.slow

BETTER = "[clear_sign, weak_sign, region]"
# By reason: features and rule of a candidate that has it against a champion of `BETTER`.
HELD_AGAINST = {
    "tie": (BETTER, ["promotion=approve"]),
    "worse_slice": ("[clear_sign, weak_sign]", ["judge.slices.worse_by_at_most=0.001"]),
    "unsure_slice": (BETTER, ["seed=2", "xgboost.subsample=0.8", "judge.slices.worse_by_at_most=0.005"]),
    "unsure_guard": (
        BETTER,
        ["seed=2", "xgboost.subsample=0.8", "judge.guards.calibration_error.worse_by_at_most=0.005"],
    ),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return made_home(tmp_path_factory.mktemp("reasons"))


class Reader:
    """Whoever follows the runbook about a candidate of the parcels' home."""

    def __init__(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self.capsys = home, capsys
        self.sets = home.world.training_sets
        self.trained: list[str] = []

    def candidate(self, features: str, *rule: str, of: TrainingSet | None = None) -> None:
        """Train one, which the reader fills in from now on."""
        training_set = of or open_training_set(self.sets, *parse_id(self.home.training_set))
        self.asks_of(self.home.world.candidate(training_set, features, *rule).run_id)

    def runs(self, command: str, **values: str) -> tuple[int, str]:
        return runbook.run(runbook.filled(command, self.home.values("asked", **values)), self.capsys)

    def reasons(self) -> set[str]:
        """Why the candidate is not promoted."""
        _, said = self.runs("python -m training judge --candidate RUN --json")
        return {one["code"] for one in json.loads(said.splitlines()[-1])["reasons"]}

    def trains(self, code: str) -> None:
        """Train as the section says; the reader asks about that candidate from now on."""
        [command] = runbook.section(code).commands
        ended, said = self.runs(command)
        assert ended == 0, said
        self.asks_of(said.split()[-1])

    def asks_of(self, run: str) -> None:
        """Fill in another candidate."""
        self.trained.append(run)
        self.home.runs["asked"] = run


@pytest.fixture
def reader(home: Home, capsys: pytest.CaptureFixture[str]) -> Iterator[Reader]:
    reader = Reader(home, capsys)
    yield reader
    # Else the next training of the same would find the MLflow run, whose files the home forgets.
    for run in set(reader.trained) - {home.runs["better"]}:
        home.client.delete_run(run)


@pytest.mark.parametrize("reason", HELD_AGAINST)
def test_a_reason_to_keep_the_champion_has_a_section_whose_command_shows_it(reason: str, reader: Reader) -> None:
    reader.home.crown("better")
    features, rule = HELD_AGAINST[reason]
    reader.candidate(features, *rule)
    assert reason in reader.reasons()
    [command] = runbook.section(reason).commands
    ended, said = reader.runs(command)
    assert (ended, "1. promote version 2" in said) == (0, True)


def test_a_candidate_that_knows_nothing_is_looked_at_by_what_changed_in_its_set(reader: Reader) -> None:
    reader.candidate("[noise]")
    assert reader.reasons() == {"not_better_than_naive"}
    newer = parcels(reader.sets, 70)
    [command] = runbook.section("not_better_than_naive").commands
    ended, said = reader.runs(command, VERSION=newer.version)
    assert (ended, said.splitlines()[-1]) == (0, newer.id)


@pytest.mark.parametrize("code", ["judge.suspicious", "too_good"])
def test_a_leak_is_left_out_of_the_config(code: str, reader: Reader) -> None:
    reader.candidate("[clear_sign, leak]")
    with pytest.raises(Refusal) as refusal:
        judge_named(reader.home.runs["asked"])
    assert refusal.value.code == "judge.suspicious"
    assert reader.reasons() == {"too_good"}
    reader.trains(code)
    assert reader.reasons() == {"first_champion"}


def test_a_candidate_of_another_set_is_trained_on_that_of_the_champion(reader: Reader) -> None:
    reader.home.crown("first")
    reader.candidate(BETTER, "training_set=letters", of=parcels(reader.sets, 60, name="letters"))
    assert "judge.wrong_set: " in reader.runs("python -m training judge --candidate RUN")[1]
    reader.trains("judge.wrong_set")
    assert reader.runs("python -m training judge --candidate RUN")[0] == 0


def test_scores_that_are_no_probabilities_are_not_judged_and_another_training_has_some(reader: Reader) -> None:
    with pytest.raises(Refusal) as refusal:
        check_scores("candidate", np.array([0.1, np.nan]))
    assert refusal.value.code == "judge.score_invalid"
    reader.asks_of(reader.home.runs["better"])
    reader.trains("judge.score_invalid")
    assert reader.runs("python -m training judge --candidate RUN")[0] == 0
