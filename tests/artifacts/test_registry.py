"""A run is found when all of it was logged, a model file is the one that was logged, or there is an error."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artifacts.errors import BadInput, Damaged, Missing, Unavailable
from artifacts.registry import MODEL, Registry, RunRecord, ToLog
from artifacts.registry.connect import connect
from tests.fixtures_registry import registry_in

ROOT = Path(__file__).parents[2]


def log(registry: Registry, folder: Path, key: str = "k1") -> RunRecord:
    (folder / "model").mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(b"a native model")
    what = ToLog(
        model="late",
        training_key=key,
        training_set="late/2013-10-01.0123456789ab",
        folder=folder,
        params={"xgboost.eta": "0.1"},
        tags={"commit": "abc"},
        metrics={"holdout_log_loss": 0.4},
        signature={"hour": "integer", "origin": "varchar", "is_far": "boolean", "gust": "decimal(9,3)"},
        curve=[("early_stopping_log_loss", 0, 0.6), ("early_stopping_log_loss", 1, 0.5)],
    )
    return registry.log_run(what)


def test_a_logged_run_is_read_back_whole_with_its_model_version(tmp_path):
    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    assert (made.version, made.status, made.training_set) == (1, "FINISHED", "late/2013-10-01.0123456789ab")
    read = registry.run(made.run_id)
    assert (read.params["xgboost.eta"], read.metrics["holdout_log_loss"], read.tags["commit"]) == ("0.1", 0.4, "abc")
    assert (made.created, read.created) == (True, False)
    assert registry.model_version("late", 1) == read
    assert registry.versions("late") == [1]
    assert registry.artefact(made.run_id, MODEL).read_bytes() == b"a native model"


def test_mlflow_reads_the_signature_and_has_no_python_to_run(tmp_path):
    from mlflow.models import Model

    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    model = Model.load(registry.artefact(made.run_id, "model/MLmodel"))
    assert model.signature.inputs.input_names() == ["hour", "origin", "is_far", "gust"]
    assert [kind.name for kind in model.signature.inputs.input_types()] == ["integer", "string", "boolean", "double"]
    assert (set(model.flavors), model.run_id) == ({"xgboost"}, made.run_id)


def test_a_finished_run_is_found_by_its_key_and_another_key_finds_none(tmp_path):
    registry = registry_in(tmp_path)
    assert registry.find_run("late", "k1") is None
    made = log(registry, tmp_path / "files")
    assert registry.find_run("late", "k1") == registry.run(made.run_id)
    assert registry.find_run("late", "k2") is None


@pytest.mark.parametrize("step", ["create_model_version", "set_terminated"])
def test_a_run_killed_while_it_was_logged_is_not_found(tmp_path, step):
    # One of the last two steps never returns: everything before it has been logged by then.
    script = f"""
import sys, time
from pathlib import Path
from mlflow import MlflowClient
from tests.artifacts.test_registry import log
from tests.fixtures_registry import registry_in
def stuck(*args, **kwargs):
    print("stuck", flush=True)
    time.sleep(60)
MlflowClient.{step} = stuck
log(registry_in(Path({str(tmp_path)!r})), Path({str(tmp_path / "files")!r}))
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "stuck\n"
        os.kill(writer.pid, signal.SIGKILL)
    registry = registry_in(tmp_path)
    assert registry.find_run("late", "k1") is None
    made = log(registry, tmp_path / "files")
    assert registry.find_run("late", "k1") == registry.run(made.run_id)


def test_a_run_that_fails_while_it_is_logged_is_marked_failed(tmp_path):
    registry = registry_in(tmp_path)
    log(registry, tmp_path / "files")
    (tmp_path / "artifacts" / "late").rename(tmp_path / "elsewhere")
    (tmp_path / "artifacts" / "late").write_text("a file where a folder is wanted")
    with pytest.raises(Unavailable):
        log(registry, tmp_path / "files", key="k2")
    assert registry.find_run("late", "k2") is None
    assert registry.versions("late") == [1]


@pytest.mark.parametrize("damage", [b"a nativE model", b"a native", b""])
def test_a_model_file_that_is_not_the_one_logged_is_refused(tmp_path, damage):
    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    registry.artefact(made.run_id, MODEL).write_bytes(damage)
    with pytest.raises(Damaged) as refused:
        registry.artefact(made.run_id, MODEL)
    assert refused.value.code == "registry.damaged"


@pytest.mark.parametrize(
    ("tag", "text"),
    [("files", "no JSON"), ("files", "[]"), ("files", "{}"), ("model_sha256", "f" * 64)],
)
def test_a_run_whose_tags_disagree_about_the_model_is_damaged(tmp_path, tag, text):
    from mlflow import MlflowClient

    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    MlflowClient(registry.tracking_uri).set_tag(made.run_id, f"shipshape.{tag}", text)
    with pytest.raises(Damaged, match="The tag files of MLflow run"):
        registry.artefact(made.run_id, MODEL)


def test_a_run_that_was_deleted_is_missing(tmp_path):
    from mlflow import MlflowClient

    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    MlflowClient(registry.tracking_uri).delete_run(made.run_id)
    for ask in (lambda: registry.run(made.run_id), lambda: registry.model_version("late", 1)):
        with pytest.raises(Missing, match="was deleted") as refused:
            ask()
        assert refused.value.code == "registry.run_deleted"


def test_several_runs_are_had_at_once_and_none_that_was_deleted_or_is_not_ours(tmp_path):
    from mlflow import MlflowClient

    registry, client = registry_in(tmp_path), MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    made = [log(registry, tmp_path / key, key=key) for key in ("k1", "k2", "k3")]
    assert registry.runs("late", registry.run_ids("late")) == {one.run_id: registry.run(one.run_id) for one in made}
    client.delete_run(made[0].run_id)
    client.delete_tag(made[1].run_id, "shipshape.training_set")
    assert registry.runs("late", registry.run_ids("late")) == {made[2].run_id: registry.run(made[2].run_id)}
    assert registry.runs("late", {1: "') OR 1=1 --"}) == {}
    assert registry.runs("late", {}) == registry.runs("never", registry.run_ids("late")) == {}


@pytest.mark.parametrize("path", ["model/naive.json", "./model//naive.json", "model"])
def test_a_model_file_that_was_never_logged_is_refused(tmp_path, path):
    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    registry.artefact(made.run_id, MODEL).with_name("naive.json").write_text("{}")
    with pytest.raises(Damaged, match="not among the model's files"):
        registry.artefact(made.run_id, path)


def test_what_is_not_there_is_named(tmp_path):
    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    for ask, name in (
        (lambda: registry.run("0" * 32), "MLflow run 000"),
        (lambda: registry.run("../x"), "MLflow run ../x"),
        (lambda: registry.model_version("late", 7), "Version 7 of model late"),
        (lambda: registry.artefact(made.run_id, "nothing.json"), "nothing.json"),
        (lambda: registry.set_alias("late", "champion", 7), "Version 7 of model late"),
    ):
        with pytest.raises(Missing, match=name):
            ask()


def test_a_run_of_something_else_is_refused(tmp_path):
    registry = registry_in(tmp_path)
    registry.prepare()
    from mlflow import MlflowClient

    other = MlflowClient(registry.tracking_uri).create_run("0")
    with pytest.raises(BadInput, match=r"carries no training set"):
        registry.run(other.info.run_id)


def test_the_champion_alias_follows(tmp_path):
    from mlflow import MlflowClient

    registry = registry_in(tmp_path)
    log(registry, tmp_path / "files")
    assert registry.alias("late", "champion") is None
    registry.set_alias("late", "champion", 1)
    assert (registry.alias("late", "champion"), registry.alias("nobody", "champion")) == (1, None)
    assert MlflowClient(registry.tracking_uri).get_model_version_by_alias("late", "champion").version == 1


def test_files_added_to_a_run_later_are_read_back(tmp_path):
    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "verdict.json").write_text("{}")
    registry.log_artefact(made.run_id, tmp_path / "more", "verdict")
    assert registry.artefact(made.run_id, "verdict/verdict.json").read_text() == "{}"


def test_a_lost_database_is_named_and_no_reader_makes_an_empty_one_in_its_place(tmp_path):
    registry = Registry(f"sqlite:///{tmp_path}/mlflow.db", str(tmp_path))
    assert (registry.models(), registry.versions("late"), registry.find_run("late", "k1")) == ([], [], None)
    for ask in (lambda: registry.run("0" * 32), lambda: registry.model_version("late", 1)):
        with pytest.raises(Missing, match=r"the database sqlite:.*mlflow\.db is not there") as refused:
            ask()
        assert refused.value.next_step.startswith("Restore it from its backup")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_was_restored_over_the_one_that_was_read_is_read_from_then_on(tmp_path):
    registry = registry_in(tmp_path)
    log(registry, tmp_path / "files")
    kept = shutil.copyfile(tmp_path / "mlflow.db", tmp_path / "kept.db")
    log(registry, tmp_path / "files", key="k2")
    assert registry.versions("late") == [1, 2]
    kept.replace(tmp_path / "mlflow.db")
    assert registry.versions("late") == [1]


def test_a_locked_database_is_unavailable_in_one_sentence_without_the_statement_that_it_refused(tmp_path):
    registry = registry_in(tmp_path)
    registry.prepare()
    connect.cache_clear()
    with sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None) as lock:
        lock.execute("begin exclusive")
        with pytest.raises(Unavailable) as refused:
            registry.versions("late")
    lock.close()
    assert refused.value.code == "registry.unavailable"
    assert "database is locked" in refused.value.message
    assert not any(left in refused.value.message for left in ("SELECT", "parameters", "\n"))


@pytest.mark.slow
def test_four_processes_may_start_on_an_empty_database(tmp_path):
    context = multiprocessing.get_context("spawn")
    starters = [
        context.Process(target=Registry(f"sqlite:///{tmp_path}/mlflow.db", str(tmp_path)).prepare) for _ in range(4)
    ]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(60)
    assert [starter.exitcode for starter in starters] == [0, 0, 0, 0]


def test_a_folder_that_cannot_be_made_is_unavailable_and_nothing_is_called_missing(tmp_path):
    (tmp_path / "file").write_text("where a folder is wanted")
    with pytest.raises(Unavailable) as refused:
        Registry(f"sqlite:///{tmp_path}/file/mlflow.db", str(tmp_path)).run("0" * 32)
    assert refused.value.code == "registry.unavailable"


def test_a_tracking_database_that_cannot_be_opened_is_unavailable_and_its_password_stays_unsaid(tmp_path):
    started = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        Registry("postgresql://someone:secret@127.0.0.1:1/none", str(tmp_path)).prepare()
    assert "secret" not in str(refused.value)
    assert time.monotonic() - started < 30


def test_a_tracking_server_that_is_down_is_unavailable_and_its_password_stays_unsaid(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(Unavailable, match=r"MLflow at http://127\.0\.0\.1:9 says") as refusal:
        Registry("http://me:s3cret@127.0.0.1:9", str(tmp_path)).run("a" * 32)
    assert "s3cret" not in str(refusal.value)


def test_files_that_a_run_logged_and_that_are_gone_are_named_with_the_place_where_they_lay(tmp_path):
    registry = registry_in(tmp_path)
    made = log(registry, tmp_path / "files")
    with pytest.raises(Missing, match=rf"File verdicts/a\.json of MLflow run {made.run_id} is not in .*artifacts"):
        registry.artefact(made.run_id, "verdicts/a.json")
    with pytest.raises(Missing, match=r"verdicts/a\.json of MLflow run .* is not in .*artifacts"):
        registry.text(made.run_id, "verdicts/a.json")
    assert registry.listed(made.run_id, "verdicts") == {}
    model = registry.artefact(made.run_id, MODEL)
    shutil.rmtree(model.parents[1])
    with pytest.raises(Missing, match=r"a\.json of MLflow run .* is not in .*, and neither is what was logged\."):
        registry.text(made.run_id, "verdicts/a.json")
    for ask, error, said in (
        (lambda: registry.artefact(made.run_id, MODEL), Missing, f"File {MODEL} of MLflow run {made.run_id} was"),
        (lambda: registry.listed(made.run_id, "verdicts"), Damaged, f"The files of MLflow run {made.run_id} were"),
    ):
        with pytest.raises(error, match=f"^{said} logged, and (is|are) not in .*artifacts any more") as refused:
            ask()
        assert "PIPELINE_MLFLOW_ARTIFACTS" in refused.value.next_step
        assert "sqlite" not in refused.value.message
