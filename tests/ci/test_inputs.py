"""What changed is named by kind and file, and what means the same is no change."""

import shutil
from pathlib import Path

import pytest

from ci.inputs import changed, machine, read_inputs
from ci.plan import Plan

PLAN = Plan.model_validate(
    {
        "source": "post",
        "cutter": "ci.cut_post",
        "settings": "INGESTION_POST_FOLDER",
        "name": "parcels",
        "config": "training/configs/v1.yaml",
        "stages": [{"months": "2013-01", "as_of": "2013-02-01T00:00:00"}],
    }
)
PARCELS = "dbt_project/models/parcels.sql"
FILES = {
    PARCELS: "-- parcels by day\nselect parcel, 'Late' as state\nfrom posted -- all\nwhere weight_g > 10\n",
    "dbt_project/macros/window.sql": "{% macro window() %} over (order by posted_at) {% endmacro %}\n",
    "dbt_project/models/_models.yml": "models:\n  - name: parcels\n",
    "ingestion/land.py": "MONTHS = 12\n",
    "ingestion/sources/post/read.py": "SIZE = 3\n",
    "ci/cut_post.py": "DAYS = 4\n",
    "ci/smoke.yaml": "source: post\n",
    "ci/compare.py": "NOISE = 1\n",
    "dbt_project/connection/lock.py": "LOCKED = True\n",
    "training/configs/v1.yaml": "seed: 1\n",
    "training/train.py": "SEED = 1\n",
    "features/build.py": "STEP = 1\n",
    "artifacts/storage.py": "SHELF = 1\n",
    "requirements.txt": "duckdb==2.0.0\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    return tmp_path / "tree"


def change(tree: Path, name: str, text: str) -> dict[str, list[str]]:
    """What is found after `text` was written into a file."""
    before = read_inputs(PLAN, tree)
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(text)
    after = read_inputs(PLAN, tree)
    assert (before == after) == (changed(before, after) == {})
    return changed(before, after)


@pytest.mark.parametrize(
    "text",
    [
        "select parcel, 'Late' as state from posted where weight_g > 10",
        "/* other\n words */ SELECT\n\tparcel,'Late' AS state\nFROM Posted\n\nWHERE weight_g>10 -- end",
    ],
)
def test_comments_white_space_and_case_of_sql_are_no_change(tree: Path, text: str) -> None:
    assert change(tree, PARCELS, text) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("> 10", ">= 10"),
        ("> 10", "> 100"),
        ("'Late'", "'late'"),
        ("'Late'", "'L ate'"),
        ("from posted", "-- from posted"),
    ],
)
def test_a_changed_token_of_sql_is_a_change_and_names_the_file(tree: Path, old: str, new: str) -> None:
    found = change(tree, PARCELS, FILES[PARCELS].replace(old, new))
    assert found == {"sql": [PARCELS]}


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("dbt_project/macros/window.sql", "sql", "dbt_project/macros/window.sql"),
        ("dbt_project/models/_models.yml", "yaml", "dbt_project/models/_models.yml"),
        ("ingestion/land.py", "source", "ingestion/land.py"),
        ("ingestion/sources/post/read.py", "source", "ingestion/sources/post/read.py"),
        ("ci/cut_post.py", "source", "ci/cut_post.py"),
        ("ci/smoke.yaml", "config", "smoke.yaml"),
        ("ci/compare.py", "gate", "ci/compare.py"),
        ("dbt_project/connection/lock.py", "code", "dbt_project"),
        ("features/build.py", "code", "features"),
        ("artifacts/storage.py", "code", "artifacts"),
        ("training/train.py", "code", "training"),
    ],
)
def test_a_changed_file_is_found_under_its_kind(tree: Path, name: str, kind: str, told: str) -> None:
    assert change(tree, name, FILES[name] + "x") == {kind: [told]}


def test_a_changed_config_is_found_as_config_and_as_part_of_its_room(tree: Path) -> None:
    found = change(tree, "training/configs/v1.yaml", "seed: 2\n")
    assert found == {"config": ["training/configs/v1.yaml"], "code": ["training"]}


def test_files_that_came_and_went_are_named(tree: Path) -> None:
    before = read_inputs(PLAN, tree)
    (tree / PARCELS).rename(tree / "dbt_project/models/letters.sql")
    assert changed(before, read_inputs(PLAN, tree)) == {"sql": ["dbt_project/models/letters.sql", PARCELS]}


@pytest.mark.parametrize("folder", ["dbt_project/target", "dbt_project/logs", "ingestion/__pycache__"])
def test_what_tools_make_is_no_input(tree: Path, folder: str) -> None:
    assert change(tree, f"{folder}/made.sql", "select 1") == {}


@pytest.mark.parametrize("place", ["elsewhere", "target/tree", "logs"])
def test_digests_do_not_depend_on_where_the_tree_is(tree: Path, tmp_path: Path, place: str) -> None:
    copy = shutil.copytree(tree, tmp_path / place)
    assert read_inputs(PLAN, copy) == read_inputs(PLAN, tree)
    assert read_inputs(PLAN, copy)["sql"].keys() == {PARCELS, "dbt_project/macros/window.sql"}


def test_other_versions_of_tools_are_named() -> None:
    before = {"sql": {"a.sql": "1"}, "tools": {"duckdb": "2.0.0", "numpy": "2.4.6"}}
    after = {"sql": {"a.sql": "1"}, "tools": {"duckdb": "2.0.1", "python": "3.11.7"}}
    assert changed(before, after) == {"tools": ["duckdb", "numpy", "python"]}


def test_the_tools_that_compute_are_part_of_the_inputs(tree: Path) -> None:
    assert {"python", "duckdb", "numpy", "xgboost-cpu"} <= read_inputs(PLAN, tree)["tools"].keys()


def test_a_kind_that_the_known_run_did_not_have_is_a_change() -> None:
    assert changed({}, {"sql": {"a.sql": "1"}}) == {"sql": ["a.sql"]}


def test_a_machine_is_its_processor_and_its_c_library() -> None:
    assert machine() == machine()
    assert ", " in machine()
