"""Faults of a training: each is planted, named by its code, and followed as its section says."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from artifacts.errors import Refusal
from artifacts.places import REPOSITORY, Places
from tests.docs import runbook
from tests.docs.post_home import BUILD, JUDGE, TRAIN, Reader, edit, made_home, reader_in
from training.metrics import log_loss

pytestmark = pytest.mark.slow

REPRODUCE = "python -m training reproduce --run RUN"
LABEL = "    deliveries.is_late,"
LEAK = "    case when deliveries.is_late then 400 else 100 end as weight_g,"
# By code: labels, scores and weights that are measured.
MEASURED: Mapping[str, tuple[list[float], list[float], list[float]]] = {
    "metrics.no_rows": ([], [], []),
    "metrics.one_class": ([1, 1], [0.1, 0.2], [1, 1]),
    "metrics.label_invalid": ([0, np.nan], [0.1, 0.2], [1, 1]),
    "metrics.score_invalid": ([0, 1], [0.1, np.nan], [1, 1]),
    "metrics.weight_invalid": ([0, 1], [0.1, 0.2], [1, np.inf]),
    "metrics.shape": ([0, 1], [0.1], [1, 1]),
    "metrics.not_finite": ([0, 1], [1, 0], [1e308, 1e308]),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return made_home(tmp_path_factory.mktemp("training"))


@pytest.fixture
def reader(places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reader:
    """A reader of the shared home, in which the set of the project as it is was built."""
    reader = reader_in(places, monkeypatch, capsys)
    assert reader.runs(BUILD)[0] == 0
    return reader


@pytest.fixture
def trained(reader: Reader) -> Reader:
    """The same, with a candidate."""
    assert reader.runs(TRAIN)[0] == 0
    return reader


@contextmanager
def edited(reader: Reader, old: str, new: str) -> Iterator[None]:
    edit(reader.project, "toy.sql", old, new)
    try:
        yield
    finally:
        edit(reader.project, "toy.sql", new, old)


def refused(reader: Reader, code: str, day: str = "2013-03-01") -> None:
    """Build as of the day, and train on that in vain."""
    assert reader.runs(BUILD, DAY=day)[0] == 0
    reader.refused(code, TRAIN)


def test_a_feature_that_tells_the_label_is_left_out(reader: Reader) -> None:
    with edited(reader, "    postings.weight_g,", LEAK):
        refused(reader, "features.tells_label")
        reader.config(features="[size, weight_kg]")
        assert reader.follows("features.tells_label") == [0]


def test_a_feature_that_is_named_after_the_label_gets_another_name(reader: Reader) -> None:
    with edited(reader, "::double as weight_kg", "::double as is_late_kg"):
        edit(reader.project, "toy.yml", "name: weight_kg", "name: is_late_kg")
        try:
            refused(reader, "features.label_like")
        finally:
            edit(reader.project, "toy.yml", "name: is_late_kg", "name: weight_kg")
    assert reader.follows("features.label_like") == [0]
    assert reader.runs(TRAIN)[0] == 0


def test_a_set_of_few_days_or_with_a_late_class_becomes_one_to_train_on_by_a_later_moment(reader: Reader) -> None:
    refused(reader, "windows.too_few_rows", "2013-01-10")
    assert reader.follows("windows.too_few_rows") == [0]
    late = "    (deliveries.is_late and (parcel = '2013-01-00' or parcel >= '2013-01-34')) as is_late,"
    with edited(reader, LABEL, late):
        refused(reader, "features.cannot_tell", "2013-02-01")
        assert reader.follows("features.cannot_tell") == [0]
        assert reader.runs(TRAIN)[0] == 0


def test_labels_that_are_all_the_same_are_mended_in_the_sql(reader: Reader) -> None:
    with edited(reader, LABEL, "    (deliveries.is_late and postings.posted_at < '2013-02-15') as is_late,"):
        refused(reader, "windows.one_class")
    assert reader.follows("windows.one_class") == [0]
    assert reader.runs(TRAIN)[0] == 0


def test_what_cannot_be_measured_is_refused_by_its_code_and_a_training_measures_what_can(trained: Reader) -> None:
    commands = set()
    for code, given in MEASURED.items():
        with pytest.raises(Refusal) as refusal, np.errstate(all="ignore"):
            log_loss(*given)
        assert refusal.value.code == code
        commands |= set(runbook.section(code).commands)
    assert [trained.runs(one)[0] for one in sorted(commands)] == [0, 0]


def test_a_run_whose_windows_are_damaged_is_replaced_by_another(trained: Reader) -> None:
    with sqlite3.connect(trained.places.home / "mlflow" / "mlflow.db") as mlflow:
        mlflow.execute(
            "update params set value = 'soon' where key = 'window.fit_end' and run_uuid = ?", [trained.values["RUN"]]
        )
    mlflow.close()
    trained.refused("windows.damaged", JUDGE)
    assert trained.follows("windows.damaged") == [0]
    assert "windows.damaged" not in trained.runs(JUDGE)[1]


def test_a_run_that_was_killed_half_way_is_trained_again(trained: Reader) -> None:
    MlflowClient(trained.places.mlflow).update_run(trained.values["RUN"], status="RUNNING")
    trained.refused("reproduce.unfinished", REPRODUCE)
    assert trained.follows("reproduce.unfinished") == [0]
    assert trained.runs(REPRODUCE)[0] == 0


def test_a_run_is_reproduced_once_its_files_and_its_set_are_back(trained: Reader, tmp_path: Path) -> None:
    [config] = Path(trained.places.mlflow_artifacts).rglob(f"{trained.values['RUN']}/artifacts/config.yaml")
    away = config.rename(tmp_path / "config.yaml")
    trained.refused("reproduce.files_missing", REPRODUCE)
    away.rename(config)
    assert trained.follows("reproduce.files_missing") == [0]
    folder = Path(trained.places.training_sets) / trained.values["NAME/VERSION"]
    shutil.rmtree(folder)
    assert "reproduce.set_missing: " in trained.runs(REPRODUCE)[1]
    assert trained.follows("reproduce.set_missing") == [0, 0]
    assert folder.is_dir()


def test_a_set_of_another_content_than_was_trained_on_is_told(trained: Reader) -> None:
    client, run = MlflowClient(trained.places.mlflow), trained.values["RUN"]
    content = client.get_run(run).data.tags["shipshape.content"]
    client.set_tag(run, "shipshape.content", content[:12] + "0" * 52)
    trained.refused("reproduce.set_differs", REPRODUCE)
    client.set_tag(run, "shipshape.content", content)
    assert trained.follows("reproduce.set_differs") == [0]


def test_the_code_of_then_is_fetched_and_then_its_packages_are_installed(
    trained: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = MlflowClient(trained.places.mlflow)
    for name, text in {"code_sha256": "0" * 64, "commit": commit_of_then(tmp_path)}.items():
        client.set_tag(trained.values["RUN"], f"shipshape.{name}", text)
    trained.refused("reproduce.commit_missing", REPRODUCE)
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(tmp_path / "objects"))
    [command] = runbook.section("reproduce.commit_missing").commands
    trained.refused("reproduce.commit_failed", command)
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "package_of_then.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    assert trained.follows("reproduce.commit_failed") == [0]


def commit_of_then(folder: Path) -> str:
    """A commit of this code with one package more, in another folder than the repository's objects."""
    (folder / "objects").mkdir()
    objects = subprocess.check_output(["git", "rev-parse", "--git-path", "objects"], cwd=REPOSITORY, text=True).strip()
    environ = {
        **os.environ,
        "GIT_OBJECT_DIRECTORY": str(folder / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((REPOSITORY / objects).resolve()),
        "GIT_INDEX_FILE": str(folder / "index"),
        **{f"GIT_{who}_{what}": "tester" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def git(*words: str, given: str | None = None) -> str:
        command = ["git", *words]
        return subprocess.check_output(command, cwd=REPOSITORY, env=environ, input=given, text=True).strip()

    git("read-tree", "HEAD")
    code = f"import package_of_then\n{(REPOSITORY / 'training' / '__init__.py').read_text()}"
    blob = git("hash-object", "-w", "--stdin", given=code)
    git("update-index", "--cacheinfo", f"100644,{blob},training/__init__.py")
    return git("commit-tree", git("write-tree"), "-m", "As it was then")
