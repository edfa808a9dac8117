"""What the story of a DAG run says besides, and what it advises, where the obvious would repeat the failure."""

import shlex
import subprocess
from dataclasses import replace

import pytest

from artifacts import ledger
from artifacts.errors import Conflict
from artifacts.run_evidence import Refused
from monitoring.notify import _next_step
from plugins.run_story.changes import Change, changes_since
from plugins.run_story.todo import mending
from tests.run_story.kept import FINDINGS, NO, evidence, refused, told

SAID = "What was asked could not be judged: labels.none: No labels."
ALERTS = "python -m monitoring alerts --model m"
BY_HAND, TELLS = "Or, instead of that, by hand:", "Whether it is mended is told by:"
UNJUDGED = Refused("monitoring.cannot_judge", SAID, ALERTS)


def worst(state, code):
    return {"state": state, "code": code, "text": "So.", "feature": None, "rule": "r"}


def watched(tmp_path):
    unknown = {**FINDINGS, "state": "UNKNOWN", "not_ok": 1, "worst": [worst("UNKNOWN", "labels.none")]}
    drifted = {
        **FINDINGS,
        "state": "DRIFT",
        "not_ok": 1,
        "worst": [worst("DRIFT", "drift.psi")],
        "window": "2013-11-24..2013-12-01",
    }
    kept = [evidence("check", map_index=at, notes={"findings": one}) for at, one in enumerate((unknown, drifted))]
    return told(tmp_path, *kept, refused(task="conclude", minute=1, refused=UNJUDGED))


def test_a_check_that_could_not_judge_does_not_say_that_nothing_drifted_where_something_did(tmp_path):
    story = watched(tmp_path)
    assert story.state == "UNKNOWN"
    assert (
        "What else was checked says DRIFT, and that was told: m version 1, 2013-11-24 to 2013-11-30." in story.sentence
    )


def test_a_check_that_says_drift_gives_no_code_to_the_one_that_could_not_judge(tmp_path):
    moved = [worst("DRIFT", "drift.psi"), worst("UNKNOWN", "values.none")]
    drifted = {**FINDINGS, "state": "DRIFT", "not_ok": 2, "worst": moved}
    unknown = {**FINDINGS, "state": "UNKNOWN", "not_ok": 1, "worst": [worst("UNKNOWN", "findings.nothing_judged")]}
    kept = [evidence("check", map_index=at, notes={"findings": one}) for at, one in enumerate((drifted, unknown))]
    story = told(tmp_path, *kept, refused(task="conclude", minute=1, refused=UNJUDGED))
    assert "(findings.nothing_judged)" in story.sentence and "(values.none)" not in story.sentence


def test_the_code_is_that_of_what_was_asked_whatever_else_is_unknown_or_moved(tmp_path):
    gap = {**worst("UNKNOWN", "predictions.gap"), "rule": "predictions"}
    about = {"worst": [worst("DRIFT", "drift.psi"), gap, worst("UNKNOWN", "labels.none")], "state": "DRIFT"}
    labels = {**FINDINGS, **about, "not_ok": 3, "asked": "UNKNOWN", "unjudged": ["labels.none", "skew.no_truth"]}
    log = {**FINDINGS, **about, "not_ok": 3, "asked": "DRIFT", "unjudged": [], "window": "2013-11-24..2013-12-01"}
    kept = [evidence("check", map_index=at, notes={"findings": one}) for at, one in enumerate((log, labels))]
    story = told(tmp_path, *kept, refused(task="conclude", minute=1, refused=UNJUDGED))
    assert story.sentence.startswith("conclude said no (labels.none): ") and story.codes[0] == "labels.none"
    assert (
        story.sentence.count("m version 1, ") == 1
        and "that was told: m version 1, 2013-11-24 to 2013-11-30." in story.sentence
    )


def test_findings_stay_as_they_are_so_that_clearing_is_not_advised(tmp_path):
    story = watched(tmp_path)
    assert story.command == ALERTS
    assert story.todo.then.startswith("What was found stays as it is, so clearing a task finds the same.")


def test_a_config_that_is_wrong_is_corrected_before_it_is_trained_by_again():
    facts = {"config": "v1", "training_set": "m/2013-01-01.0123456789ab"}
    wrong = Refused("config.invalid", "x", "Correct the config.")
    for culprit, how in (("choose", TELLS), ("train", BY_HAND)):
        todo = mending("dag", culprit, wrong, facts, {})
        assert todo.line.startswith("Once mended: python training/train.py")
        assert todo.said.endswith(how)


def test_a_moment_before_all_rows_is_corrected_by_another_dag_run():
    no = Refused("validation.nothing_to_check", "It has no row.", "Give a later one.")
    given = {"as_of": "2012-01-01"}
    todo = mending("build_training_set", "build", no, {"name": "late", "as_of": "2012-01-01"}, given)
    assert todo.command is None
    assert todo.then.startswith("This DAG run was given as_of 2012-01-01, and keeps it. If that was wrong, clearing")


def test_a_verdict_that_says_no_is_not_asked_for_again():
    no = Refused("promote.not_promotable", "Keep version 1.", "The reasons: python -m training judge --candidate c")
    todo = mending("approve_promotion", "ask", no, {"run_id": "c"}, {"candidate": "c"})
    assert todo.command is None
    assert todo.then.startswith("This DAG run was given candidate c, and keeps it. The verdict stays what it is")
    assert "clear the task" not in todo.then


LOST = Refused("judge.ledger_lost", "The ledger has no champion of m.", "Restore the ledger from its backup.")


@pytest.mark.parametrize(("dag", "culprit"), [("train_candidate", "promote"), ("approve_promotion", "ask")])
@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("judge.champion_differs", "history --model m"),
        ("judge.ledger_lost", "history --model m"),
        ("registry.unavailable", "judge --candidate c"),
    ],
)
def test_what_says_no_to_every_command_until_it_is_mended_comes_before_the_command(dag, culprit, code, command):
    todo = mending(dag, culprit, replace(LOST, code=code), {"run_id": "c", "model": "m"}, {})
    assert todo.line == f"Once mended: python -m training {command}"
    assert todo.said.startswith(f"Once that is mended, clear the task {culprit} in Airflow, and it runs again")


def test_a_training_that_was_refused_knows_its_model_from_the_config(tmp_path):
    config = {"name": "v1", "training_set": "m/2013-01-01.0123456789ab", "keys": {"model": "m", "seed": 3}}
    story = told(tmp_path, refused(task="train", refused=LOST, notes={"config": config}))
    assert story.todo.line == "Once mended: python -m training history --model m"


@pytest.mark.parametrize(
    ("code", "culprit", "command", "by_hand"),
    [
        ("ledger.unavailable", "notify", "python -m training history --model m", TELLS),
        ("ledger.damaged", "notify", "python -m training history --model m", TELLS),
        ("alerts.unavailable", "notify", "python -m monitoring notify", BY_HAND),
        ("alerts.damaged", "notify", "python -m monitoring notify", BY_HAND),
        ("alerts.unavailable", "check", "python -m monitoring notify", TELLS),
        ("home.champion_lost", "train", "python -m ops verify", TELLS),
        ("home.versions_lost", "train", "python -m ops verify", TELLS),
        ("registry.unavailable", "judge", "python -m training judge --candidate c", BY_HAND),
        ("registry.unavailable", "promote", "python -m training judge --candidate c", TELLS),
        ("registry.unavailable", None, "python -m training judge --candidate c", TELLS),
    ],
)
def test_a_command_that_meets_what_does_not_answer_is_by_hand_only_where_it_does_what_the_task_does(
    code, culprit, command, by_hand
):
    no = Refused(code, "It does not answer.", "See that the database is up and not locked, then try again.")
    todo = mending("a_dag", culprit, no, {"model": "m", "run_id": "c"}, {})
    first = f"Once that is mended, clear the task {culprit} in Airflow, and it runs again from there. "
    assert todo.line == f"Once mended: {command}"
    assert todo.said == f"{first if culprit else ''}{by_hand}"


@pytest.mark.parametrize(
    ("dag", "code", "conf", "said"),
    [
        (
            "approve_promotion",
            "ledger.promoted",
            {"candidate": "c"},
            "There is nothing to decide, and clearing a task finds",
        ),
        (
            "approve_promotion",
            "ledger.rejected",
            {"candidate": "c"},
            "A verdict is decided on once, so clearing a task,",
        ),
        ("approve_promotion", "ledger.rejected", {}, "A verdict is decided on once, so clearing a task,"),
        (
            "approve_promotion",
            "promote.promoted_before",
            {"candidate": "c"},
            "No verdict brings back what was replaced",
        ),
        ("approve_promotion", "promote.rolled_back", {}, "No verdict brings back what was replaced"),
        (
            "rollback",
            "rollback.is_champion",
            {"model": "m", "version": 1},
            "There is nothing to do, and clearing a task",
        ),
        (
            "build_training_set",
            "run.parameter_unknown",
            {"as_off": "x"},
            "Clearing a task repeats the failure: start an",
        ),
    ],
)
def test_what_a_cleared_task_meets_again_is_not_advised_to_be_cleared(dag, code, conf, said):
    todo = mending(dag, "check", Refused(code, "It is.", "Nothing."), {"run_id": "c", "model": "m"}, conf)
    assert (todo.command, todo.then.startswith(said)) == (None, True)
    assert "clear the task" not in todo.then.lower()


@pytest.mark.parametrize(
    ("left", "command"), [("webhook", "python -m monitoring notify"), ("smtp", None), ("webhook smtp", None)]
)
def test_what_only_airflow_delivers_is_not_delivered_by_the_command(left, command):
    undelivered = Refused("alerts.undelivered", "Not every alert was delivered.", _next_step(left.split(), False))
    todo = mending("watch_drift", "notify", undelivered, {}, {})
    assert (todo.command, "python -m" in todo.said) == (command, False)
    assert "clear the task notify" in f"{undelivered.next_step} {todo.said} {todo.then}".lower()


DOWN = Refused("registry.unavailable", "MLflow at http://127.0.0.1:9 says nothing.", "See that it is up.")


def test_without_mlflow_the_candidate_that_a_dag_run_was_given_is_the_one_to_judge(tmp_path):
    story = told(tmp_path, refused(task="ask", map_index=0, refused=DOWN), conf={"candidate": "c" * 32})
    assert story.command == f"python -m training judge --candidate {'c' * 32}"


def test_without_mlflow_the_candidate_of_each_branch_is_the_one_to_judge(tmp_path):
    chosen = evidence("choose", returned=[{"candidate": letter * 32} for letter in "ab"])
    story = told(tmp_path, chosen, refused(task="ask", map_index=1, minute=1, refused=DOWN))
    assert story.command == f"python -m training judge --candidate {'b' * 32}"


def test_of_a_first_candidate_that_was_not_promoted_no_champion_is_said_to_serve_on(tmp_path):
    kept = {"promoted": False, "waits": False, "champion": None, "model": "m", "said": "There is still no champion."}
    story = told(tmp_path, evidence("promote", notes={"decided": {**kept, "reasons": []}}), state="success")
    rejected = Refused("ledger.rejected", "Version 1 was rejected and there was no champion.", "Train again.")
    for todo in (story.todo, mending("approve_promotion", "ask", rejected, {}, {})):
        assert "what serves is as it was" in todo.said + todo.then and "serves on" not in todo.said + todo.then


def overtaken(expected):
    """The refusal of an approval that came after another version was promoted, as the ledger words it."""
    with pytest.raises(Conflict) as no:
        ledger.require_champion("sqlite:///none/ledger.db", "m", 2, "c" * 32, expected)
    return Refused.of(no.value)


def test_an_approval_that_came_too_late_is_judged_anew_and_asked_again_and_not_cleared():
    facts = {"run_id": "c" * 32, "model": "m"}
    todo = mending("approve_promotion", "promote", overtaken(1), facts, {})
    assert todo.command == f"python -m training judge --candidate {'c' * 32}"
    assert "clear the task" not in todo.then and "Clearing the task promote takes the old answer again" in todo.then
    assert f"trigger the DAG approve_promotion with the candidate {'c' * 32}." in todo.then


def test_a_pipeline_that_lost_its_races_judges_anew_when_its_task_is_cleared():
    todo = mending("train_candidate", "promote", overtaken(1), {"run_id": "c" * 32, "model": "m"}, {})
    assert todo.command == f"python -m training judge --candidate {'c' * 32}"
    assert todo.then == "Then clear the task promote in Airflow, and it runs again from there."


def config(name, of):
    return {"name": name, "training_set": of, "rows": 9, "keys": {"k": name}, "code": {"commit": None, "dirty": False}}


def test_another_config_on_another_set_differs_in_name_set_and_keys():
    now, then = (evidence(notes={"config": config(*one)}) for one in (("w6", "m/1"), ("v1", "m/2")))
    assert changes_since([now], [then]) == [
        Change("config", "name", "v1", "w6"),
        Change("w6", "training set", "m/2", "m/1"),
        Change("w6", "config k", "v1", "w6"),
    ]
    other = evidence(notes={"config": config("quick", "other/1")})
    assert changes_since([other], [then]) == [
        Change("config", "only before", "v1", None),
        Change("config", "only now", None, "quick"),
    ]
    both = changes_since([now, then], [then])
    assert both == [Change("config", "only now", None, "w6")]


def test_a_training_set_is_not_held_against_one_of_another_name(tmp_path):
    sets = ({"id": f"{name}/1", "rows": rows, "label_rate": 0.2, "new": True} for name, rows in (("a", 9), ("b", 99)))
    then, now = (evidence(notes={"training_set": one}) for one in sets)
    assert changes_since([now], [then]) == [
        Change("training set", "only before", "a", None),
        Change("training set", "only now", None, "b"),
    ]


def test_a_person_that_is_waited_for_is_no_command_with_holes_in_the_sentence(tmp_path):
    said = "Version 2 waits for a person: python -m training promote --candidate c --approved-by NAME --reason TEXT"
    decided = {"promoted": False, "waits": True, "candidate": "c", "model": "m", "said": said, "reasons": []}
    story = told(tmp_path, evidence("promote", notes={"decided": decided}), state="success")
    assert story.sentence == "m: Version 2 waits for a person."


def test_what_one_model_came_to_is_told_beside_the_no_of_another_first_what_waits_for_a_person(tmp_path):
    about = {"promoted": False, "candidate": "c", "reasons": []}
    kept = {**about, "waits": False, "model": "kept", "said": "The champion stays."}
    waits = {**about, "waits": True, "model": "m", "said": "Version 2 waits: python -m training promote --reason TEXT"}
    others = [
        evidence("promote", map_index=at, notes={"decided": one}) for at, one in enumerate((kept, waits), start=1)
    ]
    story = told(tmp_path, refused(task="judge", map_index=0), *others)
    assert story.state == "FAILED" and story.sentence.startswith("judge said no")
    assert story.sentence.endswith(" m: Version 2 waits. kept: The champion stays.")


def test_of_a_database_the_words_are_told_and_the_statement_is_not(tmp_path):
    error = "MLflow at sqlite:///m.db says: (sqlite3.DatabaseError) file is not a database\n[SQL: SELECT a\nFROM b]"
    down = replace(NO, code="registry.unavailable", message=f"{error}\n(Background on this error at: https://x.org)")
    story = told(tmp_path, refused(refused=down))
    assert story.sentence.endswith("says: (sqlite3.DatabaseError) file is not a database.")


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        (
            {"trained": {"model": "m", "version": 3, "new": True}, "config": {"name": "v1", "training_set": "m/1"}},
            "m: version 3 was trained on m/1, by config v1.",
        ),
        ({"verdict": {"model": "m", "headline": "Promote version 3."}}, "m: the judge says: Promote version 3."),
    ],
)
def test_a_task_on_the_way_to_a_decision_says_what_it_made(tmp_path, notes, said):
    assert told(tmp_path, evidence("train", notes=notes), state="success").sentence == said


@pytest.mark.parametrize(
    ("folder", "moving", "making"),
    [
        (
            "raw/post/parcels/2013-02/base-3ad236438d80", "damaged-post-parcels-2013-02",
            "python -m ingestion land --source post --month 2013-02",
        ),
        (
            "training_sets/m/2013-11-01T0600.6eeb85edd404", "damaged-m-2013-11-01T0600",
            "python -m features build --name m --as-of 2013-11-01T0600",
        ),
    ],
)  # fmt: skip
def test_what_is_damaged_is_moved_away_and_made_again_by_its_own_name(folder, moving, making):
    cause = Refused("publish.damaged", f"/home/{folder} is damaged: x is gone.", "Restore.")
    todo = mending("dag", "build", cause, {"home": "/home"}, {})
    assert todo.said.startswith(
        f"Without a copy to restore it from, move the folder out of the way (mv /home/{folder} "
    )
    assert f"/home/{moving})" in todo.said
    assert todo.line == f"Once mended: {making}"
    correction = replace(cause, message=cause.message.replace("base-", "correction-").replace("6eeb", "xxxx"))
    assert not mending("dag", "build", correction, {"home": "/home"}, {}).repeats


@pytest.mark.parametrize(
    ("why", "command"),
    [
        ("No space left on device", "df -h '{disk}/sets of X'"),
        ("Operation not permitted", "ls -ld '{disk}/sets of X'"),
        ("Permission denied", "ls -ld '{disk}/sets of X'"),
        ("Read-only file system", "findmnt -T '{disk}/sets of X'"),
    ],
)
def test_a_place_is_looked_at_where_it_is_full_or_closed_and_not_in_the_home(tmp_path, why, command):
    (tmp_path / "sets of X").mkdir()
    no = Refused("publish.no_place", f"{tmp_path}/sets of X/late_arrival cannot be written: {why}.", "Free some space.")
    todo = mending("build_training_set", "build", no, {"home": "/home"}, {})
    assert todo.command == command.format(disk=tmp_path)
    assert subprocess.run(shlex.split(todo.command), check=False, stdout=subprocess.DEVNULL).returncode == 0


def test_of_a_full_disk_that_is_not_mounted_here_the_path_is_that_of_the_message():
    no = Refused("publish.no_place", "/nowhere/sets cannot be written: Disk quota exceeded.", "Free some space.")
    assert mending("build_training_set", "build", no, {"home": "/home"}, {}).command == "df -h /nowhere/sets"


def test_reasons_that_are_only_said_again_are_no_command():
    why = Refused(
        "judge.suspicious", "x", "The reasons: python -m training judge --candidate c, and v.html on that run."
    )
    todo = mending("dag", "judge", why, {"training_set": "m/2013-01-01.0123456789ab", "config": "v1"}, {})
    assert todo.line == (
        "Once mended: python training/train.py --config training/configs/v1.yaml "
        "--training-set m/2013-01-01.0123456789ab"
    )
    assert "clear" not in todo.said and "Clearing the task judges the same candidate" in todo.then
