"""What Airflow finds in the folder of plugins, and what it makes of it."""

import subprocess
import sys
from threading import Event

import pytest
from fastapi.testclient import TestClient

from artifacts.errors import Unavailable
from artifacts.places import REPOSITORY, read_places
from plugins.on_call import app

LISTS_PLUGINS = """
import sys
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
assert not errors, errors
[ours] = [plugin for plugin in plugins if plugin.name == "on_call"]
print(sorted(view["destination"] for view in ours.external_views), ours.external_views[0]["href"])
print(sorted(one for one in sys.modules if one.endswith("_plugin") or one in ("app", "frame", "refusals", "markup")))
print("fastapi" in sys.modules and "plugins.on_call.app" in sys.modules)
"""


def test_airflow_loads_the_plugin_alone_and_lightly(tmp_path):
    environ = {
        "PATH": "", "PYTHONPATH": str(REPOSITORY), "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__API__BASE_URL": "http://127.0.0.1:8080/flow/",
    }  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-c", LISTS_PLUGINS], env=environ, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said[-3:] == [
        "['dag', 'dag_run', 'nav', 'task_instance'] /flow/on-call/models",
        "['on_call_plugin', 'run_story_plugin']",
        "False",
    ]


def test_the_first_request_of_whomever_loads_mlflow_before_a_page_asks_it(monkeypatch, tmp_path):
    """Also one that is refused: `make up` sends it."""
    from plugins.on_call import app

    asked = Event()
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.setattr(app.Registry, "models", lambda _: asked.set())
    app._app.cache_clear()
    with TestClient(app.serve) as client:
        assert client.get("/models").status_code in {401, 403}
    app._app.cache_clear()
    assert asked.wait(20)


@pytest.mark.parametrize("error", [Unavailable("mlflow.down", "It is down.", next_step="Start it."), OSError("secret")])
def test_what_fails_while_mlflow_is_loaded_early_is_no_error_of_ours_and_what_was_not_foreseen_is_logged_by_its_kind(
    monkeypatch, caplog, error
):
    def fails(_):
        raise error

    monkeypatch.setattr(app.Registry, "models", fails)
    app._load(read_places({}))
    assert [record.getMessage().split()[-1] for record in caplog.records] == ["OSError"] * isinstance(error, OSError)
    assert "secret" not in caplog.text
