"""The verbs around the champion answer with an id, an exit code of their own, and JSON when asked."""

import argparse
import json
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import cli, ledger
from artifacts.training_set import TrainingSet
from tests.training.small_world import World
from tests.training.test_judge import GOOD, LEAKING, POOR
from tests.training.test_promote import BETTER
from training.judging_cli import add_verbs


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared: Path) -> object:
    monkeypatch.setenv("PIPELINE_MLFLOW", world.registry.tracking_uri)
    monkeypatch.setenv("PIPELINE_MLFLOW_ARTIFACTS", world.registry.artifacts_uri)
    monkeypatch.setenv("PIPELINE_LEDGER", world.ledger)
    monkeypatch.setenv("PIPELINE_TRAINING_SETS", world.training_sets)

    def call(*words: str) -> tuple[int, list[str], str]:
        parser = argparse.ArgumentParser()
        add_verbs(parser.add_subparsers())
        code = cli.run(parser, words)
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return call


def test_from_the_first_judgement_to_the_rollback(run, world: World, parcels_60: TrainingSet) -> None:  # type: ignore[no-untyped-def]
    first = world.candidate(parcels_60, "[clear_sign]").run_id
    second = world.candidate(parcels_60, "[clear_sign, weak_sign, region]").run_id
    code, said, _ = run("judge", "--candidate", first)
    assert (code, said[0]) == (0, "Promote version 1.")
    assert said[-1].startswith(f"{first}/verdicts/against_none_")
    assert run("promote", "--candidate", first)[:2] == (0, run("history", "--model", world.model)[1])
    _, said, _ = run("judge", "--candidate", first)
    champion = f"Version 1 of {world.model} was promoted in line 1, by the verdict below"
    assert said[0] == f"{champion}, and is the champion: there is nothing to do."
    assert "training promote" not in " ".join(said)
    assert run("promote", "--candidate", first)[1][1] == "Nothing was written: it was promoted before."
    assert run("promote", "--candidate", second)[1][-1] == f"{world.model}/2"
    code, _, error = run("rollback", "--model", world.model, "--to", "1", "--reason", " ")
    assert (code, error.partition(":")[0]) == (2, "decision.incomplete")
    code, said, _ = run("rollback", "--model", world.model, "--to", "1", "--reason", "complaints")
    assert (code, said[-1]) == (0, f"{world.model}/1")
    assert said[0].startswith("3. rollback version 1 over version 2, ")
    assert said[0].endswith("by python -m training rollback: complaints")


def test_a_candidate_that_is_no_better_exits_with_3_and_promotes_nothing(run, world, parcels_60) -> None:  # type: ignore[no-untyped-def]
    run("promote", "--candidate", world.candidate(parcels_60, GOOD).run_id)
    poor = world.candidate(parcels_60, POOR).run_id
    code, said, _ = run("judge", "--candidate", poor)
    assert (code, said[0]) == (3, "Keep version 1; version 2 is not promoted.")
    code, _, error = run("promote", "--candidate", poor)
    assert code == 3
    assert error.startswith("promote.not_promotable: Keep version 1; version 2 is not promoted.")
    assert f"python -m training judge --candidate {poor}" in error
    code, _, error = run("reject", "--candidate", poor, "--rejected-by", "Ada", "--reason", "poor indeed")
    assert (code, error.partition(":")[0]) == (2, "approval.nothing_to_reject")
    assert [line.version for line in ledger.history(world.ledger, world.model)] == [1]


def test_a_suspicious_candidate_exits_with_3(run, world, parcels_60) -> None:  # type: ignore[no-untyped-def]
    code, said, _ = run("judge", "--json", "--candidate", world.candidate(parcels_60, LEAKING).run_id)
    told = json.loads(said[0])
    assert (code, told["outcome"], told["reasons"][0]["code"]) == (3, "suspicious", "too_good")


def test_a_promotion_that_would_be_refused_or_noted_is_not_simply_advised(run, world, parcels_60) -> None:  # type: ignore[no-untyped-def]
    for features in ("[clear_sign]", BETTER):
        run("promote", "--candidate", world.candidate(parcels_60, features).run_id)
    run("rollback", "--model", world.model, "--to", "1", "--reason", "complaints")
    _, said, _ = run("judge", "--candidate", world.candidate(parcels_60, BETTER, "judge.bootstrap.seed=8").run_id)
    assert said[0] == "Promote version 3."
    assert f"Version 3 of {world.model} is, byte for byte, version 2, which was rolled back from." in said
    assert f"python -m training rollback --model {world.model} --to 2" in said
    assert not any("training promote" in line for line in said)
    other = world.candidate(parcels_60, GOOD, "judge.margin=0.0001")
    _, said, _ = run("judge", "--candidate", other.run_id)
    assert any(line.startswith("It was judged by another rule: ") for line in said)
    assert said[-2] == f"python -m training promote --candidate {other.run_id}"


def test_a_candidate_that_cannot_be_judged_exits_with_4(run, world, parcels_60) -> None:  # type: ignore[no-untyped-def]
    candidate = world.candidate(parcels_60, GOOD, "judge.slices.min_rows=5000", "judge.min_rows=1200")
    assert run("judge", "--candidate", candidate.run_id)[0] == 0
    run("promote", "--candidate", candidate.run_id)
    other = world.candidate(parcels_60, POOR, "judge.slices.min_rows=5000")
    code, said, _ = run("judge", "--candidate", other.run_id)
    assert (code, said[1].split(":")[0].strip()) == (4, "no_slice")


def test_who_was_champion_is_answered_for_any_moment(run, world, parcels_60) -> None:  # type: ignore[no-untyped-def]
    run("promote", "--candidate", world.candidate(parcels_60, GOOD).run_id)
    code, _, error = run("who-was-champion", "--model", world.model, "--at", "2013-10-01")
    assert (code, error.split(":")[0]) == (2, "ledger.no_champion")
    first = ledger.history(world.ledger, world.model)[0].decided_at
    assert f"its first one, version 1, came at {first:%Y-%m-%d %H:%M:%S} UTC" in error
    assert "not on the data's time" in error
    assert run("who-was-champion", "--model", world.model, "--at", "2999-01-01T00:00Z")[1][-1] == f"{world.model}/1"
    told = json.loads(run("who-was-champion", "--json", "--model", world.model, "--at", "2999-01-01")[1][0])
    assert (told["version"], told["seq"], told["previous_version"]) == (1, 1, None)


@pytest.mark.parametrize("at", ["yesterday", "2013-10-01T06:00+02:00"])
def test_a_moment_that_is_not_utc_is_refused(run, world, at: str) -> None:  # type: ignore[no-untyped-def]
    code, _, error = run("who-was-champion", "--model", world.model, "--at", at)
    assert (code, error.split(":")[0]) == (2, "champion.time_invalid")


@pytest.mark.parametrize("words", [["history"], ["who-was-champion", "--at", "2999-01-01"], ["rollback", "--to", "1"]])
def test_a_model_without_history_is_missing_and_the_known_ones_are_named(run, world, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    code, _, error = run(*words, "--model", "nobody")
    assert (code, error.split(":")[0]) == (2, "ledger.no_champion")
    assert "There is no model nobody: it has no champion, no version and no config." in error
    assert f"Models that had one, in {world.ledger}: none." in error
    assert "Name one that there is (" in error
    for model in ("trains", "parcels"):
        about = {"run_id": "a" * 32, "decided_by": "me", "reason": "a test", "decided_at": datetime(2026, 1, 1)}
        ledger.promote(world.ledger, model=model, version=1, expected=None, **about)
    assert f"in {world.ledger}: parcels, trains." in run(*words, "--model", "nobody")[2]


def test_of_a_model_that_never_had_a_champion_the_next_step_is_its_candidate_or_its_config(
    run, world, parcels_60
) -> None:  # type: ignore[no-untyped-def]
    candidate = world.candidate(parcels_60, GOOD).run_id
    code, _, error = run("history", "--model", world.model)
    assert (code, f"Model {world.model} never had a champion; its newest candidate is version 1." in error) == (2, True)
    assert f"python -m training judge --candidate {candidate}" in error
    code, _, error = run("history", "--model", "cancellation")
    assert (code, "since it was never trained" in error) == (2, True)
    assert "python training/train.py --config training/configs/cancellation.yaml --training-set NAME/VERSION" in error


@pytest.mark.parametrize("words", [["history"], ["who-was-champion", "--at", "2999-01-01"], ["rollback", "--to", "1"]])
def test_a_ledger_that_was_lost_is_no_model_that_never_had_a_champion(run, world, parcels_60, tmp_path, words) -> None:  # type: ignore[no-untyped-def]
    run("promote", "--candidate", world.candidate(parcels_60, GOOD).run_id)
    (tmp_path / "ledger.db").unlink()
    reason = ["--reason", "complaints"] if words[0] == "rollback" else []
    code, _, error = run(*words, *reason, "--model", world.model)
    assert (code, error.split(":")[0]) == (4, "judge.ledger_lost")
    assert "points at version 1. Restore the ledger from its backup" in error


@pytest.mark.parametrize("verb", ["judge", "promote"])
def test_a_version_in_place_of_an_mlflow_run_id_is_refused_with_where_to_find_one(run, world, verb: str) -> None:  # type: ignore[no-untyped-def]
    code, _, error = run(verb, "--candidate", "2")
    assert (code, error.split(":")[0]) == (2, "registry.missing")
    assert "Give an MLflow run id, 32 hex digits: it is the last line of training/train.py" in error
    assert "Check the name and PIPELINE_MLFLOW." in run(verb, "--candidate", "a" * 32)[2]


def test_a_config_that_wants_a_person_is_promoted_by_name_and_reason_only(run, world, parcels_60) -> None:  # type: ignore[no-untyped-def]
    candidate = world.candidate(parcels_60, GOOD, "promotion=approve").run_id
    code, _, error = run("promote", "--candidate", candidate)
    assert (code, "promote.wants_approval: Version 1 of" in error) == (3, True)
    by_name = f"python -m training promote --candidate {candidate} --approved-by NAME --reason TEXT"
    assert by_name in error
    _, said, _ = run("judge", "--candidate", candidate)
    assert said[-4:-1] == [
        "It is promoted only when a person approves: its config has promotion: approve.",
        "A person decides, unless that was done already: under Required Actions where Airflow asks, or by hand. To say "
        "no, reject and --rejected-by take the places of promote and --approved-by:",
        by_name,
    ]
    page = said[-1].partition("/")[2].replace(".json", ".html")
    assert by_name in world.registry.artefact(candidate, page).read_text(encoding="utf-8")
    for half in (["--approved-by", "Ada"], ["--reason", "good"]):
        assert run("promote", "--candidate", candidate, *half)[0] == 2
    code, said, _ = run("promote", "--candidate", candidate, "--approved-by", "Ada", "--reason", "looked at it")
    assert (code, said[-1]) == (0, f"{world.model}/1")
    assert "Ada by python -m training promote: Approved: looked at it. There is no champion yet" in said[0]


def test_a_rejection_by_command_stands_in_the_history(run, world, parcels_60) -> None:  # type: ignore[no-untyped-def]
    candidate = world.candidate(parcels_60, GOOD, "promotion=approve").run_id
    no = ["--candidate", candidate, "--rejected-by", "Ada", "--reason", "a week too early"]
    code, said, _ = run("reject", *no)
    assert (code, said[-1].startswith(f"{candidate}/verdicts/against_none_")) == (0, True)
    code, told, _ = run("history", "--model", world.model)
    assert (code, told[-1]) == (0, f"{world.model}/none")
    assert told[0].startswith("Version 1 was rejected and there was no champion, ")
    assert told[0].endswith("Ada by python -m training reject: a week too early.")
    code, _, error = run("promote", "--candidate", candidate, "--approved-by", "Bob", "--reason", "now")
    assert (code, error.split(":")[0]) == (2, "ledger.rejected")
    _, said, _ = run("judge", "--candidate", candidate)
    assert said[-3:-1] == [told[0], "A verdict is decided on once. Train again, and judge what comes out."]
    assert not any("training promote" in line for line in said)


def test_whoever_promotes_what_was_rejected_before_is_told_of_the_no(run, world, parcels_60) -> None:  # type: ignore[no-untyped-def]
    candidate = world.candidate(parcels_60, BETTER).run_id
    run("reject", "--candidate", candidate, "--rejected-by", "Ada", "--reason", "a week too early")
    assert (
        run("promote", "--candidate", world.candidate(parcels_60, "[clear_sign]").run_id)[1][-1] == f"{world.model}/2"
    )
    code, said, _ = run("promote", "--candidate", candidate, "--approved-by", "Bob", "--reason", "now")
    assert (code, said[-1]) == (0, f"{world.model}/1")
    assert said[1].startswith("It is champion although it was rejected before, by another verdict (Version 1 was rej")
    assert "Ada by python -m training reject: a week too early" in said[1]
