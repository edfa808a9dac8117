"""The smoke run on the tiny source: twice the same, skipped when nothing changed, red when something is wrong."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY
from ci.compare import compare
from ci.known_good import read_known_good, write_known_good
from ci.mutants.catalogue import read_catalogue
from ci.mutants.run import copy_tree
from ci.tolerances import read_tolerances

# A smoke run says what it is at; only one that says nothing for so long hangs.
SILENT_SECONDS = 600
pytestmark = pytest.mark.timeout(7200)
MUTANTS = {mutant.id: mutant for mutant in read_catalogue()}


def run(tree: Path, home: Path, *verb: str) -> tuple[int, str]:
    """Exit code, and all that was said; a verb that gets on is waited for, on a busy machine too."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PIPELINE", "GITHUB"))
    }
    with subprocess.Popen(
        [sys.executable, "-m", "ci", *verb],
        cwd=tree,
        env=environ | {"PIPELINE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said = list(iter(lambda: read_within(SILENT_SECONDS, process), ""))
    return process.returncode, "".join(said)


def read_within(seconds: float, process: subprocess.Popen) -> str:
    """The next line that the process says; it is killed when there is none for so long."""
    patience = threading.Timer(seconds, process.kill)
    patience.start()
    try:
        return process.stdout.readline()
    finally:
        patience.cancel()


def told(home: Path) -> dict:
    return json.loads((home / "ci" / "smoke.json").read_text())


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the project in which the smoke run of now is the known-good one."""
    place = tmp_path_factory.mktemp("smoke")
    copy_tree(place / "tree")
    code, said = run(place / "tree", place / "home", "smoke")
    assert code == 0, said
    write_known_good(told(place / "home"), place / "tree" / "ci" / "known_good.json")
    commit(place / "tree")
    return place / "tree"


def commit(tree: Path) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for command in (["add", "."], ["commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run(["git", *identity, *command], cwd=tree, check=True, capture_output=True)


def edited(tree: Path, place: Path, edit) -> Path:
    copy = place / "tree"
    shutil.copytree(tree, copy)
    edit(copy)
    return copy


@pytest.mark.slow
def test_a_second_run_gives_the_same_ids_and_bytes_and_passes(tree, tmp_path):
    code, said = run(tree, tmp_path, "smoke")
    assert code == 0, said
    known = json.loads((tree / "ci" / "known_good.json").read_text())
    for before, after in zip(known["stages"], told(tmp_path)["stages"], strict=True):
        assert (before["training_set"], before["model_sha256"]) == (after["training_set"], after["model_sha256"])
    assert run(tree, tmp_path, "compare")[0] == 0


@pytest.mark.slow
def test_the_committed_known_good_run_is_what_a_smoke_run_gives_now(tree):
    now = json.loads((tree / "ci" / "known_good.json").read_text())
    committed = json.loads((REPOSITORY / "ci" / "known_good.json").read_text())
    assert compare(now, committed, read_tolerances()) == []


@pytest.mark.slow
def test_a_comment_in_sql_gives_the_same_set_and_skips_the_training(tree, tmp_path):
    def comment(copy):
        known = read_known_good(copy / "ci" / "known_good.json")
        write_known_good({**known, "machine": "another"}, copy / "ci" / "known_good.json")
        commit(copy)
        path = copy / "dbt_project" / "models" / "features" / "origin_delays.sql"
        path.write_text("-- What the origin has been through.\n" + path.read_text().replace("select", "SELECT", 1))

    copy = edited(tree, tmp_path, comment)
    code, said = run(copy, tmp_path / "home", "smoke", "--skip-known", "HEAD")
    assert code == 0 and "training skipped" in said, said
    # That of the models that were taken over, not the one of now.
    assert told(tmp_path / "home")["machine"] == "another"
    code, said = run(copy, tmp_path / "home", "compare")
    assert code == 0 and "there was nothing to train" in said, said


@pytest.mark.slow
def test_a_known_good_run_that_the_change_brings_itself_skips_nothing(tree, tmp_path):
    copy = edited(tree, tmp_path, lambda copy: None)
    told_before = json.loads((copy / "ci" / "known_good.json").read_text())
    told_before["stages"][0]["metrics"]["candidate"]["log_loss"][0] = 0.2
    for key in ("schema_version", "sha256"):
        told_before.pop(key)
    write_known_good(told_before, copy / "ci" / "known_good.json")
    code, said = run(copy, tmp_path / "home", "smoke", "--skip-known", "HEAD")
    assert code == 0 and "training skipped" not in said, said
    code, said = run(copy, tmp_path / "home", "compare")
    assert code == 3 and "compare.regressed" in said


@pytest.mark.slow
def test_a_sum_for_a_mean_is_refused_and_the_report_names_the_feature(tree, tmp_path):
    copy = edited(tree, tmp_path, MUTANTS["sum-for-mean"].apply)
    smoked, first = run(copy, tmp_path / "home", "smoke")
    compared, said = run(copy, tmp_path / "home", "compare")
    assert (smoked or compared) == 3 and compared == 3
    [docs] = re.findall(rf"{tmp_path}\S+/validations/\S+\.html", first)[:1]
    assert Path(docs).is_file()
    assert "Refused" in said and "origin_delay_mean_1h" in said


@pytest.mark.slow
def test_a_planted_leak_is_refused(tree, tmp_path):
    copy = edited(tree, tmp_path, MUTANTS["leak-arrival-delay"].apply)
    run(copy, tmp_path / "home", "smoke")
    compared, said = run(copy, tmp_path / "home", "compare")
    assert compared in (2, 3) and "Refused" in said, said


@pytest.mark.slow
def test_a_comparison_of_files_that_changed_since_the_smoke_run_is_refused(tree, tmp_path):
    copy = edited(tree, tmp_path, lambda copy: None)
    (tmp_path / "home" / "ci").mkdir(parents=True)
    known = json.loads((copy / "ci" / "known_good.json").read_text())
    (tmp_path / "home" / "ci" / "smoke.json").write_text(json.dumps(known))
    MUTANTS["label-flipped"].apply(copy)
    code, said = run(copy, tmp_path / "home", "compare")
    assert code == 4 and "compare.stale" in said and "label_late_arrival.sql" in said
