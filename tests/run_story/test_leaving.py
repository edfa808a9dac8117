"""What a task leaves behind, however its body ends: nothing that did not return is kept as passed."""

import secrets
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from artifacts.errors import BadInput
from artifacts.run_evidence import readable_tasks
from plugins.run_story.leaving import LONGEST, leaving_evidence


@pytest.fixture
def task(tmp_path, monkeypatch):
    """Runs something as the body of a task of Airflow; what was left, and what went through XCom."""
    from airflow.sdk.execution_time.context import set_current_context

    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    pushed = []

    @contextmanager
    def run(map_index=-1, upstream=()):
        ti = SimpleNamespace(dag_id="dag", run_id="run", task_id="build", map_index=map_index, try_number=1)
        ti.xcom_push = lambda key, value: pushed.append(value)
        before = SimpleNamespace(upstream_task_ids=set(upstream))
        with set_current_context({"ti": ti, "task": before}), leaving_evidence() as left:
            yield left

    return run, lambda: (*readable_tasks(tmp_path, "dag", "run").tasks, *pushed)


def raising(error):
    raise error


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), RuntimeError("x"), BaseException("x")])
def test_whatever_ends_a_body_before_it_returned_is_kept_as_broken(task, error):
    run, left = task
    with pytest.raises(type(error)), run():
        raising(error)
    [kept, pushed] = left()
    assert (kept.outcome, kept.refused.code, pushed["code"]) == ("broke", "run.broke", "run.broke")
    assert kept.refused.message.startswith(type(error).__name__)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(BadInput("a.b", "x", next_step="y"), "refused"), (AirflowSkipException("Rejected."), "skipped")],
)
def test_a_refusal_and_a_skip_are_kept_as_such(task, error, outcome):
    run, left = task
    with pytest.raises(type(error)), run():
        raising(error)
    assert left()[0].outcome == outcome


def test_a_body_that_returned_passed(task):
    run, left = task
    with run() as body:
        body.returned = {"id": "a"}
    [kept] = left()
    assert (kept.outcome, kept.returned, kept.refused) == ("passed", {"id": "a"}, None)


@pytest.mark.parametrize("error", [RuntimeError, lambda text: BadInput("a.b", text, next_step=text)])
@pytest.mark.parametrize("shown", [5, 12, 20])
def test_a_secret_across_the_end_of_what_is_shown_is_hidden_whole(task, monkeypatch, error, shown):
    secret = secrets.token_hex(16)
    monkeypatch.setenv("A_TOKEN", secret)
    run, left = task
    for letters in (LONGEST - shown, LONGEST - len("RuntimeError at tests/x.py:50: ") - shown):
        with pytest.raises(Exception, match="x"), run():
            raising(error("x" * letters + secret))
        assert secret[:5] not in str(left())
        assert len(left()[0].refused.message) <= LONGEST


def test_of_a_long_note_a_secret_across_its_end_is_hidden_whole(task, monkeypatch):
    from artifacts.run_evidence import note

    secret = secrets.token_hex(16)
    monkeypatch.setenv("A_TOKEN", secret)
    run, left = task
    with run():
        note("dbt", {"failed": [{"sql": "x" * 19_990 + secret}]})
    [kept] = left()
    told = kept.notes["dbt"]["failed"][0]["sql"]
    assert secret[:5] not in told
    assert len(told) == 19_993


def test_a_connection_that_is_no_json_keeps_no_task_from_its_work(task, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_X", '{"password": "{abcdef5"}')
    monkeypatch.setenv("AIRFLOW_CONN_Y", "5")
    run, left = task
    with run() as body:
        body.returned = "done with {abcdef5"
    [kept] = left()
    assert kept.returned == "done with ***"
