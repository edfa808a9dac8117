"""A failed DAG run is told at least once and under one key, and one that is past its deadline only while it runs."""

import asyncio
import re
from datetime import datetime
from types import SimpleNamespace

import pytest

from artifacts import alerts, ledger
from artifacts.cli import PROGRESS
from artifacts.places import read_places
from artifacts.run_evidence import DagRunEnd, Handed, Refused, TaskEnd, TaskEvidence, TaskName, keep_run_end, keep_task
from monitoring.alerts import take
from monitoring.notify import deliver
from monitoring.settings import read_monitoring_settings
from plugins.run_story.telling import tell_failure
from tests.monitoring.found import NO_ROWS
from tests.monitoring.found import found as checked
from tests.monitoring.receivers import Posts, running
from tests.run_story.answering import answering

RUN, AT = "manual__2026-11-25T17:00:00+00:00", datetime(2026, 11, 25, 17)
CONTEXT = {"dag": SimpleNamespace(dag_id="build_training_set"), "run_id": RUN}
LATE = {"dag_id": "build_training_set", "dag_run_id": RUN, "state": "running", "start_date": "2026-11-25T17:00:00Z"}


@pytest.fixture
def posts(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    with running(Posts()) as server:
        monkeypatch.setenv("MONITORING_WEBHOOK_URL", server.url)
        yield server


def fail(attempt=1):
    home, said = read_places().home, Refused("set.bad", "Set a has 3 rows.", "Land more.")
    name = TaskName("build_training_set", RUN, "build", -1, attempt)
    keep_task(home, TaskEvidence(name, "refused", AT, AT, said))
    ends = (TaskEnd("build", -1, attempt, "failed"),)
    keep_run_end(home, DagRunEnd("build_training_set", RUN, "failed", AT, ends, None))


def test_a_failure_is_told_once_with_what_to_do_however_often_airflow_calls(posts):
    fail()
    for _ in range(3):
        tell_failure(CONTEXT)
    [(_, key, body)] = posts.got
    assert (body["key"], body["code"], body["task"]) == (key, "set.bad", "build")
    assert body["subject"] == "[FAILED] build_training_set: set.bad"
    assert body["text"].startswith(
        f"build_training_set {RUN}\n\nbuild said no (set.bad): Set a has 3 rows.\nLand more.\n"
    )
    assert body["runbook"] == "docs/runbook.md#setbad"
    assert "Champion: none yet" in body["text"]


def test_what_airflow_alone_knew_of_a_failure_is_told_in_the_words_of_the_page(posts):
    said = Refused("approval.unanswered", "Ada answered Reject with the reason 'x'.", "Clear the task approve.")
    ends = (TaskEnd("approve", 0, 1, "failed"),)
    end = DagRunEnd("build_training_set", RUN, "failed", AT, ends, None, handed=(Handed("approve", 0, said),))
    keep_run_end(read_places().home, end)
    tell_failure(CONTEXT)
    [(_, _, body)] = posts.got
    assert body["sentence"] == "approve said no (approval.unanswered): Ada answered Reject with the reason 'x'."


def test_a_failure_names_the_champion_of_the_model_that_it_is_about_and_of_no_other(posts):
    places = read_places()
    ledger.promote(
        places.ledger, model="other", version=1, run_id="1" * 32, expected=None,
        decided_at=AT, decided_by="ana", reason="It is the first.",
    )  # fmt: skip
    fail()
    tell_failure(CONTEXT)
    noted = TaskEvidence(
        TaskName("build_training_set", RUN, "train"), "passed", AT, AT, notes={"trained": {"model": "mine"}}
    )
    keep_task(places.home, noted)
    fail(2)
    tell_failure(CONTEXT)
    first, second = (body["text"] for _, _, body in posts.got)
    assert "Champion: other version 1" in first
    assert "Champion of mine: none yet" in second and "other" not in second


NOTE = {"model": "late_arrival", "version": 3, "rows": 0, "state": "UNKNOWN", "worst": [], "not_ok": 1, "truth": None}
SAID = Refused("monitoring.cannot_judge", "It could not be judged: predictions.none: No prediction.", "See.")


def taken(day):
    """What a check found on a day, taken in by the alerts."""
    findings = checked(day, NO_ROWS)
    change = lambda before: take(before, findings, 3, read_monitoring_settings().patience)  # noqa: E731
    alerts.change(read_places().alerts, findings.model, findings.id, change)


def red(day, run, also=(), **note):
    """A DAG run whose window to a day could not be judged, and what else of it is red."""
    home, window = read_places().home, f"2013-12-01..2013-12-{1 + day:02}"
    told = {**NOTE, "window": window, "asked": "UNKNOWN", "unjudged": ["predictions.none"], **note}
    keep_task(home, TaskEvidence(TaskName("watch_drift", run, "check"), "passed", AT, AT, notes={"findings": told}))
    keep_task(home, TaskEvidence(TaskName("watch_drift", run, "conclude"), "refused", AT, AT, SAID))
    ends = (TaskEnd("check", -1, 1, "success"), TaskEnd("conclude", -1, 1, "failed"), *also)
    keep_run_end(home, DagRunEnd("watch_drift", run, "failed", AT, ends, None))
    tell_failure({"dag": SimpleNamespace(dag_id="watch_drift"), "run_id": run})


def test_that_what_a_check_left_is_gone_is_told_though_open_alerts_told_the_rest_before(posts):
    for day in (1, 2):
        taken(day)
        red(day, f"run {day}", [TaskEnd("check_labels", -1, 1, "success")] if day == 2 else ())
    assert runs(posts) == ["run 1", "run 2"]
    assert "What check_labels left is not there any more" in posts.got[1][2]["text"]


def runs(posts):
    return [body["run"] for _, _, body in posts.got]


def test_what_an_open_alert_told_before_is_not_told_again_by_each_red_dag_run(posts):
    for day in (1, 2, 3):
        taken(day)
        red(day, f"run {day}")
    assert runs(posts) == ["run 1"]


def test_what_one_red_dag_run_told_another_of_the_same_window_does_not_tell_again(posts):
    taken(1)
    for run in ("run 1", "run 2", "run 3"):
        red(1, run)
    assert runs(posts) == ["run 1"]
    # The same DAG run, cleared, is told for each time that it ends so.
    red(1, "run 1")
    fail()
    tell_failure(CONTEXT)
    assert "build_training_set" in [body["dag"] for _, _, body in posts.got]
    # What is said otherwise, or is no open alert's, is told.
    red(1, "run 4", also=(TaskEnd("retrain", -1, 1, "failed"),))
    red(1, "run 5", version=9)
    assert runs(posts)[-2:] == ["run 4", "run 5"]


@pytest.mark.parametrize(
    "other",
    [
        {"unjudged": ["predictions.none", "log.damaged"]},
        {"unjudged": []},
        {"version": 9},
        {"model": "another"},
        {"truth": "late_arrival/2014-01-01.0123456789ab"},
        {"also": (TaskEnd("retrain", -1, 1, "failed"),)},
        {"also": (TaskEnd("retrain", -1, 1, "upstream_failed"),)},
    ],
)
def test_what_no_alert_told_before_is_told_by_the_dag_run(posts, other):
    for day in (1, 2):
        taken(day)
    red(2, "run 2", **other)
    assert runs(posts) == ["run 2"]


def test_a_window_that_the_alerts_have_not_come_to_is_told_by_the_dag_run(posts):
    taken(1)
    red(2, "run 2")
    assert runs(posts) == ["run 2"]


def test_evidence_that_cannot_be_read_leaves_no_failure_to_the_alerts(posts):
    for day in (1, 2):
        taken(day)
    name = TaskName("watch_drift", "run 2", "check", 1)
    keep_task(read_places().home, TaskEvidence(name, "passed", AT, AT))
    [file] = [one for one in read_places().home.rglob("task.*") if "check" in one.name]
    file.write_bytes(file.read_bytes()[:-9])
    red(2, "run 2", also=(TaskEnd("check", 1, 1, "success"),))
    assert runs(posts) == ["run 2"]


def damage(name):
    [file] = read_places().home.rglob(name)
    file.write_bytes(file.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("name", "code"),
    [("task.build.*", "run_evidence.damaged"), ("end.json", "set.bad")],
)
def test_damaged_evidence_silences_no_failure(posts, name, code):
    fail()
    damage(name)
    tell_failure(CONTEXT)
    [(_, _, body)] = posts.got
    assert (body["state"], body["code"], body["task"]) == ("FAILED", code, "build")
    assert body["next_step"] in body["text"]


@pytest.mark.parametrize("written", ["success", "failed", None])
def test_a_failure_is_never_told_to_be_well_whatever_was_written_down(posts, written):
    home, name = read_places().home, TaskName("build_training_set", RUN, "build", -1, 1)
    keep_task(home, TaskEvidence(name, "passed", AT, AT))
    if written is not None:
        ends = (TaskEnd("build", -1, 1, written),)
        keep_run_end(home, DagRunEnd("build_training_set", RUN, written, AT, ends, None))
    tell_failure(CONTEXT)
    [(_, _, body)] = posts.got
    assert (body["state"], body["code"]) == ("FAILED", "run.failed_outside")
    assert "OK" not in body["text"] and "well" not in body["text"]


def test_a_dag_run_that_was_cleared_and_fails_again_is_told_again(posts):
    for attempt in (1, 2):
        fail(attempt)
        tell_failure(CONTEXT)
    assert len(set(posts.keys)) == 2


def test_what_a_receiver_did_not_take_is_sent_by_whoever_delivers_next_under_the_same_key(posts):
    fail()
    posts.status = 500
    tell_failure(CONTEXT)
    posts.status = 200
    deliver(read_places(), read_monitoring_settings())
    deliver(read_places(), read_monitoring_settings())
    assert len(posts.keys) == 2
    assert len(set(posts.keys)) == 1


def test_without_a_receiver_nothing_waits(posts, monkeypatch):
    monkeypatch.delenv("MONITORING_WEBHOOK_URL")
    fail()
    tell_failure(CONTEXT)
    assert alerts.undelivered(read_places().alerts) == 0


def past_its_deadline(dag_run):
    """What Airflow's triggerer does with the callback of a deadline; the states that it reports."""
    from airflow.triggers.callback import CallbackTrigger

    from plugins.wiring import dag

    @dag(schedule=None)
    def nothing():
        pass

    [deadline] = nothing().deadline
    trigger = CallbackTrigger(deadline.callback.path, {**deadline.callback.kwargs, "context": {"dag_run": dag_run}})

    async def run():
        return [event.payload["state"] async for event in trigger.run()]

    return asyncio.run(run())


def test_a_dag_run_past_its_deadline_is_told_once_while_it_runs(posts):
    for _ in range(2):
        assert past_its_deadline(LATE) == ["running", "success"]
    [(_, _, body)] = posts.got
    assert body["subject"] == "[LATE] build_training_set has not ended since 2026-11-25 17:00 UTC"
    assert body["code"] == "run.late"


def test_of_a_late_dag_run_that_airflow_gives_no_time_nothing_is_said_of_since_when(posts):
    past_its_deadline({**LATE, "start_date": None})
    [(_, _, body)] = posts.got
    assert body["sentence"] == "It has not ended, and no task of it has left anything yet."


@pytest.mark.parametrize("state", ["success", "failed"])
def test_a_dag_run_that_ended_before_its_deadline_came_is_not_late(posts, state):
    assert past_its_deadline({**LATE, "state": state}) == ["running", "success"]
    assert posts.got == []


def left(task, map_index=-1, dag="train_candidate"):
    keep_task(read_places().home, TaskEvidence(TaskName(dag, RUN, task, map_index, 1), "passed", AT, AT))


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ((), "It has not ended, and no task of it has left anything yet."),
        (("choose",), "It has not ended. Ended so far: choose."),
    ],
)
def test_a_late_dag_run_is_never_told_to_be_done_or_idle_where_airflow_cannot_be_asked(
    posts, tasks, said, caplog, monkeypatch
):
    caplog.set_level("INFO", PROGRESS.name)
    monkeypatch.setattr(PROGRESS, "propagate", True)
    for task in tasks:
        left(task)
    past_its_deadline({**LATE, "dag_id": "train_candidate", "state": "queued"})
    [(_, _, body)] = posts.got
    since = r" Queued since 2026-11-25 17:00 UTC, \d+ days?\."
    assert body["state"] == "RUNNING" and re.fullmatch(re.escape(said) + since, body["sentence"])
    assert "Which of its tasks have not ended stands under Tasks on its page." in body["text"]
    assert body["next_step"].startswith("See in Airflow") and body["next_step"] in body["text"]
    assert re.search(r"is told by what they left; Airflow did not: \w+\(.*SUPERVISOR_COMMS", caplog.text)


@pytest.fixture
def airflow_says():
    """What Airflow answers a program that it runs, from its own database, to which the tasks of the test are added."""
    with answering() as states:
        yield states


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ({("choose", -1): None, ("train", -1): None}, ("No task has begun yet.", "choose, train", "See in Airflow")),
        (
            {("choose", -1): "success", ("build", 0): "running", ("judge", 0): None},
            ("Running: build.", "build [0], judge [0]", "Look at the end of the log of build [0]"),
        ),
        ({("approve", 0): "awaiting_input"}, ("It waits for a person: approve.", "approve [0]", "Next: answer under")),
    ],
    ids=["nothing begun", "a branch runs again", "a person"],
)
def test_a_late_dag_run_says_which_tasks_have_not_ended_and_what_to_look_at(posts, airflow_says, states, told):
    said, not_ended, next_step = told
    before = next(name for name, state in states.items() if state != "success")
    refused = Refused("set.bad", "Set a has 3 rows.", "Land more.")
    keep_task(
        read_places().home, TaskEvidence(TaskName("build_training_set", RUN, *before, 1), "refused", AT, AT, refused)
    )
    airflow_says("build_training_set", RUN, states)
    past_its_deadline(LATE)
    [(_, _, body)] = posts.got
    assert (body["state"], body["sentence"].startswith(said)) == ("RUNNING", True)
    assert "Running since 2026-11-25 17:00 UTC, " in body["sentence"] or said.startswith("It waits for a person")
    assert f"Not ended: {not_ended}." in body["text"]
    assert body["next_step"].startswith(next_step) and body["next_step"] in body["text"]


def test_a_late_dag_run_in_which_a_task_said_no_says_what_to_do_about_that(posts, airflow_says):
    fail()
    airflow_says("build_training_set", RUN, {("build", -1): "failed", ("publish", -1): "running"})
    past_its_deadline(LATE)
    [(_, _, body)] = posts.got
    assert (body["state"], body["next_step"]) == ("FAILED", "Land more.")
    assert "The DAG run goes on. Running: publish. Running since 2026-11-25 17:00 UTC, " in body["sentence"]
    assert "Not ended: publish." in body["text"] and "Land more." in body["text"]
