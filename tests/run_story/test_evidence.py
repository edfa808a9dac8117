"""Run evidence as it is kept, and what is told of it when it is damaged."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from artifacts.errors import Damaged, Missing
from artifacts.run_evidence import (
    DagRunEnd,
    TaskEnd,
    collecting,
    forget_old_runs,
    keep_run_end,
    keep_task,
    last_good,
    last_good_of,
    note,
    read_run_end,
    read_tasks,
)
from plugins.run_story.about import about_of, same
from plugins.run_story.leaving import leaving_evidence, plain
from plugins.run_story.seen import Seen
from plugins.run_story.story import tell
from tests.run_story.kept import BEGAN, NO, RUN, evidence, refused


def test_evidence_that_was_changed_is_damaged_and_told_so(tmp_path):
    keep_task(tmp_path, refused())
    [file] = tmp_path.rglob("task.*.json")
    file.write_text(file.read_text().replace("3 rows", "300 rows"))
    with pytest.raises(Damaged, match="not as it was written") as found:
        read_tasks(tmp_path, "dag", RUN)
    assert found.value.code == "run_evidence.damaged"


def damage(home, task="build"):
    [file] = home.rglob(f"task.{task}.*.json")
    file.write_text(file.read_text().replace("17:0", "18:0"))


@pytest.mark.parametrize(
    ("end", "run", "state", "culprit"),
    [
        ("failed", "failed", "FAILED", "build"),
        ("success", "failed", "FAILED", None),
        ("success", "success", "UNKNOWN", None),
    ],
)
def test_damaged_evidence_keeps_nothing_else_from_being_told(tmp_path, end, run, state, culprit):
    for one in (evidence("choose"), refused(minute=1)):
        keep_task(tmp_path, one)
    damage(tmp_path)
    ends = (TaskEnd("choose", -1, 1, "success"), TaskEnd("build", -1, 1, end))
    story = tell(tmp_path, Seen("dag", RUN, run, ends))
    assert (story.state, story.culprit) == (state, culprit)
    assert story.codes == ("run_evidence.damaged",)
    assert [one.name.task for one in story.tasks] == ["choose"]
    assert tell(tmp_path, Seen("dag", RUN, run, ends), "choose").state == "OK"


def test_drift_that_one_task_found_stays_the_verdict_where_what_another_left_is_damaged(tmp_path):
    worst = {"code": "drift.psi", "text": "It moved.", "state": "DRIFT"}
    noted = {"model": "m", "version": 1, "window": "2013-12-01..2013-12-08", "state": "DRIFT", "asked": "DRIFT"}
    noted |= {"rows": 9, "not_ok": 1, "worst": [worst], "labelled": False, "id": "m/a"}
    keep_task(tmp_path, evidence("check", map_index=1, notes={"findings": noted}))
    keep_task(tmp_path, evidence("check", map_index=0))
    harmed = next(tmp_path.rglob("task.check.0.1.json"))
    harmed.write_bytes(harmed.read_bytes()[:40])
    ends = tuple(TaskEnd("check", at, 1, "success") for at in (0, 1))
    story = tell(tmp_path, Seen("dag", RUN, "success", ends))
    assert story.state == "DRIFT" and "run_evidence.damaged" in story.codes
    assert story.sentence.endswith(
        " What check left cannot all be read (run_evidence.damaged), so not all of it is known."
    )
    # Of what ended well, that some of it cannot be read is all that is known.
    keep_task(tmp_path, evidence("check", map_index=1))
    assert tell(tmp_path, Seen("dag", RUN, "success", ends)).state == "UNKNOWN"


def test_a_refusal_whose_evidence_is_damaged_still_comes_through_airflow_or_from_another_task(tmp_path):
    for one in (evidence("choose"), refused(minute=1)):
        keep_task(tmp_path, one)
    damage(tmp_path, "choose")
    ends = (TaskEnd("build", -1, 1, "failed"), TaskEnd("choose", -1, 1, "failed"))
    assert tell(tmp_path, Seen("dag", RUN, "failed", ends)).cause == NO
    damage(tmp_path, "build")
    story = tell(tmp_path, Seen("dag", RUN, "failed", ends, {("build", -1): NO}))
    assert (story.cause, story.codes) == (NO, ("set.bad", "run_evidence.damaged"))
    assert {name: no.code for name, no in story.damaged.items()} == {
        (task, -1): "run_evidence.damaged" for task in ("build", "choose")
    }


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
    # So Airflow says of one that a person marked failed while a task ran.
    keep_run_end(
        tmp_path, replace(end("d"), tasks=(TaskEnd("build", -1, 1, "failed"), TaskEnd("last", -1, 0, "skipped")))
    )
    assert (last_good(tmp_path, "dag", "c"), last_good(tmp_path, "dag", "b")) == ("b", "a")
    assert read_run_end(tmp_path, "dag", "c").since == "b"
    assert last_good(tmp_path, "other", "c") is None


def good(home, run, minute, since=None, **given):
    """One that began in a minute and ended well."""
    began = BEGAN + timedelta(minutes=minute)
    keep_run_end(home, DagRunEnd("dag", run, "success", began, (), since, began=began, **given))


def test_the_last_good_dag_run_began_before_and_one_marked_success_later_does_not_come_before_what_ran_since(tmp_path):
    for number, (run, since) in enumerate([("a", None), ("c", "a"), ("d", "c")]):
        good(tmp_path, run, 10 * number, since)
    marked = [last_good(tmp_path, "dag", "b", before=BEGAN + timedelta(minutes=at)) for at in (5, 15, 25)]
    assert (marked, last_good(tmp_path, "dag", "b", before=BEGAN)) == (["a", "c", "d"], None)
    good(tmp_path, "b", 5, "a")
    assert last_good(tmp_path, "dag", "e", before=BEGAN + timedelta(minutes=30)) == "d"


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "ran again since"])
def test_where_what_says_which_one_was_good_before_is_gone_that_is_not_told_as_none(tmp_path, is_gone):
    good(tmp_path, "c", 20, "b")
    if not is_gone:
        good(tmp_path, "b", 30, "c")
    with pytest.raises(Missing, match="which one ended well before is not known") as no:
        last_good(tmp_path, "dag", "a", before=BEGAN)
    assert no.value.code == "run_evidence.gone"


@pytest.mark.parametrize("given", [{"but": "b"}, {"but": "c", "before": BEGAN}], ids=["ended again", "began before"])
def test_where_it_could_not_be_read_which_one_was_good_before_that_is_not_told_as_none(tmp_path, given):
    good(tmp_path, "b", 20, unread="run_evidence.damaged: /runs/dag/last_good.json is damaged.")
    with pytest.raises(Missing, match=r"before b of dag was not read .*last_good\.json is damaged") as no:
        last_good(tmp_path, "dag", **given)
    assert no.value.code == "run_evidence.gone"


FAILED = TaskEnd("build", -1, 2, "failed")


@pytest.mark.parametrize("since", [{"state": "failed"}, {"tasks": (FAILED,)}], ids=["failed", "a task of it failed"])
def test_one_that_was_cleared_and_failed_since_is_no_good_one_any_more(tmp_path, since):
    for number, (run, before) in enumerate([("a", None), ("b", "a"), ("c", "b")]):
        good(tmp_path, run, 10 * number, before)
    for run in ("b", "c"):
        keep_run_end(tmp_path, replace(read_run_end(tmp_path, "dag", run), **since))
        at = BEGAN + timedelta(minutes=20)
        assert last_good(tmp_path, "dag", "d") == ("c" if run == "b" else "a")
        assert last_good(tmp_path, "dag", "d", before=at) == last_good(tmp_path, "dag", "c") == "a"


def test_the_last_good_dag_run_is_one_about_the_same_model_else_the_same_training_set(tmp_path):
    def ended(run, *about, minute):
        since = last_good(tmp_path, "dag", run, same(about))
        at = BEGAN + timedelta(minutes=minute)
        keep_run_end(tmp_path, DagRunEnd("dag", run, "success", at, (), since, about=about))
        return since

    one, another = ("model a", "training set a"), ("model b", "training set b")
    assert ended("a1", *one, minute=0) is None
    assert ended("b1", *another, minute=1) is None
    assert (ended("a2", *one, minute=2), ended("a2", *one, minute=3)) == ("a1", "a1")
    assert last_good(tmp_path, "dag", "c", same(("model c", "training set a"))) is None
    assert last_good(tmp_path, "dag", "c", same(("training set b",))) == "b1"
    assert (last_good(tmp_path, "dag", "c", same((*another, *one))), last_good(tmp_path, "dag", "c")) == ("a2", "a2")
    for number in range(12):
        keep_run_end(tmp_path, DagRunEnd("dag", f"x{number:02}", "failed", BEGAN, (), "a2"))
    forget_old_runs(tmp_path, "dag", 10)
    assert runs_left(tmp_path)[:3] == ["a1", "a2", "b1"]


def test_of_each_thing_a_dag_run_is_about_the_last_good_one_is_another(tmp_path):
    one, another = "model a", "model b"
    for minute, (run, about) in enumerate(
        {"a1": [one], "b1": [another], "ab": [one, another], "ab2": [another]}.items()
    ):
        at = BEGAN + timedelta(minutes=minute)
        since = last_good_of(tmp_path, "dag", run, about, at)
        keep_run_end(tmp_path, DagRunEnd("dag", run, "success", at, (), None, about=tuple(about), since_of=since))
    assert read_run_end(tmp_path, "dag", "ab").since_of == {one: "a1", another: "b1"}
    assert last_good_of(tmp_path, "dag", "ab", [one, another, "model c"], at) == {one: "a1", another: "b1"}
    assert last_good_of(tmp_path, "dag", "x", [one, another], at) == {one: "ab", another: "ab"}
    for number in range(12):
        keep_run_end(tmp_path, DagRunEnd("dag", f"x{number:02}", "failed", BEGAN, (), None, since_of={one: "a1"}))
    forget_old_runs(tmp_path, "dag", 10)
    assert runs_left(tmp_path)[:4] == ["a1", "ab", "ab2", "b1"]


def test_what_a_dag_run_is_about_is_what_its_tasks_noted_and_what_it_was_given():
    config = {"name": "v1", "training_set": "parcels/2013-05-01.a", "keys": {"model": "late"}}
    assert about_of([evidence(notes={"config": config})], {}) == ("model late", "training set parcels")
    assert about_of([], {"training_set": "parcels/2013-05-01.a"}) == ("training set parcels",)
    assert about_of([], {"model": "late", "version": 2}) == ("model late",)
    assert about_of([evidence(notes={"asked": {"name": "toy"}})], {}) == ("training set toy",)
    assert about_of([evidence()], {}) == ()


def runs_left(home):
    return sorted(path.name for path in home.joinpath("runs", "dag").iterdir() if path.is_dir())


def kept_runs(home, states):
    """Keep DAG runs `00`, `01`, … that ended so, one a second; None has not ended."""
    for number, state in enumerate(states):
        run = f"{number:02}"
        one = evidence("build")
        keep_task(home, replace(one, name=replace(one.name, run=run)))
        if state is not None:
            keep_run_end(home, DagRunEnd("dag", run, state, BEGAN, (), last_good(home, "dag", run)))
        os.utime(home / "runs" / "dag" / run, (1e9 + number, 1e9 + number))


def test_of_a_dag_the_newest_runs_are_kept_and_none_is_forgotten_before_there_are_a_tenth_more(tmp_path):
    kept_runs(tmp_path, ["success"] * 22)
    assert forget_old_runs(tmp_path, "dag", 20) == []
    kept_runs(tmp_path, ["success"] * 24)
    assert forget_old_runs(tmp_path, "dag", 20) == ["00", "01", "02"]
    assert runs_left(tmp_path) == [f"{number:02}" for number in range(3, 24)]
    assert forget_old_runs(tmp_path, "other", 10) == []


def test_a_run_that_has_not_ended_and_the_good_ones_that_newer_ones_are_held_against_are_not_forgotten(tmp_path):
    kept_runs(tmp_path, ["failed", None, "success", "failed", "success", *["failed"] * 12])
    assert forget_old_runs(tmp_path, "dag", 10) == ["00", "03", "05", "06"]
    assert runs_left(tmp_path)[:3] == ["01", "02", "04"]
    assert last_good(tmp_path, "dag", "16") == "04"


def test_a_run_that_was_killed_a_month_ago_has_no_end_and_is_forgotten(tmp_path):
    kept_runs(tmp_path, [None, None, *["failed"] * 12])
    month_ago = 1e9 - 30 * 24 * 3600
    os.utime(tmp_path / "runs" / "dag" / "00", (month_ago, month_ago))
    assert forget_old_runs(tmp_path, "dag", 10) == ["00", "02", "03"]


def test_a_run_that_cannot_be_removed_is_not_called_removed_and_has_still_ended(tmp_path, monkeypatch):
    kept_runs(tmp_path, ["failed"] * 13)
    as_it_is = Path.unlink

    def busy(path, *args, **options):
        if path.name.startswith("task.") and path.parent.name == "01":
            raise OSError(16, "Device or resource busy")
        as_it_is(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", busy)
        assert forget_old_runs(tmp_path, "dag", 10) == ["00", "02"]
    assert (tmp_path / "runs" / "dag" / "01" / "end.json").is_file()
    assert forget_old_runs(tmp_path, "dag", 9) == ["01", "03"]


def test_what_rooms_note_is_kept_only_where_somebody_collects():
    note("dbt", {"models": 1})
    with collecting() as notes:
        note("dbt", {"models": 2})
        note("dbt", {"models": 3})
    assert notes == {"dbt": {"models": 3}}
    with leaving_evidence() as left:
        left.returned = 1


def test_a_number_that_is_none_does_not_keep_evidence_from_being_written():
    assert json.loads(json.dumps(plain({"a": (float("nan"), 1.5), 2: BEGAN}), allow_nan=False)) == {
        "a": [None, 1.5], "2": "2026-11-25 17:00:00",
    }  # fmt: skip
