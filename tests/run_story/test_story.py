"""The story of a DAG run from literal evidence: who said no, what is new, and what is to be run."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from artifacts.errors import BadInput, Unavailable
from artifacts.places import read_places
from artifacts.run_evidence import Refused, TaskEnd, keep_task
from plugins.on_call.settings import OnCallSettings
from plugins.run_story.changes import Change, changes_since, untold_since
from plugins.run_story.commands import BY_CODE, filled
from plugins.run_story.links import link_of
from plugins.run_story.message import failure_message
from plugins.run_story.note import with_note
from plugins.run_story.page import body_of
from plugins.run_story.seen import Seen
from plugins.run_story.story import tell
from plugins.run_story.todo import mending
from tests.run_story.kept import BEGAN, FINDINGS, NO, RUN, evidence, refused, told

FIRST = "build said no (set.bad): Set a has 3 rows; 10 are wanted."


def test_the_first_task_that_said_no_is_the_cause_and_the_others_are_named(tmp_path):
    later = refused(task="compare", minute=2, refused=replace(NO, code="other.bad"))
    story = told(tmp_path, evidence("choose"), refused(minute=1), later)
    assert (story.state, story.culprit, story.cause) == ("FAILED", "build", NO)
    assert story.codes == ("set.bad", "other.bad")
    assert story.sentence == f"{FIRST} compare said no too (other.bad)."
    assert story.command == "python -m ingestion land --source a --month b"


def test_a_task_that_failed_beside_it_without_a_word_is_named(tmp_path):
    ends = [TaskEnd(task, -1, 1, "failed") for task in ("build", "notify")]
    assert told(tmp_path, refused(), ends=ends).sentence == f"{FIRST} notify failed too."
    assert told(tmp_path, ends=ends).sentence.endswith(" notify failed too.")


def test_a_task_that_was_killed_left_nothing_and_that_is_said(tmp_path):
    story = told(
        tmp_path, evidence("choose"), ends=[TaskEnd("choose", -1, 1, "success"), TaskEnd("build", -1, 2, "failed")]
    )
    assert (story.state, story.codes) == ("FAILED", ("run.no_evidence",))
    assert "Try 2 of build ended failed and left no evidence" in story.sentence


@pytest.mark.parametrize("outcome", ["passed", "skipped"])
@pytest.mark.parametrize("state", ["failed", "up_for_retry"])
def test_a_task_that_failed_after_its_work_is_never_told_to_be_well(tmp_path, outcome, state):
    ends = [TaskEnd("choose", -1, 1, "success"), TaskEnd("build", -1, 1, state)]
    story = told(tmp_path, evidence("choose"), evidence(outcome=outcome, minute=1), ends=ends)
    assert (story.state, story.culprit, story.codes) == ("FAILED", "build", ("run.failed_outside",))
    assert story.sentence.startswith(
        f"build failed (run.failed_outside): Try 1 of build did its work ({outcome}), and Airflow says {state}"
    )


@pytest.mark.parametrize("end", ["success", "skipped", None, "running", "removed"])
def test_a_dag_run_that_failed_without_any_task_that_did_is_never_told_to_be_well(tmp_path, end):
    story = told(tmp_path, evidence(notes={"findings": FINDINGS}), ends=[TaskEnd("build", -1, 1, end)])
    assert (story.state, story.culprit, story.codes) == ("FAILED", None, ("run.failed_outside",))
    assert story.sentence.startswith("The DAG run failed (run.failed_outside): Airflow says that it failed")


@pytest.mark.parametrize("end", ["success", "skipped"])
@pytest.mark.parametrize("task", [None, "build"])
def test_a_dag_run_of_which_nothing_is_left_is_not_told_to_be_well_nor_that_nothing_was_to_be_done(tmp_path, end, task):
    ends = (TaskEnd("build", -1, 1, end), TaskEnd("retrain", -1, 1, "skipped"), TaskEnd("approve", -1, 1, "success"))
    story = tell(tmp_path, Seen("dag", RUN, "success", ends), task)
    assert (story.state, story.codes, story.command) == ("UNKNOWN", ("run_evidence.gone",), None)
    assert story.sentence.startswith("What it came to is not known (run_evidence.gone): What build")
    page = body_of(story, read_places({"PIPELINE_HOME": str(tmp_path)}), OnCallSettings())
    assert "How this DAG run ended is not kept here" in page and "has not ended" not in page


def test_a_task_that_was_set_to_success_by_hand_before_it_ran_makes_no_dag_run_well(tmp_path):
    ends = [TaskEnd("build", -1, 0, "success"), TaskEnd("compare", -1, 1, "success")]
    story = told(tmp_path, evidence("compare"), ends=ends, state="success")
    assert (story.state, story.codes) == ("UNKNOWN", ("run_evidence.gone",))
    nothing = "build was set to success before it ran, and did nothing."
    assert story.sentence.endswith(nothing) and "not there any more" not in story.sentence
    assert story.cause.next_step.startswith("Clear build in Airflow")
    then = refused(task="compare", minute=1)
    failed = told(tmp_path, then, ends=[ends[0], TaskEnd("compare", -1, 1, "failed")], state="failed")
    assert failed.sentence.endswith(nothing)


def test_a_task_that_was_cleared_says_nothing_of_before_while_its_dag_run_goes_on(tmp_path):
    ends = [TaskEnd("build", -1, 1, "running"), TaskEnd("compare", -1, 1, None)]
    story = told(tmp_path, refused(task="compare"), ends=ends, state="running")
    assert (story.state, story.cause, story.command) == ("RUNNING", None, None)
    assert told(tmp_path, refused(task="compare"), ends=ends, state="failed").state == "FAILED"


def test_where_one_task_is_gone_that_ended_well_what_the_others_left_is_not_all(tmp_path):
    whole = [evidence("check", notes={"findings": {**FINDINGS, "state": "DRIFT"}}), evidence("conclude", minute=1)]
    assert told(tmp_path, *whole, state="success").state == "DRIFT"
    [file] = tmp_path.rglob("task.check.*.json")
    file.unlink()
    ends = tuple(TaskEnd(one, -1, 1, "success") for one in ("check", "conclude"))
    story = tell(tmp_path, Seen("dag", RUN, "success", ends))
    assert (story.state, story.codes) == ("UNKNOWN", ("run_evidence.gone",))
    assert "What check left is not there any more" in story.sentence
    others = tell(tmp_path, Seen("dag", RUN, "success", (*ends, TaskEnd("late", -1, 0, "skipped"))))
    assert others.cause == story.cause


@pytest.mark.parametrize("found", ["DRIFT", "UNKNOWN", "FAILED"])
def test_where_one_task_is_gone_and_another_says_no_the_worst_that_is_known_stays_and_what_is_gone_is_named(
    tmp_path, found
):
    failed = found == "FAILED"
    one = refused(task="check") if failed else evidence("check", notes={"findings": {**FINDINGS, "state": found}})
    ends = [TaskEnd("check", -1, 1, "failed" if failed else "success"), TaskEnd("check_labels", -1, 1, "success")]
    story = told(tmp_path, one, ends=ends, state="failed" if failed else "success")
    assert (story.state, "run_evidence.gone" in story.codes) == (found, True)
    said = "What check_labels left is not there any more (run_evidence.gone)"
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    page = body_of(story, places, OnCallSettings())
    assert said in page and "What check_labels left is not there any more: it was forgotten" in page
    assert said in with_note(None, story) and said in failure_message(places, story, "").text


def test_of_a_dag_run_that_failed_a_task_that_was_not_begun_says_so(tmp_path):
    for one in (refused(), evidence("choose")):
        keep_task(tmp_path, one)
    ends = (TaskEnd("build", -1, 1, "failed"), TaskEnd("publish", -1, 0, "upstream_failed"))
    story = tell(tmp_path, Seen("dag", RUN, "failed", ends), "publish")
    assert (story.state, story.sentence) == ("SKIPPED", "It did not run: a task before it failed.")


@pytest.mark.parametrize("sent", [{}, {"webhook": 0}])
def test_where_one_task_found_nothing_for_the_others_nothing_was_done_and_that_is_said(tmp_path, sent):
    kept = evidence("choose", returned=[]), evidence("notify", minute=1, returned=sent)
    skipped = [evidence(one, minute=2, outcome="skipped") for one in ("check", "conclude")]
    story = told(tmp_path, *kept, *skipped, state="success")
    said = "Nothing was to be done: choose found nothing for check, conclude."
    assert (story.state, story.sentence) == ("SKIPPED", said)


def test_where_a_message_went_out_something_was_done_though_others_were_skipped(tmp_path):
    kept = evidence("choose", returned=[]), evidence("notify", minute=1, returned={"webhook": 2})
    skipped = [evidence(one, minute=2, outcome="skipped") for one in ("check", "conclude")]
    story = told(tmp_path, *kept, *skipped, state="success")
    said = "2 of 4 tasks ended well, and there was nothing to do for check, conclude."
    assert (story.state, story.sentence) == ("OK", said)


def test_where_a_task_did_something_one_that_was_skipped_takes_nothing_of_it_back(tmp_path):
    whole = evidence("check", notes={"findings": FINDINGS}), evidence("retrain", minute=1, outcome="skipped")
    assert told(tmp_path, *whole, state="success").state == "OK"
    made = evidence("upcoming", returned="late/2013"), evidence("score", minute=1, outcome="skipped")
    assert told(tmp_path / "b", *made, state="success").state == "OK"


def test_evidence_of_a_try_before_is_no_evidence_of_this_one(tmp_path):
    running = told(tmp_path, refused(), ends=[TaskEnd("build", -1, 2, "running")], state="running")
    assert running.sentence == "Running: build."
    killed = told(tmp_path, refused(), ends=[TaskEnd("build", -1, 2, "failed")])
    assert killed.codes == ("run.no_evidence",)


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("success", "awaiting_input"), "It waits for a person: publish. Answer in Airflow, under Required Actions."),
        (("success", "scheduled"), "Between two tasks: build ended."),
        ((None, None), "No task has begun yet."),
    ],
)
def test_a_dag_run_that_has_not_ended_says_what_it_is_at(tmp_path, states, said):
    ends = [TaskEnd(name, -1, 1, state) for name, state in zip(("build", "publish"), states, strict=True)]
    story = told(tmp_path, ends=ends, state="running")
    assert (story.state, story.sentence) == ("RUNNING", said)


@pytest.mark.parametrize(
    ("minutes", "states", "said"),
    [
        (12, ("success", "running"), "Running since 17:00 UTC, 12 minutes; task publish since 17:05 UTC, 7 minutes."),
        (12, ("success", "scheduled"), "Between two tasks: build ended. Running since 17:00 UTC, 12 minutes."),
        (
            3 * 1440,
            ("success", "awaiting_input"),
            "It waits for a person: publish since 2026-11-25 17:05 UTC, 2 days. Answer in Airflow, under Required "
            "Actions.",
        ),
    ],
)
def test_a_dag_run_that_has_not_ended_says_since_when_and_for_how_long(tmp_path, minutes, states, said):
    ends = [TaskEnd(name, -1, 1, state) for name, state in zip(("build", "publish"), states, strict=True)]
    at = {("publish", -1): BEGAN + timedelta(minutes=5)}
    given = {"began": BEGAN, "tasks_began": at, "at": BEGAN + timedelta(minutes=minutes)}
    assert told(tmp_path, ends=ends, state="running", **given).sentence == said
    own = tell(tmp_path, Seen("dag", RUN, "running", tuple(ends), **given), "publish").sentence
    if "running" in states:
        assert own == "Running: publish since 17:05 UTC, 7 minutes."


def test_what_airflow_tries_again_and_what_is_queued_says_since_when_too(tmp_path):
    given = {"began": BEGAN, "at": BEGAN + timedelta(minutes=200)}
    story = told(tmp_path, refused(), ends=[TaskEnd("build", -1, 1, "up_for_retry")], state="running", **given)
    assert story.sentence.endswith("Airflow tries it again. Running since 17:00 UTC, 3 hours.")
    queued = told(tmp_path / "other", ends=[TaskEnd("later", -1, 0, None)], state="queued", **given)
    assert queued.sentence == "No task has begun yet. Queued since 17:00 UTC, 3 hours."


def test_what_said_no_while_others_run_says_that_the_dag_run_goes_on(tmp_path):
    ends = [TaskEnd("build", -1, 1, "failed"), TaskEnd("publish", -1, 1, "running")]
    given = {"began": BEGAN, "tasks_began": {("publish", -1): BEGAN}, "at": BEGAN + timedelta(minutes=20)}
    story = told(tmp_path, refused(), ends=ends, state="running", **given)
    assert story.state == "FAILED"
    goes_on = "Running since 17:00 UTC, 20 minutes; task publish since 17:00 UTC, 20 minutes."
    assert story.sentence.endswith(f" The DAG run goes on. {goes_on}")


def test_a_failure_that_airflow_calls_a_success_says_so(tmp_path):
    ends = [TaskEnd("build", -1, 1, "failed"), TaskEnd("publish", -1, 0, "skipped")]
    for state, is_so in (("success", True), ("failed", False)):
        story = told(tmp_path / state, refused(), ends=ends, state=state)
        assert story.state == "FAILED"
        assert story.sentence.endswith(" Airflow calls the DAG run a success all the same.") == is_so


def test_a_refusal_that_airflow_will_try_again_is_not_the_end(tmp_path):
    story = told(tmp_path, refused(), ends=[TaskEnd("build", -1, 1, "up_for_retry")], state="running")
    assert story.state == "RUNNING"
    assert story.sentence.endswith("Airflow tries it again.")


def test_a_refusal_that_could_not_be_kept_comes_through_airflow(tmp_path):
    ends = [TaskEnd("build", -1, 1, "failed")]
    assert told(tmp_path, ends=ends, handed={("build", -1): NO}).cause == NO


def test_of_one_task_only_that_task_is_told(tmp_path):
    for one in (refused(), evidence("choose")):
        keep_task(tmp_path, one)
    saw = Seen("dag", RUN, "failed", (TaskEnd("build", -1, 1, "failed"), TaskEnd("choose", -1, 1, "success")))
    assert tell(tmp_path, saw, "choose").state == "OK"
    assert tell(tmp_path, saw, "build").state == "FAILED"


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
    of_another = changes_since([evidence(notes={"inputs": {**then, "name": "b"}})], [evidence(notes={"inputs": then})])
    assert of_another == [
        Change("rows and SQL of", "only before", "a", None),
        Change("rows and SQL of", "only now", None, "b"),
    ]
    assert changes_since([evidence()], [evidence(notes={"inputs": then})]) == []
    assert untold_since([evidence()], [evidence(notes={"inputs": then})]) == ["rows and SQL"]
    assert untold_since([evidence(notes={"inputs": now})], [evidence(notes={"inputs": then})]) == []


@pytest.mark.parametrize(
    ("cause", "command"),
    [
        (Refused("a.b", "x", "In a home of its own: PIPELINE_HOME=x make run"), "PIPELINE_HOME=x make run"),
        (Refused("a.b", "x", "Run: make setup; or name a folder."), "make setup"),
        (NO, "python -m ingestion land --source a --month b"),
        (Refused.of(BadInput("settings.invalid", "x", next_step="Correct or unset PIPELINE_X.")), "unset PIPELINE_X"),
        (Refused.of(Unavailable("publish.no_place", "x", next_step="Free some space.")), "df -h /home/X"),
        (Refused("a.b", "x", "Land one: python -m ingestion land --source SOURCE --month 2013-01"), None),
        (Refused("a.b", "x", "Build: python -m features build --name NAME --as-of TIME"), None),
        (Refused("features.x", "x", "Mend it."), None),
        (Refused("features.dbt_failed", "x", "Correct that file."), None),
        (Refused("registry.unavailable", "x", "Check that it answers."), None),
        (Refused("nobody.knows", "x", "Think."), None),
    ],
)
def test_the_command_is_that_of_the_refusal_or_else_of_its_code(cause, command):
    told = mending("dag", "check", cause, {"name": "late", "home": "/home/X"}, {})
    assert told.command == command
    assert (command is None) == told.said.startswith(("There is no command", "No command runs"))


def test_what_a_person_has_to_choose_is_named_and_what_is_known_is_filled_in():
    cause = Refused("a.b", "x", "Land one: python -m ingestion land --source SOURCE --month 2013-01")
    assert mending("dag", "choose", cause, {}, {}).said.startswith(
        "No command runs as it stands: a person has to choose SOURCE"
    )
    known = mending("dag", "choose", cause, {"source": "post"}, {})
    assert known.command == "python -m ingestion land --source post --month 2013-01"
    asks = Refused("a.b", "x", "python -m training promote --candidate RUN --approved-by NAME --reason TEXT")
    assert mending("dag", "x", asks, {"run_id": "f" * 32, "name": "toy"}, {}).command is None


@pytest.mark.parametrize("template", sorted(set(BY_CODE.values())))
def test_a_command_by_code_is_shown_whole_or_not_at_all(template):
    assert filled(template, {}) in {None, template}
    assert "{" not in (filled(template, {}) or "")


MISSING = Refused("source.month_missing", "x has no row of 2031-05.", "Get a file that holds 2031-05.")


def test_where_nobody_is_set_to_be_told_no_command_is_shown_since_a_person_has_to_choose_the_receiver():
    told = mending(
        "dag", "notify", Refused("alerts.no_channel", "3 messages wait.", "Set MONITORING_WEBHOOK_URL."), {}, {}
    )
    assert (told.command, "a person has to choose URL" in told.said) == (None, True)


@pytest.mark.parametrize("given", ["m; curl example.org | sh", "$(id)", "-m", "m\n", ""])
def test_a_parameter_that_a_shell_would_read_in_its_own_way_stands_in_no_command(tmp_path, given):
    broken = refused(refused=Refused("ledger.damaged", "The ledger cannot be read.", "Restore it."))
    assert told(tmp_path, broken, conf={"model": "m"}).command == "python -m training history --model m"
    assert told(tmp_path, broken, conf={"model": given}).command is None
    handed_on = evidence("choose", returned={"model": given})
    assert told(tmp_path, handed_on, replace(broken, name=replace(broken.name, task="judge"))).command is None


def month(tmp_path, **conf):
    chosen = evidence("choose", returned=[{"source": "post", "month": "2031-05"}])
    return told(tmp_path, chosen, refused(task="land", map_index=0, minute=1, refused=MISSING), conf=conf)


def test_of_a_parameter_that_was_wrong_clearing_is_not_advised_nor_is_the_same_again(tmp_path):
    story = month(tmp_path, month="2031-05")
    assert (story.command, story.todo.said) == (None, "")
    assert story.todo.then.startswith(
        "This DAG run was given month 2031-05, and keeps it. If that was wrong, clearing a task repeats the failure: "
        "start another DAG run of dag with what is right. If it was right,"
    )


def test_what_failed_is_repeated_only_once_that_is_mended(tmp_path):
    story = month(tmp_path)
    assert story.command == "python -m ingestion land --source post --month 2031-05"
    assert story.todo.said.startswith("Once that is mended, clear the task land in Airflow")
    assert story.todo.line == f"Once mended: {story.command}"


def test_a_dag_run_that_was_started_wrongly_is_started_anew(tmp_path):
    nothing = replace(NO, code="train.nothing_due", next_step="Trigger it with a training_set.")
    story = told(tmp_path, refused(task="choose", refused=nothing))
    assert (story.command, "Clearing a task repeats the failure" in story.todo.then) == (None, True)


def test_where_the_next_step_says_what_to_clear_nothing_else_is_said_to_be_cleared(tmp_path):
    reason = replace(NO, code="decision.incomplete", next_step="Clear the task approve, not the one that failed.")
    assert told(tmp_path, refused(task="promote", refused=reason)).todo.then == ""


def test_a_question_that_nobody_answered_well_is_told_as_that(tmp_path):
    story = told(tmp_path, evidence("ask"), ends=[TaskEnd("approve", 0, 1, "failed")])
    assert (story.codes, story.command, story.todo.then) == (("approval.unanswered",), None, "")
    assert "Clear the task approve" in story.cause.next_step
    # Whoever was killed or marked failed leaves as little.
    assert "leaves no word of why. Mostly nobody answered" in story.sentence


@pytest.mark.parametrize(
    ("waits", "state", "command", "said"),
    [
        (True, "WAITS", f"python -m training judge --candidate {'c' * 32}", "A person decides"),
        (False, "KEPT", None, "There is nothing to run"),
    ],
)
def test_what_waits_for_a_person_or_was_kept_is_not_trained_again(tmp_path, waits, state, command, said):
    decided = {"promoted": False, "waits": waits, "candidate": "c" * 32, "model": "m", "said": "So.", "reasons": []}
    story = told(tmp_path, evidence("promote", notes={"decided": decided}), state="success")
    assert (story.state, story.command) == (state, command)
    assert story.todo.said.startswith(said)
    assert story.todo.line == ("Next: answer under Required Actions in Airflow." if waits else "")


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
    key = {"dag_id": "dag", "run_id": RUN}
    assert link_of(name, SimpleNamespace(**key, task_id="train", map_index=2)) == address
    assert link_of(name, SimpleNamespace(**key, task_id="choose", map_index=-1)) is None


def test_a_task_whose_rows_failed_links_to_their_data_docs_and_so_does_its_page(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    noted = {"set": "toy", "attempt": "2013-03-01.b344ea68c046", "checked": 1}
    failed = {"column": "load", "expectation": "E", "raised": None, "observed": 1, "bound": "2", "keys": []}
    address = "/on-call/audits/toy/2013-03-01.b344ea68c046/docs/index.html"
    key = SimpleNamespace(dag_id="dag", run_id=RUN, task_id="build", map_index=-1)
    for of, link in (([failed], address), ([], None)):
        story = told(tmp_path, refused(notes={"expectations": {**noted, "failed": of}}))
        assert (link_of("Data Docs", key), link_of("Training set", key)) == (link, None)
        page = body_of(story, read_places({"PIPELINE_HOME": str(tmp_path)}), OnCallSettings())
        assert (f'href="{address}"' in page) == (link is not None)


@pytest.mark.parametrize("red", [False, True])
def test_why_drift_starts_no_retraining_stands_on_the_page_also_when_another_task_said_no(tmp_path, red):
    kept = evidence("retrain", outcome="skipped", said="Not now.", notes={"retraining": {"kept_by": ["Too near."]}})
    story = told(tmp_path, *([refused(task="conclude")] if red else []), kept, state="failed" if red else "success")
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    assert "<p>Too near.</p>" in body_of(story, places, OnCallSettings()).partition("<h2>Changed")[0]


def test_a_model_whose_training_said_no_is_one_that_the_dag_run_is_about_by_its_config(tmp_path):
    config = {"name": "late", "training_set": "s/1", "rows": 3, "keys": {"model": "m"}, "code": {}}
    assert told(tmp_path, refused(task="train", notes={"config": config})).models == {"m"}
