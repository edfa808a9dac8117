"""The story of a DAG run from literal evidence: who said no, what is new, and what a person's note keeps."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from artifacts.errors import BadInput, Damaged, Unavailable
from artifacts.run_evidence import (
    DagRunEnd,
    Refused,
    TaskEnd,
    TaskEvidence,
    TaskName,
    collecting,
    keep_run_end,
    keep_task,
    last_good,
    note,
    read_run_end,
    read_tasks,
)  # fmt: skip
from plugins.run_story.changes import Change, changes_since
from plugins.run_story.commands import next_command
from plugins.run_story.leaving import leaving_evidence, plain
from plugins.run_story.links import link_of
from plugins.run_story.note import with_note, without_verdict
from plugins.run_story.seen import Seen
from plugins.run_story.story import tell
from plugins.unsaid import secrets_of

BEGAN = datetime(2026, 11, 25, 17)
NO = Refused("set.bad", "Set a has 3 rows; 10 are wanted.", "Land more: python -m ingestion land --source a --month b")


def evidence(task="build", attempt=1, map_index=-1, minute=0, **given):
    began = BEGAN + timedelta(minutes=minute)
    name = TaskName("dag", "manual__2026-11-25T17:00:00+00:00", task, map_index, attempt)
    return TaskEvidence(name, given.pop("outcome", "passed"), began, began, **given)


def refused(**given):
    return evidence(outcome="refused", **{"refused": NO, **given})


def told(home, *kept, ends=None, state="failed", **given):
    for one in kept:
        keep_task(home, one)
    names = [one.name for one in kept]
    states = {"passed": "success", "refused": "failed", "broke": "failed", "skipped": "skipped"}
    seen = [TaskEnd(n.task, n.map_index, n.attempt, states[one.outcome]) for n, one in zip(names, kept, strict=True)]
    return tell(home, Seen("dag", "manual__2026-11-25T17:00:00+00:00", state, tuple(ends or seen), **given))


def test_the_first_task_that_said_no_is_the_cause_and_the_others_are_counted(tmp_path):
    later = refused(task="compare", minute=2, refused=replace(NO, code="other.bad"))
    story = told(tmp_path, evidence("choose"), refused(minute=1), later)
    assert (story.state, story.culprit, story.cause) == ("FAILED", "build", NO)
    assert story.sentence == "build said no (set.bad): Set a has 3 rows; 10 are wanted. 1 more tasks said no."
    assert story.command == "python -m ingestion land --source a --month b"


def test_a_task_that_was_killed_left_nothing_and_that_is_said(tmp_path):
    story = told(
        tmp_path, evidence("choose"), ends=[TaskEnd("choose", -1, 1, "success"), TaskEnd("build", -1, 2, "failed")]
    )
    assert (story.state, story.codes) == ("FAILED", ("run.no_evidence",))
    assert "Try 2 of build ended failed and left no evidence" in story.sentence


def test_evidence_of_a_try_before_is_no_evidence_of_this_one(tmp_path):
    assert told(tmp_path, refused(), ends=[TaskEnd("build", -1, 2, "running")]).sentence == "Running: build."
    killed = told(tmp_path, refused(), ends=[TaskEnd("build", -1, 2, "failed")])
    assert killed.codes == ("run.no_evidence",)


def test_a_refusal_that_airflow_will_try_again_is_not_the_end(tmp_path):
    story = told(tmp_path, refused(), ends=[TaskEnd("build", -1, 1, "up_for_retry")])
    assert story.state == "RUNNING"
    assert story.sentence.endswith("Airflow tries it again.")


def test_a_refusal_that_could_not_be_kept_comes_through_airflow(tmp_path):
    ends = [TaskEnd("build", -1, 1, "failed")]
    assert told(tmp_path, ends=ends, handed={("build", -1): NO}).cause == NO


def test_of_one_task_only_that_task_is_told(tmp_path):
    for one in (refused(), evidence("choose")):
        keep_task(tmp_path, one)
    saw = Seen("dag", BEGAN and "manual__2026-11-25T17:00:00+00:00", "failed", (
        TaskEnd("build", -1, 1, "failed"), TaskEnd("choose", -1, 1, "success"),
    ))  # fmt: skip
    assert tell(tmp_path, saw, "choose").state == "OK"
    assert tell(tmp_path, saw, "build").state == "FAILED"


def test_evidence_that_was_changed_is_damaged_and_told_so(tmp_path):
    keep_task(tmp_path, refused())
    [file] = tmp_path.rglob("task.*.json")
    file.write_text(file.read_text().replace("3 rows", "300 rows"))
    with pytest.raises(Damaged, match="not as it was written") as found:
        read_tasks(tmp_path, "dag", "manual__2026-11-25T17:00:00+00:00")
    assert found.value.code == "run_evidence.damaged"


def test_a_run_id_that_is_a_path_stays_in_its_folder(tmp_path):
    one = evidence()
    keep_task(tmp_path / "home", replace(one, name=replace(one.name, run="../../../x", task="../y")))
    assert [path.parent.parent.parent.name for path in tmp_path.rglob("task.*")] == ["runs"]


def test_the_last_good_dag_run_is_the_one_before_also_when_this_one_was_good_already(tmp_path):
    def end(run, state="success"):
        return DagRunEnd("dag", run, state, BEGAN, (), last_good(tmp_path, "dag", run))

    for one in ("a", "b"):
        keep_run_end(tmp_path, end(one))
    keep_run_end(tmp_path, end("c", "failed"))
    assert (last_good(tmp_path, "dag", "c"), last_good(tmp_path, "dag", "b")) == ("b", "a")
    assert read_run_end(tmp_path, "dag", "c").since == "b"
    assert last_good(tmp_path, "other", "c") is None


def test_what_rooms_note_is_kept_only_where_somebody_collects():
    note("dbt", {"models": 1})
    with collecting() as notes:
        note("dbt", {"models": 2})
        note("dbt", {"models": 3})
    assert notes == {"dbt": {"models": 3}}
    with leaving_evidence() as left:
        left.returned = 1


def test_changes_name_rows_sql_config_and_code():
    then = {
        "name": "a", "as_of": "2013-03-01", "landed": ["s/t/2013-01/base-1"], "contract": "c",
        "sql": {"m.sql": "1"}, "tools": {"duckdb": "2"}, "code": {"commit": "f" * 40, "dirty": False},
    }  # fmt: skip
    now = {**then, "landed": ["s/t/2013-01/base-1", "s/t/2013-02/base-2"], "sql": {"m.sql": "2", "n.sql": "3"}}
    now["code"] = {"commit": "f" * 40, "dirty": True}
    found = changes_since([evidence(notes={"inputs": now})], [evidence(notes={"inputs": then})])
    assert found == [
        Change("a", "rows s/t/2013-02", None, "base-2"),
        Change("a", "m.sql", "1", "2"),
        Change("a", "n.sql", None, "3"),
        Change("a", "code", "ffffffffffff", "ffffffffffff, with changes"),
    ]
    other = {**then, "name": "b"}
    assert changes_since([evidence(notes={"inputs": now})], [evidence(notes={"inputs": other})]) == []


def test_a_note_keeps_what_a_person_wrote_and_replaces_its_own_verdict(tmp_path):
    story = told(tmp_path, refused())
    first = with_note("looking into it, A.", story)
    assert first.startswith("✗ FAILED: build said no (set.bad)")
    assert first.endswith("looking into it, A.")
    assert with_note(first, story) == first
    assert without_verdict(first) == "looking into it, A."
    long = with_note("x" * 600, replace(story, sentence="y" * 2000))
    assert len(long) <= 1000
    assert long.endswith("x" * 600)
    assert story.command in long


@pytest.mark.parametrize(
    ("cause", "command"),
    [
        (NO, "python -m ingestion land --source a --month b"),
        (Refused.of(BadInput("settings.invalid", "x", next_step="Correct or unset PIPELINE_X.")), "unset PIPELINE_X"),
        (Refused.of(Unavailable("publish.no_place", "x", next_step="Free some space.")), "df -h HOME"),
        (Refused("features.dbt_failed", "x", "Correct that file."), 'make dbt ARGS="build -s +late"'),
        (Refused("nobody.knows", "x", "Think."), None),
    ],
)
def test_the_command_is_that_of_the_refusal_or_else_of_its_code(cause, command):
    assert next_command("FAILED", cause, {"name": "late"}, []) == command


def test_a_number_that_is_none_does_not_keep_evidence_from_being_written():
    assert json.loads(json.dumps(plain({"a": (float("nan"), 1.5), 2: BEGAN}), allow_nan=False)) == {
        "a": [None, 1.5], "2": "2026-11-25 17:00:00",
    }  # fmt: skip


def test_secrets_are_known_by_name_by_url_and_in_connections():
    environ = {
        "A_TOKEN": "abcdef1", "PIPELINE_LEDGER": "postgresql://me:abcdef2%21@host/db", "KEY_FILE": "/run/key",
        "AIRFLOW_CONN_M": json.dumps({"password": "abcdef3", "extra": json.dumps({"t": {"n": "abcdef4"}})}),
        "MONITORING_WEBHOOK_URL": "https://host/abcdef6", "PATH": "/usr/bin",
    }  # fmt: skip
    assert secrets_of(environ) == {
        "abcdef1", "abcdef2%21", "abcdef2!", "abcdef3", "abcdef4", "https://host/abcdef6",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("MLflow run", f"/on-call/mlflow-runs/{'a' * 32}"),
        ("Training set", "/on-call/training-sets/toy/2013-03-01.b344ea68c046"),
        ("Data Docs", "/on-call/training-sets/toy/2013-03-01.b344ea68c046/docs/index.html"),
    ],
)
def test_a_task_links_to_what_it_made_and_to_nothing_when_it_made_none(tmp_path, monkeypatch, name, address):
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    made = {"trained": {"run_id": "a" * 32}, "config": {"training_set": "toy/2013-03-01.b344ea68c046"}}
    keep_task(tmp_path, evidence("train", map_index=2, notes=made))
    keep_task(tmp_path, evidence("choose"))
    key = {"dag_id": "dag", "run_id": "manual__2026-11-25T17:00:00+00:00"}
    assert link_of(name, SimpleNamespace(**key, task_id="train", map_index=2)) == address
    assert link_of(name, SimpleNamespace(**key, task_id="choose", map_index=-1)) is None
