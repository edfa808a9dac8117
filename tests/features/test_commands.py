"""The commands of the room: the last line is an id, `--json` is one object, a refusal has its own exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.fixtures_training_set import make_training_set


def _features(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "features", *arguments]
    environment = {**os.environ, "PIPELINE_HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_build_refuses_an_as_of_that_is_no_moment_and_writes_nothing(tmp_path: Path) -> None:
    done = _features(tmp_path, "build", "--name", "late_arrival", "--as-of", "soon")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("training_set.as_of: as_of is 'soon'")
    assert list(tmp_path.iterdir()) == []


def test_diff_prints_a_table_and_ends_with_the_id_or_is_one_json_object(tmp_path: Path) -> None:
    sets = tmp_path / "training_sets"
    old, new = make_training_set(sets), make_training_set(sets, seed=8)
    told = _features(tmp_path, "diff", old.id, new.id).stdout.splitlines()
    assert told[0] == f"from {old.id}"
    assert told[-1] == new.id
    found = json.loads(_features(tmp_path, "diff", old.id, new.version, "--json").stdout)
    assert found["rows"]["changed"] == 3000
    assert {move["column"] for move in found["moves"]} == {column.name for column in new.contract.features}


def test_validate_holds_a_published_version_against_its_contract_again(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path / "training_sets")
    done = _features(tmp_path, "validate", training_set.id, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["id"]) == (0, training_set.id)
    assert Path(found["docs"]).is_file()


def test_validate_ends_with_3_when_the_rows_break_the_contract(tmp_path: Path) -> None:
    training_set = make_training_set(tmp_path / "training_sets", rows=99)
    done = _features(tmp_path, "validate", training_set.id)
    assert done.returncode == 3
    assert "on rows: 99, wanted 100 or more" in done.stderr


def test_a_version_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    done = _features(tmp_path, "validate", "toy/2013-04-01.000000000000", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == "publish.missing"
