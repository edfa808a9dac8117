"""A training is logged whole, found again when nothing changed, and leaves nothing behind when it is refused."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlflow import MlflowClient

from artifacts import ledger
from artifacts.champion_alias import ALIAS
from artifacts.errors import BadInput, CannotJudge, Damaged
from artifacts.metric_names import of_slice
from artifacts.prediction_log.segment import LOG
from artifacts.rejections import Rejection, reject
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.training.toy import LOCK, TOY, publish_with, toy_config
from training.metrics import METRICS
from training.train import train, train_named
from training.windows import split, windows_of

ROOT = Path(__file__).parents[2]
PICTURES = {"calibration.png", "precision_recall.png", "importance.png", "slices_place.png", "trees.png"}


def run_script(home: Path, *arguments: str, folder: Path = ROOT, script: str = "training/train.py"):
    registry_in(home / "mlflow")
    environment = {**os.environ, "PIPELINE_HOME": str(home)}
    command = [sys.executable, script, "--config", str(home / "toy.yaml"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "toy.yaml").write_text(TOY)
    make_training_set(tmp_path / "training_sets")
    return tmp_path


def test_everything_that_made_and_describes_the_model_is_logged(tmp_path, world):
    training_set, config = make_training_set(tmp_path), toy_config(f"model={world.model}", "xgboost.max_depth=2")
    run = train(world.registry, training_set, config, overrides=["xgboost.max_depth=2"])
    assert (run.params["xgboost.max_depth"], run.tags["overrides"]) == ("2", "xgboost.max_depth=2")
    assert {f"{who}_{metric}" for who in ("holdout", "naive") for metric in METRICS} <= run.metrics.keys()
    assert "slice/place/hill/log_loss" in run.metrics
    assert {"commit", "dirty", "python", "platform", "requirements_sha256", "config_sha256"} <= run.tags.keys()
    assert run.tags["content"] == training_set.facts["content"]
    assert windows_of(run) == split(training_set, config)
    folder = world.registry.artefact(run.run_id, "")
    assert (folder / "environment" / "requirements.txt").read_bytes() == LOCK.read_bytes()
    assert "xgboost-cpu" in json.loads((folder / "environment" / "environment.json").read_text())["packages"]
    assert {path.name for path in (folder / "report").glob("*.png")} == PICTURES
    assert '"name": "place"' in (folder / "model" / "MLmodel").read_text()


def test_reports_say_what_the_metrics_say(tmp_path, world):
    run = train(world.registry, make_training_set(tmp_path), toy_config(f"model={world.model}"))
    report = world.registry.artefact(run.run_id, "report")
    said = json.loads((report / "metrics.json").read_text())
    assert said["candidate"]["log_loss"] == run.metrics["holdout_log_loss"] < said["naive"]["log_loss"]
    slices = json.loads((report / "slices.json").read_text())["place"]
    assert [row["value"] for row in slices] == ["harbour", "hill", "market"]
    assert sum(row["rows"] for row in slices) == windows_of(run).holdout_rows
    importance = {row["feature"]: row for row in json.loads((report / "importance.json").read_text())}
    assert importance["delay_mean"]["shap_mean_abs"] > importance["noise"]["shap_mean_abs"]
    assert sum(row["gain_share"] for row in importance.values()) == pytest.approx(1)


ODD = ["", ".", "..", "A/B", "A_B", "x" * 230, "x" * 231, r"$\frac$"]


def test_a_model_is_logged_whatever_texts_its_categories_are_and_each_has_its_own_metric(tmp_path, world):
    training_set = publish_with(tmp_path, place=[ODD[number % len(ODD)] for number in range(3000)])
    run = train(world.registry, training_set, toy_config(f"model={world.model}"))
    rows = json.loads((world.registry.artefact(run.run_id, "report") / "slices.json").read_text())["place"]
    assert sorted(row["value"] for row in rows) == sorted(ODD)
    logged = [run.metrics[of_slice("place", row["value"], "log_loss")] for row in rows]
    assert logged == [row["candidate"]["log_loss"] for row in rows]
    assert len([name for name in run.metrics if name.startswith("slice/place/")]) == len(ODD)


def test_the_same_training_is_found_and_not_done_twice_unless_asked(tmp_path, world):
    training_set, config = make_training_set(tmp_path), toy_config(f"model={world.model}")
    first = train(world.registry, training_set, config)
    found = train(world.registry, training_set, config)
    assert (found.run_id, first.created, found.created) == (first.run_id, True, False)
    again = train(world.registry, training_set, config, again=True)
    assert again.run_id != first.run_id
    assert again.model_sha256 == first.model_sha256


def test_another_config_set_or_environment_is_another_training(tmp_path, world):
    training_set, name = make_training_set(tmp_path), f"model={world.model}"
    lock = tmp_path / "requirements.txt"
    lock.write_text("xgboost-cpu==9.9.9\n")
    runs = [
        train(world.registry, training_set, toy_config(name)),
        train(world.registry, training_set, toy_config(name, "seed=2")),
        train(world.registry, make_training_set(tmp_path, seed=8), toy_config(name)),
        train(world.registry, training_set, toy_config(name), lock=lock),
    ]
    assert all(run.created for run in runs)


@pytest.mark.parametrize(
    ("override", "error", "code"),
    [
        ("judge.min_rows=2000", CannotJudge, "windows.too_few_rows"),
        ("features=[is_late]", BadInput, "features.not_a_feature"),
    ],
)
def test_a_refused_training_logs_nothing(tmp_path, world, override, error, code):
    with pytest.raises(error) as refused:
        train(world.registry, make_training_set(tmp_path), toy_config(f"model={world.model}", override))
    assert refused.value.code == code
    assert world.registry.versions(world.model) == []


def test_a_set_that_the_config_does_not_train_on_is_refused(tmp_path, world):
    with pytest.raises(BadInput, match=r"model parcels trains on other; toy/.* was given") as refused:
        train(world.registry, make_training_set(tmp_path), toy_config("model=parcels", "training_set=other"))
    assert refused.value.code == "config.wrong_set"


@pytest.mark.parametrize(
    "override",
    ["judge.margin=0", "judge={}", " judge .min_rows=2", "promotion=auto", "naive.smoothing=1e9", "naive.by=[region]"],
)
def test_no_training_overrides_the_rule_that_will_judge_it(tmp_path, world, override):
    with pytest.raises(BadInput) as refused:
        train(world.registry, make_training_set(tmp_path), toy_config(), overrides=["seed=2", override])
    assert refused.value.code == "config.rule_overridden"


def test_without_locked_requirements_nothing_is_trained(tmp_path, world):
    with pytest.raises(BadInput) as refused:
        train(world.registry, make_training_set(tmp_path), toy_config(), lock=tmp_path / "requirements.txt")
    assert refused.value.code == "environment.no_lock"


@pytest.mark.slow
def test_the_script_trains_from_the_root_and_from_its_own_folder(home):
    first = run_script(home, "--set", "xgboost.eta=0.2", "--set", "seed=5")
    assert first.returncode == 0, first.stderr
    assert "round 25 of at most 60" in first.stderr
    second = run_script(
        home, "--set", "xgboost.eta=0.2", "--set", "seed=5", "--json", folder=ROOT / "training", script="train.py"
    )
    said = json.loads(second.stdout)
    assert (said["id"], said["created"]) == (first.stdout.split()[-1], False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["--set", "xgboost.max_dept=3"], "config.invalid", 2),
        (["--training-set", "2013-04-01.000000000000"], "publish.missing", 2),
        (["--set", "holdout_days=1"], "windows.too_few_rows", 4),
        (["--set", "as_of=2013-05-01"], "training_set.none_as_of", 2),
    ],
)
def test_the_script_refuses_with_a_code_of_its_own(home, arguments, code, exit_code):
    done = run_script(home, "--json", *arguments)
    assert (done.returncode, json.loads(done.stdout)["error"]) == (exit_code, code)
    assert "Traceback" not in done.stderr


def test_importing_the_script_changes_nothing():
    script = "import sys; before = list(sys.path); import training.train; assert sys.path == before"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_beside_a_champion_that_mlflow_lost_nothing_is_trained_in_its_number(home, monkeypatch):
    lost = {"model": "toy", "version": 1, "run_id": "f" * 32, "expected": None, "reason": "better"}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ledger.promote(f"sqlite:///{home}/mlflow/ledger.db", **lost, decided_at=now, decided_by="me")
    done = run_script(home, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["error"]) == (4, "home.champion_lost")
    assert "an empty home in PIPELINE_HOME, and a ledger and alerts of its own" in told["next_step"]
    monkeypatch.setenv("PIPELINE_HOME", str(home))
    monkeypatch.setattr("training.train.CONFIGS", home)
    version = next((home / "training_sets" / "toy").iterdir()).name
    with pytest.raises(Damaged, match="no version of it") as refused:
        train_named("toy", f"toy/{version}")
    assert refused.value.code == "home.champion_lost"
    assert registry_in(home / "mlflow").versions("toy") == []

    registry_in(home / "anew" / "mlflow")
    make_training_set(home / "anew" / "training_sets")
    monkeypatch.setenv("PIPELINE_HOME", str(home / "anew"))
    assert train_named("toy", f"toy/{version}").version == 1


def rejected(home, version, run_id):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    reject(
        f"sqlite:///{home}/mlflow/ledger.db", Rejection("toy", version, run_id, "verdicts/a", now, "Ada", "No good.")
    )


def test_beside_an_mlflow_that_is_older_than_the_ledger_nothing_is_trained_in_a_number_that_was_given(home):
    rejected(home, 3, "f" * 32)
    told = json.loads(run_script(home, "--json").stdout)
    assert (told["error"], registry_in(home / "mlflow").versions("toy")) == ("home.versions_lost", [])
    assert f"version 3 of toy, from MLflow run {'f' * 32}; MLflow" in told["message"] and "none" in told["message"]


def test_a_number_that_mlflow_gave_again_is_no_version_that_the_ledger_has(home):
    first = json.loads(run_script(home, "--json").stdout)
    rejected(home, 1, "f" * 32)
    told = json.loads(run_script(home, "--json", "--again").stdout)
    assert told["error"] == "home.versions_lost" and f"has MLflow run {first['run_id']} under that" in told["message"]


def two_of_which_the_second_is_rejected_and_deleted(home):
    """What `delete_run` leaves can be restored; the ids of both MLflow runs, and a client."""
    ids = [json.loads(run_script(home, "--json", "--set", f"seed={seed}").stdout)["run_id"] for seed in (1, 2)]
    rejected(home, 2, ids[1])
    client = MlflowClient(registry_in(home / "mlflow").tracking_uri)
    client.delete_model_version("toy", "2")
    client.delete_run(ids[1])
    return ids, client


def collect_garbage(home, run_id):
    uri = registry_in(home / "mlflow").tracking_uri
    command = [sys.executable, "-m", "mlflow", "gc", "--backend-store-uri", uri, "--tracking-uri", uri]
    subprocess.run([*command, "--run-ids", run_id], cwd=home, capture_output=True, check=True)


def test_a_version_that_a_person_deleted_is_not_lost_and_the_next_takes_another_number(home):
    two_of_which_the_second_is_rejected_and_deleted(home)
    assert json.loads(run_script(home, "--json", "--set", "seed=3").stdout)["version"] == 3


def test_nor_is_it_once_mlflow_collected_its_run(home):
    [_, second], _ = two_of_which_the_second_is_rejected_and_deleted(home)
    collect_garbage(home, second)
    assert json.loads(run_script(home, "--json", "--set", "seed=3").stdout)["version"] == 3


def test_where_mlflow_does_not_say_that_it_gave_the_number_a_person_can_and_it_is_not_given_again(home):
    [_, second], client = two_of_which_the_second_is_rejected_and_deleted(home)
    collect_garbage(home, second)
    client.delete_registered_model_tag("toy", "shipshape.newest_version")
    rejected(home, 4, "f" * 32)
    told = json.loads(run_script(home, "--json", "--set", "seed=3").stdout)
    assert told["error"] == "home.versions_lost"
    assert "set the tag shipshape.newest_version of the model toy in MLflow to 4" in told["next_step"]
    client.set_registered_model_tag("toy", "shipshape.newest_version", "4")
    assert json.loads(run_script(home, "--json", "--set", "seed=3").stdout)["version"] == 5
    assert registry_in(home / "mlflow").versions("toy") == [1, 5]


def test_beside_a_ledger_that_lost_its_champion_nothing_is_trained(home):
    first = json.loads(run_script(home, "--json").stdout)
    registry_in(home / "mlflow").set_alias("toy", ALIAS, first["version"])
    told = json.loads(run_script(home, "--json", "--again").stdout)
    assert (told["error"], registry_in(home / "mlflow").versions("toy")) == ("judge.ledger_lost", [1])


@pytest.mark.parametrize(
    "there_was", [f"predictions/2026-01-01{LOG}", "prediction_parts/model=toy/version=1/day=2026-01-01"]
)
def test_where_ledger_and_mlflow_are_gone_nothing_is_trained_in_that_home(home, there_was):
    (home / there_was).mkdir(parents=True)
    done = run_script(home, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["error"]) == (4, "judge.ledger_lost")
    assert "yet predictions are logged" in told["message"] and "an empty home" in told["next_step"]
    assert registry_in(home / "mlflow").versions("toy") == []
