"""What stands around every page."""

import pytest

from artifacts.places import read_places
from tests.plugins.test_model_page import NOBODY

RUNS_IN = '<footer class="quiet">Commands run in the project&#x27;s folder, where <code>python</code> is '


@pytest.mark.parametrize("name", ["one", "of its own"])
def test_a_page_with_a_command_names_the_home_that_the_page_was_read_from(opened, tmp_path, monkeypatch, name):
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path / "another"))
    page = opened(read_places({"PIPELINE_HOME": str(tmp_path / name)}), NOBODY).get("/on-call/models").text
    kept = f"PIPELINE_HOME={tmp_path}/one" if name == "one" else f"PIPELINE_HOME=&#x27;{tmp_path}/of its own&#x27;"
    assert f"{RUNS_IN}<code>.venv/bin/python</code> and <code>{kept}</code> is set; in the stack" in page


def test_a_home_that_is_the_default_has_not_to_be_set(opened, tmp_path, monkeypatch):
    monkeypatch.setattr("artifacts.places.REPOSITORY", tmp_path)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path / "another"))
    page = opened(read_places({}), NOBODY).get("/on-call/models").text
    assert f"{RUNS_IN}<code>.venv/bin/python</code>; in the stack" in page
