"""The run page as Airflow mounts it: of a DAG run, of one task of it, and of none that Airflow knows."""

import shutil
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from artifacts import alerts, ledger
from artifacts.places import read_places
from artifacts.registry import Registry
from artifacts.reigns import told_champion
from artifacts.run_evidence import (
    DagRunEnd,
    Refused,
    TaskEvidence,
    TaskName,
    keep_run_end,
    keep_task,
    read_run_end,
)
from plugins.run_story.message import champions
from plugins.run_story.note import ENDS
from plugins.run_story.retell import retell_notes
from plugins.run_story.run_end import run_ended
from tests.plugins.test_model_page import part

RUN = "manual__2026-11-25T17:00:00+00:00"
AT = datetime(2026, 11, 25, 17)
PATH = "/on-call/dags/build_training_set/runs/manual__2026-11-25T17%3A00%3A00%2B00%3A00"


def added(dag, state, run=RUN, note=None):
    """A DAG run in Airflow's database."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType

    now = datetime.now(UTC)
    row = DagRun(dag_id=dag, run_id=run, run_type=DagRunType.MANUAL, run_after=now, state=state, note=note)
    with create_session() as session:
        session.add(row)
    return row


def retold(places, at_a_look=lambda session, asked: None):
    """Set notes anew, as at the end of any DAG run; `at_a_look` is called when the tasks of one are read."""
    from airflow.utils.session import create_session
    from sqlalchemy import event

    def asked(state):
        told = state.statement.compile()
        if "FROM task_instance" in str(told):
            at_a_look(state.session, told.params.values())

    with create_session() as session:
        event.listen(session, "do_orm_execute", asked)
        try:
            retell_notes(places, session)
        finally:
            # The thread's next session is the same one.
            event.remove(session, "do_orm_execute", asked)


def noted(dag, run=RUN):
    """Its note."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        return session.query(DagRun).filter(DagRun.dag_id == dag, DagRun.run_id == run).one().note


@pytest.fixture
def failed(auth, tmp_path):
    """A home in which the task build said no, and that DAG run in Airflow's database."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    said = Refused("set.bad", "Set <b>a</b> has 3 rows.", "Land more: python -m ingestion land --source a")
    name = TaskName("build_training_set", RUN, "build", 2)
    keep_task(places.home, TaskEvidence(name, "refused", AT, AT, said))
    added("build_training_set", "failed")
    yield places
    with create_session() as session:
        session.query(DagRun).delete()


@pytest.fixture
def failed_run(failed):
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        [row] = session.query(DagRun)
        yield failed, row


@pytest.mark.parametrize("damaged", ["task.*", "last_good.json"])
def test_at_the_end_of_a_dag_run_damaged_evidence_keeps_nothing_else_from_being_told(failed_run, monkeypatch, damaged):
    (places, row), posted = failed_run, "http://127.0.0.1:9/"
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    monkeypatch.setenv("MONITORING_WEBHOOK_URL", posted)
    keep_run_end(places.home, DagRunEnd("build_training_set", "before", "success", AT, (), None))
    [file] = places.home.rglob(damaged)
    file.write_bytes(b"x" + file.read_bytes())
    story = run_ended(row)
    assert (story.state, row.note.partition(":")[0]) == ("FAILED", "✗ FAILED")
    assert alerts.undelivered(places.alerts) == 1
    assert read_run_end(places.home, "build_training_set", RUN).state == "failed"


def test_a_dag_run_is_held_against_the_last_good_one_about_the_same_model(failed_run, opened, monkeypatch):
    (places, row), dag = failed_run, "build_training_set"
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    code = {"commit": "c0ffee", "dirty": False}

    def config(model):
        keys = {"model": model, "trees": model}
        return {"name": model, "training_set": f"{model}/1", "rows": 3, "keys": keys, "code": code}

    def tried(run, model, task="train"):
        name = TaskName(dag, run, task)
        keep_task(places.home, TaskEvidence(name, "passed", AT, AT, notes={"config": config(model)}))

    tried("of_another", "late")
    about = ("model late", "training set late")
    keep_run_end(places.home, DagRunEnd(dag, "of_another", "success", AT, (), None, about=about))
    tried("of_more", "more")
    about_more = ("model more", "training set more")
    keep_run_end(places.home, DagRunEnd(dag, "of_more", "success", AT + timedelta(1), (), None, about=about_more))
    tried(RUN, "gone")
    run_ended(row)
    shown = part(opened(places).get(PATH).text, "changes")
    assert "it is the first of this DAG about model gone: none ended well before it" in shown
    tried(RUN, "late")
    run_ended(row)
    assert "Nothing that was noted differs from of_another." in part(opened(places).get(PATH).text, "changes")
    for number, model in enumerate(("gone", "late", "more")):
        tried(RUN, model, f"train_{number}")
    run_ended(row)
    shown = part(opened(places).get(PATH).text, "changes")
    for model, run in (("late", "of_another"), ("more", "of_more")):
        assert f"Nothing that was noted of model {model} differs from {run}." in shown
    assert "about model gone: none ended well before it" in shown and "only now" not in shown
    given = {"month": "2019-01", "keys": {"a": 1}}
    keep_run_end(places.home, DagRunEnd(dag, RUN, "failed", AT, (), "of_another", given, about))
    shown = part(opened(places).get(PATH).text, "changes")
    assert "parameter month none 2019-01" in shown and 'parameter keys none {"a": 1}' in shown.replace("&quot;", '"')
    [file] = (places.home / "runs" / dag).glob("last_good.model*late.json")
    file.write_text("{broken")
    run_ended(row)
    shown = part(opened(places).get(PATH).text, "changes")
    assert "could not be read when this one ended. run_evidence.damaged: " in shown and "the first" not in shown


def test_a_dag_run_that_a_person_marks_success_is_held_against_none_that_began_after_it(failed_run, monkeypatch):
    (places, row), dag = failed_run, "build_training_set"
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    for run, year in (("before", 2020), ("after", 2999)):
        at = datetime(year, 1, 1)
        keep_run_end(places.home, DagRunEnd(dag, run, "success", at, (), "before" if year > 2020 else None, began=at))
    row.state = "success"
    run_ended(row)
    assert read_run_end(places.home, dag, RUN).since == "before"


def test_that_its_end_is_not_kept_is_not_said_of_a_dag_run_that_goes_on(failed, opened):
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(DagRun).update({DagRun._state: "running"})
    for path in (PATH, f"{PATH}/tasks/build/-1"):
        page = opened(failed).get(path).text
        assert "This DAG run has not ended yet" in page and "is not kept here" not in page


def test_the_heading_names_the_dag_run_and_the_task(failed, opened):
    assert f"<h1>build_training_set · {RUN}</h1>" in opened(failed).get(PATH).text
    assert f"<h1>build_training_set · {RUN} · build</h1>" in opened(failed).get(f"{PATH}/tasks/build/-1").text


def test_a_dag_run_that_runs_says_on_its_page_since_when_it_does_by_airflow(failed_run, opened):
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    places, row = failed_run
    began = datetime.now(UTC) - timedelta(minutes=12, seconds=9)
    with create_session() as session:
        at = {DagRun._state: "running", DagRun.start_date: began}
        session.query(DagRun).filter(DagRun.id == row.id).update(at, synchronize_session=False)
    for file in places.home.rglob("task.*"):
        file.unlink()
    shown = part(opened(places).get(PATH).text, "verdict")
    assert "Running since " in shown and f"{began:%H:%M} UTC, 12 minutes." in shown


def test_what_serves_is_not_told_as_nothing_when_the_ledger_was_lost(failed, opened, home, tmp_path):
    assert "No model was promoted yet." in part(opened(failed).get(PATH).text, "serves")
    mlflow = {"mlflow": home[0].mlflow, "mlflow_artifacts": home[0].mlflow_artifacts}
    page = opened(failed.model_copy(update=mlflow)).get(PATH).text
    assert "judge.ledger_lost" in part(page, "serves")


def test_of_a_champion_that_mlflow_lost_what_serves_says_so(failed, opened, home):
    serves = part(
        opened(home[0].model_copy(update={"home": failed.home, "mlflow": failed.mlflow})).get(PATH).text, "serves"
    )
    assert "toy: version 1 is champion since" in serves
    assert "has no version of it. Restore MLflow" in serves and "home.champion_lost" in serves


def test_of_a_model_that_it_is_about_and_that_has_no_champion_it_says_so_beside_those_that_have_one(
    failed, opened, home
):
    about = {"trained": {"run_id": "a" * 32, "model": "twin", "version": 1}}
    name = TaskName("build_training_set", RUN, "train")
    keep_task(failed.home, TaskEvidence(name, "passed", AT, AT, notes=about))
    places = home[0].model_copy(update={"home": failed.home})
    serves = part(opened(places).get(PATH).text, "serves")
    assert "twin: no version was promoted yet, so it has no champion, and no service of a champion serves it." in serves
    assert "toy: version 1 is champion since" in serves and "None" not in serves


def test_of_models_that_mlflow_alone_knows_page_and_message_say_that_nothing_of_them_serves(failed, opened):
    from mlflow import MlflowClient

    Registry.at(failed).prepare()
    MlflowClient(failed.mlflow).create_registered_model("toy")
    about = {"run_id": "1" * 32, "decided_at": AT, "decided_by": "ana", "reason": "It is the first."}
    never = "no version was promoted yet, so it has no champion, and no service of a champion serves it."
    serves = part(opened(failed).get(PATH).text, "serves")
    assert f"toy: {never}" in serves and "No model was promoted yet." not in serves
    assert champions(failed) == ["Champion of toy: none yet, so no service of a champion serves it"]
    ledger.promote(failed.ledger, model="twin", version=1, expected=None, **about)
    serves = part(opened(failed).get(PATH).text, "serves")
    assert "twin: version 1 is champion since" in serves and f"toy: {never}" in serves
    assert champions(failed)[0] == "Champion: twin version 1" and champions(failed)[1].startswith("Champion of toy: ")


@pytest.mark.parametrize("path", [PATH, f"{PATH}/tasks/build/2"])
def test_the_page_tells_damaged_evidence_as_what_it_is(failed, opened, path):
    [file] = failed.home.rglob("task.*")
    file.write_bytes(b"x" + file.read_bytes())
    answer = opened(failed).get(path)
    assert answer.status_code == 200
    assert "run_evidence.damaged" in answer.text and "✓ OK" not in answer.text


def test_damaged_evidence_is_told_also_where_another_task_said_no(failed, opened):
    keep_task(failed.home, TaskEvidence(TaskName("build_training_set", RUN, "choose"), "passed", AT, AT))
    [file] = failed.home.rglob("task.choose.*")
    file.write_bytes(b"\xff no JSON")
    page = opened(failed).get(PATH).text
    assert "build said no (set.bad)" in part(page, "verdict") and "run_evidence.damaged" in part(page, "verdict")
    assert f"{file} is damaged: it does not hold run evidence" in part(page, "tasks")


def test_a_page_that_is_nothing_without_what_was_refused_says_it_plainly(home, opened, tmp_path):
    places, about = home
    copied = tmp_path / "sets"
    shutil.copytree(places.training_sets, copied)
    mine = places.model_copy(update={"training_sets": str(copied)})
    path = f"/on-call/training-sets/{about.training_set}/docs/index.html"
    [manifest] = copied.rglob("manifest.json")
    manifest.write_text(manifest.read_text()[:-9])
    damaged = opened(mine).get(path)
    assert (damaged.status_code, "publish.damaged" in damaged.text) == (503, True)
    assert "Not available." in damaged.text
    shutil.rmtree(copied)
    missing = opened(mine).get(path)
    assert (missing.status_code, "Not there." in missing.text) == (404, True)


@pytest.mark.parametrize("path", [PATH, f"{PATH}/tasks/build/2"])
def test_the_page_says_what_happened_and_what_to_do_and_escapes_it(failed, opened, path):
    answer = opened(failed).get(path)
    assert answer.status_code == 200
    assert "build said no (set.bad): Set &lt;b&gt;a&lt;/b&gt; has 3 rows." in answer.text
    assert '<code class="command">python -m ingestion land --source a</code>' in answer.text
    assert "Then clear the task build" in answer.text


def test_of_a_parameter_that_it_was_given_the_page_says_that_clearing_repeats_the_failure(failed, opened):
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    said = Refused("features.not_landed", "Rows have landed until 2014-01-01.", "Land the months before it first.")
    keep_task(failed.home, TaskEvidence(TaskName("build_training_set", RUN, "build", 2), "refused", AT, AT, said))
    with create_session() as session:
        session.query(DagRun).one().conf = {"as_of": "2031-01-01"}
    page = opened(failed).get(PATH).text
    assert "This DAG run was given as_of 2031-01-01, and keeps it. If that was wrong, clearing a task repeats" in page
    assert "Then clear the task" not in page


def test_another_task_of_it_said_nothing(failed, opened):
    assert "said no" not in opened(failed).get(f"{PATH}/tasks/choose/%7BMAP_INDEX%7D").text.partition("Tasks")[0]


def test_a_task_that_the_dag_run_has_not_has_no_page(failed, opened):
    import sqlalchemy as sa
    from airflow.models import TaskInstance
    from airflow.utils.session import create_session

    rows = [{"task_id": task, "map_index": at, "state": "failed"} for task, at in (("build", 2), ("choose", -1))]
    same = {"dag_id": "build_training_set", "run_id": RUN, "try_number": 1, "pool": "default_pool", "pool_slots": 1}
    with create_session() as session:
        session.execute(sa.insert(TaskInstance), [{"id": uuid4(), **same, **row} for row in rows])
    asked = ("build/2", "build/%7BMAP_INDEX%7D", "choose/-1", "nope/-1", "build/7")
    answers = {task: opened(failed).get(f"{PATH}/tasks/{task}") for task in asked}
    statuses = {task: answer.status_code for task, answer in answers.items()}
    with create_session() as session:
        session.query(TaskInstance).delete()
    assert "has no task nope; it has build, choose." in answers["nope/-1"].text
    assert "has no task build [7]; it has build [2]." in answers["build/7"].text
    assert statuses == {"build/2": 200, "build/%7BMAP_INDEX%7D": 200, "choose/-1": 200, "nope/-1": 404, "build/7": 404}


def test_a_dag_run_that_airflow_does_not_know_has_no_page(opened):
    answer = opened().get("/on-call/dags/build_training_set/runs/nothing")
    assert answer.status_code == 404
    assert "Airflow knows no DAG run nothing" in answer.text


WAITS = {
    "promoted": False, "waits": True, "candidate": "c" * 32, "model": "toy", "version": 1, "champion": None,
    "verdict": "verdicts/a/verdict.json", "reasons": [], "said": "Version 1 waits for a person.",
    "headline": "Promote version 1.", "metrics": {"candidate": {}},
}  # fmt: skip


def test_the_page_and_the_note_of_a_dag_run_that_waited_tell_what_was_decided_since(failed_run, opened, monkeypatch):
    (places, approved), path = failed_run, PATH.replace("build_training_set", "train_candidate")
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    keep_task(
        places.home,
        TaskEvidence(TaskName("train_candidate", RUN, "promote"), "passed", AT, AT, notes={"decided": WAITS}),
    )
    waited = added("train_candidate", "success")
    run_ended(waited)
    assert noted("train_candidate").startswith(
        "… WAITS: toy: Version 1 waits for a person.\nNext: answer under Required"
    )
    ledger.promote(
        places.ledger, model="toy", version=1, run_id="c" * 32, expected=None, decided_at=AT, decided_by="ana",
        reason="It is the first.", verdict="verdicts/a/verdict.json",
    )  # fmt: skip
    run_ended(approved)
    said = "toy: Version 1 was promoted, 2026-11-25 17:00:00 UTC, ana: It is the first."
    assert noted("train_candidate") == f"✓ OK: {said}\n(from the run page)"
    verdict = part(opened(places).get(path).text, "verdict")
    assert said in verdict and "Required Actions" not in verdict


def waited(places, opened, **left):
    """The verdict on the page of a DAG run that ended while its candidate waited for a person."""
    name, noted = TaskName("build_training_set", RUN, "build", 2), {"decided": WAITS | left}
    keep_task(places.home, TaskEvidence(name, "passed", AT, AT, notes=noted))
    return part(opened(places).get(PATH).text, "verdict")


@pytest.fixture
def ended_well(failed_run):
    """The places of a DAG run that ended well."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(DagRun).one().state = "success"
    return failed_run[0]


def test_a_candidate_that_nobody_is_asked_about_is_not_to_be_answered(ended_well, opened):
    said = waited(ended_well, opened)
    assert "A person decides, and nothing asks one now." in said and ": answer under Required Actions" not in said
    assert f"trigger the DAG approve_promotion with the candidate {'c' * 32}" in said


def test_a_candidate_whose_bytes_were_rolled_back_from_since_waits_for_nobody(ended_well, opened, home):
    about = {"model": "toy", "decided_at": AT, "decided_by": "ana", "reason": "Better."}
    candidate = Registry.at(home[0]).model_version("toy", 1)
    for version, expected, kind in ((2, None, "promote"), (1, 2, "promote"), (2, 1, "rollback")):
        line = {"run_id": str(version) * 32, "model_sha256": candidate.model_sha256 if version == 1 else "2" * 64}
        ledger.promote(ended_well.ledger, version=version, expected=expected, kind=kind, **line, **about)
    mlflow = {"mlflow": home[0].mlflow, "mlflow_artifacts": home[0].mlflow_artifacts}
    said = waited(ended_well.model_copy(update=mlflow), opened, champion=2, candidate=candidate.run_id)
    assert "= KEPT" in said and "Nobody decided on version 1. It is, byte for byte, version 1" in said
    assert "Required Actions" not in said


def test_a_first_candidate_whose_ledger_was_lost_is_not_told_to_wait(ended_well, opened, home):
    mlflow = {"mlflow": home[0].mlflow, "mlflow_artifacts": home[0].mlflow_artifacts}
    said = waited(ended_well.model_copy(update=mlflow), opened)
    assert "Whether a person decided since is not known (judge.ledger_lost). Version 1 waits" in said
    assert "judge.ledger_lost" in said and "answer under Required Actions" not in said


def test_of_a_ledger_that_lost_one_of_two_models_page_and_message_say_so_beside_the_other(failed, opened, home):
    promoted = {"decided_at": AT, "decided_by": "ana", "reason": "It is the first."}
    ledger.promote(failed.ledger, model="twin", version=1, run_id="1" * 32, expected=None, **promoted)
    mlflow = {"mlflow": home[0].mlflow, "mlflow_artifacts": home[0].mlflow_artifacts}
    places = failed.model_copy(update=mlflow)
    serves = part(opened(places).get(PATH).text, "serves")
    assert "twin: version 1 is champion" in serves and serves.count("judge.ledger_lost") == 1
    assert champions(places) == ["Champion: twin version 1", "Champions: not all known (judge.ledger_lost)"]
    assert champions(places, hurried=True) == ["Champion: twin version 1"]
    assert champions(places, ["twin", "toy"], hurried=True)[1:] == ["Champions: not all known (judge.ledger_lost)"]


def waits_in_its_note(places, run, noted):
    """A DAG run that waited for a person when it ended, with its note."""
    if noted is not None:
        name = TaskName("train_candidate", run, "promote")
        keep_task(places.home, TaskEvidence(name, "passed", AT, AT, notes={"decided": noted}))
    return added("train_candidate", "success", run, f"… WAITS: toy: Version 1 waits for a person.\n{ENDS}")


def test_what_one_dag_run_left_wrong_keeps_no_other_note_from_being_set(failed, caplog):
    promoted = {"decided_at": AT, "decided_by": "ana", "reason": "It is the first."}
    ledger.promote(failed.ledger, model="toy", version=1, run_id="c" * 32, expected=None, **promoted)
    waits_in_its_note(failed, "a_wrong", {"waits": True, "promoted": False})
    waits_in_its_note(failed, "b_whole", WAITS)
    retold(failed)
    assert noted("train_candidate", "b_whole").startswith("✓ OK: toy: Version 1 was promoted")
    assert noted("train_candidate", "a_wrong").startswith("… WAITS")
    assert "note of DAG run train_candidate a_wrong is not set anew: KeyError('model')" in caplog.text


MADE = {**WAITS, "waits": False, "promoted": True, "said": "Version 1 is champion."}


@pytest.mark.parametrize(
    ("left", "said"),
    [({"notes": {"decided": MADE}}, "toy: Version 1 is champion."), ({"returned": told_champion("toy", 1, 1)}, None)],
)
def test_the_note_of_a_dag_run_that_made_a_champion_says_until_when_it_was_once_another_is(failed, left, said):
    about = {"decided_by": "ana", "reason": "It is the first."}
    ledger.promote(failed.ledger, model="toy", version=1, run_id="c" * 32, expected=None, decided_at=AT, **about)
    name = TaskName("train_candidate", "a_run", "promote")
    keep_task(failed.home, TaskEvidence(name, "passed", AT, AT, **left))
    before = f"✓ OK: {said or left['returned']}\n{ENDS}"
    added("train_candidate", "success", "a_run", f"{before}\n\nMine.")
    retold(failed)
    assert noted("train_candidate", "a_run") == f"{before}\n\nMine."
    later = AT + timedelta(days=1)
    ledger.promote(failed.ledger, model="toy", version=2, run_id="d" * 32, expected=1, decided_at=later, **about)
    for _ in range(2):
        retold(failed)
        now = noted("train_candidate", "a_run")
        assert now.startswith("✓ OK: ") and now.endswith(f"\n{ENDS}\n\nMine.")
        assert "Version 1 was champion from 2026-11-25 17:00 UTC to 2026-11-26 17:00 UTC; version 2 is champion" in now
    ledger.promote(
        failed.ledger,
        model="toy",
        version=1,
        run_id="c" * 32,
        expected=2,
        decided_at=later + timedelta(days=1),
        **about,
    )
    for _ in range(2):
        retold(failed)
        assert noted("train_candidate", "a_run") == f"{before}\n\nMine."


def test_the_note_of_a_dag_run_whose_end_is_not_written_down_yet_stays(failed):
    about = {"decided_by": "ana", "reason": "It is the first."}
    ledger.promote(failed.ledger, model="toy", version=1, run_id="c" * 32, expected=None, decided_at=AT, **about)
    keep_task(
        failed.home,
        TaskEvidence(TaskName("train_candidate", "a_run", "promote"), "passed", AT, AT, notes={"decided": MADE}),
    )
    before = f"✓ OK: toy: Version 1 is champion.\n{ENDS}"
    added("train_candidate", "running", "a_run", before)
    retold(failed)
    assert noted("train_candidate", "a_run") == before


def test_a_dag_run_whose_evidence_was_forgotten_is_not_looked_at(failed):
    waits_in_its_note(failed, "a_forgotten", None)
    waits_in_its_note(failed, "b_kept", WAITS)
    looked_at = set()
    retold(failed, at_a_look=lambda session, asked: looked_at.update(asked))
    assert looked_at & {"a_forgotten", "b_kept"} == {"b_kept"}


def test_a_note_that_a_person_changes_meanwhile_stays_as_the_person_wrote_it(failed):
    import sqlalchemy as sa
    from airflow.models.dagrun import DagRunNote

    promoted = {"decided_at": AT, "decided_by": "ana", "reason": "It is the first."}
    ledger.promote(failed.ledger, model="toy", version=1, run_id="c" * 32, expected=None, **promoted)
    waits_in_its_note(failed, "a_run", WAITS)
    # Below the session, which has read the note already.
    called = sa.update(DagRunNote.__table__).values(content="Called B.")
    retold(failed, at_a_look=lambda session, _: session.connection().execute(called))
    assert noted("train_candidate", "a_run") == "Called B."
