"""The command says what moved, publishes it, and exits by the state."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import cli, ledger
from artifacts.errors import BadInput
from artifacts.finding import Reason
from artifacts.findings import list_findings, publish_findings, read_findings
from artifacts.places import REPOSITORY
from monitoring.__main__ import _facts, build_parser
from monitoring.lines import not_ok, write_lines
from tests.monitoring.found import BLIND, FINE, MOVED, UNREAD, found, of
from tests.monitoring.world import COARSE, WEEK, World


def run(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    places = {"HOME": world.places.home, "MLFLOW": world.places.mlflow, "LEDGER": world.places.ledger}
    places |= {"MLFLOW_ARTIFACTS": world.places.mlflow_artifacts, "TRAINING_SETS": world.places.training_sets}
    environ = {**os.environ, **{f"PIPELINE_{name}": str(place) for name, place in places.items()}}
    environ |= {f"MONITORING_{name.upper()}": str(value) for name, value in COARSE.items()}
    command = [sys.executable, "-m", "monitoring", "check", "--model", "toy", "--window", WEEK, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)


def report(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PIPELINE_HOME": str(world.places.home)}
    command = [sys.executable, "-m", "monitoring", "report", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)


def published(world: World) -> str:
    [identity] = list_findings(world.places.findings, "toy")
    return identity


def test_a_week_like_the_baseline_exits_0_and_its_last_line_is_the_id_of_the_findings(world: World) -> None:
    world.log(world.answers(WEEK))
    done = run(world, "--version", "1", "--training-set", world.training_set.id)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == published(world)
    assert read_findings(world.places.findings, published(world)).truth == world.training_set.id


def test_a_drift_exits_3_and_json_names_what_moved(world: World) -> None:
    world.log(world.answers(WEEK, lambda row: {**row, "place": "elsewhere"}))
    done = run(world, "--version", "1", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["state"], told["id"]) == (3, "DRIFT", published(world))
    assert "DRIFT: place" in Path(told["page"]).read_text()
    assert "unseen_share|place|training|-" in {one["key"] for one in told["not_ok"]}


def test_what_drifted_is_told_before_what_could_not_be_judged_and_what_does_not_count_comes_last() -> None:
    noisy = replace(BLIND, required=False, reason=Reason("noise.too_large", "Noise may take it beyond 1."))
    little = replace(of(MOVED, "carrier"), value=0.11)
    told = not_ok(found(2, of(noisy, "origin"), BLIND, FINE, little, MOVED))
    assert [one.reason.code for one in told] == ["drift.psi", "drift.psi", "values.none", "noise.too_large"]
    assert [one.feature for one in told][:2] == ["distance", "carrier"]


def test_what_cannot_be_judged_exits_4_and_is_published_too(world: World) -> None:
    done = run(world, "--version", "1")
    assert done.returncode == 4
    assert "predictions.none" in done.stdout
    assert read_findings(world.places.findings, published(world)).state == "UNKNOWN"


@pytest.mark.parametrize("wrong", [[], ["--version", "9"], ["--version", "1", "--training-set", "toy"]])
def test_a_model_without_champion_an_unknown_version_and_half_a_set_are_bad_input(world: World, wrong: list) -> None:
    done = run(world, *wrong)
    assert (done.returncode, list_findings(world.places.findings, "toy")) == (2, [])


def test_a_ledger_that_was_lost_is_no_model_without_a_champion(aliased: World) -> None:
    done = run(aliased, "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]) == (4, "judge.ledger_lost")


def test_a_wrong_model_or_version_is_told_with_those_there_are(world: World) -> None:
    wrong = run(world, "--version", "9")
    assert "registry.missing: Model toy has no version 9; it has 1." in wrong.stderr
    assert "registry.missing: No model tyo is registered; those that are: toy" in run(world, "--model", "tyo").stderr


def test_what_does_not_count_is_one_line_and_json_says_so_and_why() -> None:
    noisy = replace(BLIND, required=False, reason=Reason("noise.too_large", "Noise may take it beyond 1."))
    told = found(2, FINE, *(of(noisy, f"feature_{number}") for number in range(25)))
    head, *lines = write_lines(told)
    assert head.endswith("OK, 1 of 26 findings are OK")
    assert lines == ["25 could not be judged and do not count: noise.too_large"]
    first, *_ = _facts(told)["not_ok"]
    assert (first["required"], first["reason"]) == (False, "Noise may take it beyond 1.")


def test_one_reason_of_one_feature_is_one_line_with_the_rules_named() -> None:
    rules = ("psi", "jensen_shannon", "wasserstein")
    blind = [replace(BLIND, rule=rule, baseline=kind) for kind in ("training", "served") for rule in rules]  # type: ignore[arg-type]
    _, *lines = write_lines(
        found(2, *blind, replace(of(BLIND, "carrier"), reason=Reason("values.none", "None of it.")))
    )
    said = "values.none: distance has no value in the window. (by "
    assert sorted(lines) == [
        f"UNKNOWN  served, training {said}jensen_shannon, psi, wasserstein)",
        "UNKNOWN  training  values.none: None of it.",
    ]


def test_rows_of_a_log_that_cannot_be_read_are_not_told_as_none() -> None:
    assert (
        "late_arrival, 2013-12-02, whose rows could not be counted: UNKNOWN"
        in write_lines(replace(found(2, UNREAD), rows=0))[0]
    )


def test_rows_that_another_version_answered_are_told() -> None:
    made = replace(found(2, FINE), other_versions={"2": 167})
    assert "900 rows (beside them 167 by version 2, which is not judged here): OK" in write_lines(made)[0]
    assert _facts(made)["other_versions"] == {"2": 167}


def test_a_page_is_written_anew_from_published_findings(world: World) -> None:
    made = found(2, MOVED)
    publish_findings(world.places.findings, made)
    done = report(world, "--findings", made.id, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["id"], told["state"]) == (0, made.id, "DRIFT")
    assert "DRIFT: distance moved" in Path(told["page"]).read_text()
    assert report(world, "--findings", "late_arrival/gone").returncode == 2


def test_version_0_is_no_version_and_not_the_champion(world: World) -> None:
    ledger.promote(
        world.places.ledger, model="toy", version=1, run_id=world.run.run_id, expected=None,
        decided_at=datetime(2013, 3, 1), decided_by="test", reason="the first",
    )  # fmt: skip
    done = run(world, "--version", "0")
    assert (done.returncode, list_findings(world.places.findings, "toy")) == (2, [])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--window", "foo..bar"], "is 'foo..bar': its start 'foo' is no day. Wanted is START..END"),
        (["--window", "2013-12-01"], "is '2013-12-01': it is not two days with two dots between them. Wanted is START"),
        (["--window", "2013-12-01.."], "is '2013-12-01..': it has no end. Wanted is START..END"),
        (["--window", "2013-12-01..2013-12-08..2013-12-09"], "it is not two days with two dots between them"),
        (["--window", "2013-12-08..2013-12-01"], "its start is not before its end, which is not part of it. Wanted is"),
        (
            ["--window", "2013-12-01..2013-12-01"],
            "monitoring.window: The window (--window) is '2013-12-01..2013-12-01'",
        ),
        (
            ["--window", WEEK, "--incident-day", "2013"],
            "argument --incident-day: got '2013'; wanted a day such as 2013-",
        ),
        (
            ["--window", "2103-12-01..2103-12-08"],
            "monitoring.day_ahead: The window (--window) 2103-12-01..2103-12-08 lies",
        ),
        (
            ["--window", WEEK, "--training-set", "foo"],
            "training_set.id: 'foo' is no training-set id; wanted NAME/VERSION",
        ),
    ],
)
def test_an_option_that_cannot_be_read_is_named_with_what_it_was_and_what_was_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], told: str
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        sys.exit(cli.run(build_parser(), ["check", "--model", "toy", *words]))
    assert (ended.value.code, told in capsys.readouterr().err, list(tmp_path.iterdir())) == (2, True, [])


@pytest.mark.parametrize("verb", ["report", "update"])
@pytest.mark.parametrize("got", ["foo", "/foo", "foo/"])
def test_what_is_no_id_of_findings_is_named_with_the_option_and_what_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, verb: str, got: str
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    assert cli.run(build_parser(), [verb, "--findings", got]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"findings.id: The id of findings (--findings) is {got!r}; wanted MODEL/NAME, such as ")


@pytest.mark.parametrize(("day", "refused"), [("2013-03-10", False), ("2013-03-20", True)])
def test_a_day_of_an_incident_that_is_not_in_the_trailing_window_is_refused(
    world: World, day: str, refused: bool
) -> None:
    world.log(world.answers(WEEK))
    done = run(world, "--version", "1", "--incident-day", day)
    told = f"monitoring.incident_day: --incident-day {day} is no day of the trailing window, which lies in 2013-0"
    assert (done.returncode == BadInput.exit_code, told in done.stderr) == (refused,) * 2
