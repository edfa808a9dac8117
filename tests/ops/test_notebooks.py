"""Notebooks stay out of the pipeline."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta

import pyarrow as pa

from artifacts.contract_file import read_contract
from artifacts.places import REPOSITORY, read_places
from ops.notebooks import complaints
from tests.fixtures_training_set import publish_table

EXPLORE = REPOSITORY / "notebooks" / "explore.ipynb"


def notebook(path, outputs=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {"cell_type": "code", "source": "1", "outputs": list(outputs), "execution_count": None}
    path.write_text(json.dumps({"cells": [cell]}))


def test_this_repository_keeps_its_notebooks_out_of_the_pipeline():
    assert complaints(REPOSITORY) == []


def test_a_room_that_runs_a_notebook_is_named(tmp_path):
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "fit.py").write_text("import papermill\n")
    assert complaints(tmp_path) == ["training/fit.py uses a notebook (import papermill); move the code into a room."]


def test_a_notebook_with_outputs_is_named(tmp_path):
    notebook(tmp_path / "notebooks" / "a.ipynb", outputs=[{"output_type": "stream"}])
    assert complaints(tmp_path) == ["notebooks/a.ipynb holds outputs; run: .venv/bin/nbstripout notebooks/a.ipynb"]


def test_a_notebook_in_a_room_is_named(tmp_path):
    notebook(tmp_path / "features" / "a.ipynb")
    assert complaints(tmp_path) == ["features/a.ipynb lies outside notebooks/; move it there."]


def cells(column, rows):
    """Values of a column, over and over: a few categories, or small numbers."""
    if column.type == "varchar":
        entities = [f"e{number:03d}" for number in range(rows)]
        found = entities if column.role == "entity" else ["EWR", "JFK", "LGA"]
    elif column.type == "timestamp":
        found = [datetime(2013, 9, 1) + timedelta(hours=5 * number) for number in range(rows)]
    else:
        found = [number % 3 == 0 if column.type == "boolean" else number % 5 for number in range(rows)]
    return [found[number % len(found)] for number in range(rows)]


def small_late_arrival(home):
    """A version of the shipped training set, as of the moment that the notebook names, with rows that say nothing."""
    contract = read_contract(REPOSITORY / "dbt_project" / "models", "late_arrival")
    schema = contract.arrow_schema()
    values = {
        column.name: pa.array(cells(column, 100)).cast(schema.field(column.name).type) for column in contract.columns
    }
    root = read_places({"PIPELINE_HOME": str(home)}).training_sets
    publish_table(root, contract, datetime(2013, 10, 1), pa.table(values, schema=schema))


def test_the_notebook_runs_on_a_published_version_of_what_ships(tmp_path):
    small_late_arrival(tmp_path)
    code = [cell for cell in json.loads(EXPLORE.read_text())["cells"] if cell["cell_type"] == "code"]
    (tmp_path / "explore.py").write_text("\n\n".join("".join(cell["source"]) for cell in code))
    environ = {**os.environ, "PIPELINE_HOME": str(tmp_path), "MPLBACKEND": "Agg"}
    command = [sys.executable, str(tmp_path / "explore.py")]
    done = subprocess.run(command, cwd=EXPLORE.parent, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
