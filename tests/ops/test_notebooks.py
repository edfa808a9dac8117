"""Notebooks stay out of the pipeline."""

import json

from artifacts.places import REPOSITORY
from ops.notebooks import complaints


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
