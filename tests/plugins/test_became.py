"""A verdict only says what should become of a candidate: what did is shown, and what a person has to do comes next."""

import re
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from mlflow import MlflowClient

from artifacts import ledger
from artifacts.findings import Findings, publish_findings
from artifacts.registry import Registry, ToLog
from artifacts.registry.numbers import SKIPPED
from artifacts.rejections import Rejection, reject
from plugins.on_call.became import Fate, came_of, decided, fate, next_of, undecided
from plugins.on_call.decided import Decided
from plugins.on_call.home import Home
from plugins.on_call.person import asks, asks_first, wants_a_person
from plugins.on_call.settings import OnCallSettings
from tests.docs.runbook import parse
from tests.plugins.test_model_page import part

QUIET = OnCallSettings(patience_seconds=60)


@pytest.fixture
def judged(home, tmp_path):
    """The small home before its candidate was promoted, without alert or check, and the line by which it then was.

    Its config has `promotion: approve`.
    """
    places, _ = home
    mine = own_mlflow(places, tmp_path)
    logged(tmp_path, "approve")
    MlflowClient(mine["mlflow"]).delete_registered_model_alias("toy", "champion")
    mine |= {"ledger": f"sqlite:///{tmp_path}/ledger.db", "alerts": f"sqlite:///{tmp_path}/alerts.db"}
    mine |= {"findings": str(tmp_path / "findings")}
    return places.model_copy(update=mine), ledger.champion(places.ledger, "toy")


def logged(folder, promotion):
    """Have MLflow say this of the candidate's config, in the copy of its database."""
    with sqlite3.connect(folder / "mlflow.db") as connection:
        changed = connection.execute("update params set value = ? where key = 'promotion'", [promotion]).rowcount
    connection.close()
    assert changed == 1


def write(places, line, **changed):
    told = {"model": "toy", "version": 1, "run_id": line.run_id, "expected": None, "decided_at": line.decided_at}
    told |= {"decided_by": "A.", "reason": "because", "verdict": line.verdict, **changed}
    return ledger.promote(places.ledger, **told)


def say_no(places, line):
    reject(
        places.ledger,
        Rejection("toy", 1, line.run_id, line.verdict, line.decided_at, "B. by hand", "It knows the outcome."),
    )


def shown(opened, places):
    """Candidates, metrics and the next command of the page."""
    page = opened(places, QUIET).get("/on-call/models/toy").text
    drawn = re.findall(r'<circle[^>]*class="disc"', page.partition('id="metrics"')[2].partition("</section>")[0])
    return part(page, "candidates"), bool(drawn), part(page, "glance").partition("Newest candidate")[2]


def test_what_the_ledger_promoted_is_shown_as_promoted(opened, judged):
    places, line = judged
    write(places, line)
    table, drawn, glance = shown(opened, places)
    assert "✓ promoted" in table and drawn
    assert "✓ promoted" in glance and "Nothing to do." in glance


def test_what_was_promoted_and_rolled_back_from_since_says_so_by_whom_when_and_why(opened, judged):
    places, line = judged
    write(places, line, version=2, run_id="2" * 32, verdict=None)
    write(places, line, expected=2)
    back = {"version": 2, "run_id": "2" * 32, "verdict": None, "kind": "rollback", "expected": 1}
    write(places, line, **back, decided_by="Eve", reason="It harmed.")
    table, drawn, glance = shown(opened, places)
    said = f"It was rolled back from, to version 2, {line.decided_at:%Y-%m-%d %H:%M:%S} UTC, Eve: It harmed."
    for told in (table, glance, part(opened(places, QUIET).get("/on-call/models/toy/versions/1").text, "verdicts")):
        assert "✗ promoted, rolled back from since" in told and said in told and "✓ promoted" not in told
    write(places, line, expected=2, kind="rollback", verdict=None)
    assert "✓ promoted" in shown(opened, places)[0] and drawn


def test_a_verdict_that_says_promote_waits_until_somebody_decides(opened, judged):
    table, drawn, glance = shown(opened, judged[0])
    assert "… waits for a person" in table and not drawn and "✓" not in table
    by_hand = f"python -m training promote --candidate {judged[1].run_id} --approved-by NAME --reason TEXT"
    no = f"python -m training reject --candidate {judged[1].run_id} --rejected-by NAME --reason TEXT"
    assert by_hand in table and no in table and by_hand not in glance
    assert "Next. Version 1 waits for a person, and nothing asks one now." in glance
    assert f"trigger the DAG approve_promotion with the candidate {judged[1].run_id}, or clear the task" in glance
    assert f"python -m training judge --candidate {judged[1].run_id}" in glance


def test_a_candidate_about_which_a_person_has_answered_waits_nowhere_on_its_page(opened, judged, monkeypatch):
    monkeypatch.setattr("plugins.on_call.became.asks", lambda candidate: "answered")
    table, drawn, glance = shown(opened, judged[0])
    assert "… a person has answered" in table and "… a person has answered" in glance and not drawn
    assert "Next. Version 1 waits for nobody: a person has answered, and the DAG run of approve_promotion" in glance
    for told in (table, glance):
        assert "waits for a person" not in told and "has to decide" not in told and "--approved-by" not in told
    assert "waits for a person" not in part(
        opened(judged[0], QUIET).get("/on-call/models/toy/versions/1").text, "verdicts"
    )


def test_a_promotion_that_comes_while_a_page_is_made_is_told_by_all_of_it_or_by_nothing(judged):
    places, line = judged
    home = Home(places, QUIET)
    assert home.champion("toy") is None
    write(places, line)
    record = home.record("toy", 1)
    [found] = home.verdicts(record.run_id)
    assert fate(home, decided(home, "toy"), record, found).became == "waits"
    assert fate(Home(places, QUIET), decided(Home(places, QUIET), "toy"), record, found).became == "promoted"


def test_a_verdict_that_the_pipeline_acts_on_by_itself_waits_for_no_person(opened, judged, tmp_path):
    logged(tmp_path, "auto")
    table, drawn, glance = shown(opened, judged[0])
    assert "… to be promoted" in table and "No person is asked" in table and not drawn
    assert "Next. Version 1 is not promoted yet, and waits for no person. The task promote of train_candidate" in glance
    assert glance.strip().endswith(f"python -m training promote --candidate {judged[1].run_id}")
    assert "waits for a person" not in table + glance and "Required Actions" not in table + glance


def test_one_that_no_task_came_back_to_is_told_although_a_newer_one_is_there(opened, judged, tmp_path):
    logged(tmp_path, "auto")
    log(Registry.at(judged[0]), tmp_path / "files")
    glance = shown(opened, judged[0])[2]
    assert "Next. Version 1 is not promoted yet" in glance


@pytest.mark.parametrize(
    ("mine", "theirs", "asked"),
    [
        ({}, {}, False),
        ({"promotion": "approve"}, {}, True),
        ({}, {"promotion": "approve"}, True),
        ({"judge.primary.margin": "0.1"}, {}, True),
        ({}, {"holdout_days": "7"}, True),
        ({}, {"naive.by": "[]"}, True),
        ({"judges": "x", "seed": "7"}, {}, False),
    ],
)
def test_a_person_decides_where_a_config_says_so_or_the_rules_differ(known, mine, theirs, asked):
    record = known[1]
    of = {**record.params, "promotion": "auto"}
    assert asks(replace(record, params=of | mine), replace(record, params=of | theirs)) == asked


def test_a_person_decides_where_the_champions_config_is_gone_or_the_first_ones_holdout_was_set(known):
    home, record, found, _ = known
    auto = replace(record, params={**record.params, "promotion": "auto"})
    assert wants_a_person(home, auto, replace(found.verdict.evidence.candidate, version=9))
    assert asks_first(replace(auto, tags={"overrides": "seed=2 holdout_days=7"}))
    assert not asks_first(replace(auto, tags={"overrides": "seed=2"}))


def test_the_list_of_models_says_who_waits_and_who_does_not(opened, judged):
    places, line = judged
    write(places, line, model="twin")
    page = re.sub(r"<[^>]*>", " ", opened(places, QUIET).get("/on-call/models").text)
    assert re.search(r"toy\s+none\s+.\s+\? nothing was checked yet\s+version 1\s+… waits for a person", page), page
    assert page.count("waits for a person") == 2 and "Not there" not in page


def test_one_that_waits_comes_before_open_alerts_and_before_newer_ones_that_do_not(opened, judged, home, tmp_path):
    places = judged[0].model_copy(update={"alerts": home[0].alerts})
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0, second=0)
    shutil.copytree(home[0].findings, places.findings)
    week = Findings("toy", 1, home[1].training_set, now - timedelta(days=7), now, 0, now, ())
    publish_findings(places.findings, week)
    log(Registry.at(places), tmp_path / "files")
    glance = shown(opened, places)[2]
    assert "Next. Version 1 waits for a person, and" in glance
    say_no(*judged)
    assert "python -m monitoring alerts --model toy" in shown(opened, places)[2]
    quiet = places.model_copy(update={"alerts": judged[0].alerts})
    assert "Next. Version 2 was never judged:" in shown(opened, quiet)[2]


def test_a_candidate_that_a_person_rejected_is_shown_as_rejected_with_who_and_why(opened, judged):
    say_no(*judged)
    table, drawn, glance = shown(opened, judged[0])
    assert "✗ rejected" in table and not drawn
    assert "Version 1 was rejected and there was no champion" in table and "B. by hand: It knows the outcome." in table
    assert "✗ rejected" in glance and "Nothing to do." in glance
    page = opened(judged[0], QUIET).get("/on-call/models/toy/versions/1").text
    assert "✗ rejected · the judge said promote against no champion" in part(page, "verdicts")
    assert "✓" not in part(page, "verdicts")
    assert "B. by hand: It knows the outcome." in part(page, "verdicts")


def test_the_page_of_a_version_says_of_a_verdict_what_came_of_it(opened, judged):
    def heading():
        return part(opened(judged[0], QUIET).get("/on-call/models/toy/versions/1").text, "verdicts")

    assert "… waits for a person · the judge said promote against no champion" in heading()
    write(*judged, version=7, run_id="7" * 32, verdict=None)
    assert "= overtaken · the judge said promote against no champion" in heading()


def test_of_two_verdicts_the_older_one_that_nobody_acted_on_is_overtaken(known):
    home, record, found, line = known
    older = replace(found, path="verdicts/older/verdict.json")
    no = Rejection("toy", 1, line.run_id, older.path, line.decided_at, "B. by hand", "It knows the outcome.")
    assert came_of(home, Decided(rejected=[no]), record, older, found).became == "rejected"
    assert came_of(home, decided(home, "toy"), record, older, found).became == "overtaken"
    assert came_of(home, decided(home, "toy"), record, found, found).became == "waits"


def test_one_judged_against_another_champion_than_that_of_now_is_to_be_judged_again(opened, judged, tmp_path):
    places, line = judged
    other = log(Registry.at(places), tmp_path / "files")
    write(places, line, version=other.version, run_id=other.run_id, verdict=None)
    table, drawn, _ = shown(opened, places)
    assert "= overtaken" in table and not drawn
    assert "It was judged against no version, and version 2 is champion by now." in table
    home = Home(places, QUIET)
    record = home.record("toy", 1)
    [found] = home.verdicts(record.run_id)
    said, run = next_of(record, found.verdict, fate(home, decided(home, "toy"), record, found))
    assert said == "Version 1 was judged against another champion than that of now. Judge it again:"
    assert run == f"python -m training judge --candidate {line.run_id}"


def test_what_became_of_it_is_not_guessed_when_the_ledger_cannot_be_read(opened, judged, tmp_path):
    places, _ = judged
    (tmp_path / "ledger.db").write_bytes(b"no database")
    table, drawn, glance = shown(opened, places)
    assert "? not known" in table and not drawn
    assert "Nothing to do." not in glance


@pytest.fixture
def known(judged):
    """What `fate` is asked with: the home, the MLflow run and its verdict."""
    places, line = judged
    home = Home(places, QUIET)
    record = home.record("toy", 1)
    [found] = home.verdicts(record.run_id)
    return home, record, found, line


@pytest.mark.parametrize("kept", [True, False], ids=["by the ledger", "by MLflow"])
def test_a_copy_of_a_version_that_was_rolled_back_from_does_not_wait(known, kept):
    home, record, found, line = known
    was = {"model_sha256": record.model_sha256, "run_id": "1" * 32} if kept else {"run_id": record.run_id}
    write(home.places, line, version=2, run_id="2" * 32, verdict=None)
    write(home.places, line, expected=2, verdict=None, **was)
    write(home.places, line, expected=1, version=2, run_id="2" * 32, verdict=None, kind="rollback")
    evidence = replace(found.verdict.evidence, champion=replace(found.verdict.evidence.candidate, version=2))
    against_two = replace(found, verdict=replace(found.verdict, evidence=evidence))
    came = decided(home, "toy")
    # Whose own line it is, is no candidate any more; asked of its bytes alone it is a copy all the same.
    found = fate(home, came, record, against_two) if kept else undecided(home, came, record.run_id)
    assert found.became == "copy"


def test_of_a_version_that_mlflow_lost_and_the_ledger_has_the_page_says_so_as_what_is_to_be_done(opened, judged):
    places, line = judged
    write(places, line)
    assert "Nothing to do." in shown(opened, places)[2]
    no = Rejection("toy", 9, "9" * 32, line.verdict, line.decided_at, "B. by hand", "It knows the outcome.")
    reject(places.ledger, no)
    glance = shown(opened, places)[2]
    assert "The ledger has version 9 of toy, from MLflow run 999" in glance and "its newest version is 1" in glance


def test_under_a_number_that_mlflow_gave_again_the_run_of_now_is_read(registry, tmp_path):
    places, mlflow = registry
    was = Home(places, QUIET).record("toy", 1)
    MlflowClient(places.mlflow).delete_registered_model("toy")
    now = log(mlflow, tmp_path / "files")
    assert (now.version, Home(places, QUIET).record("toy", 1).run_id) == (1, now.run_id)
    assert now.run_id != was.run_id


@pytest.mark.parametrize(
    ("outcome", "sentence", "command"),
    [
        ("suspicious", "too good to be true", "python -m training judge --candidate "),
        ("cannot_judge", "could not be judged", "python -m training judge --candidate "),
        ("keep", None, None),
    ],
)
def test_a_verdict_that_says_anything_but_promote_has_a_next_command_of_its_own(known, outcome, sentence, command):
    home, record, found, _ = known
    verdict = replace(found.verdict, outcome=outcome)
    one = fate(home, Decided(), record, replace(found, verdict=verdict))
    assert one == Fate(outcome)
    why, run = next_of(record, verdict, one) or (None, None)
    assert (why is None) == (sentence is None) or sentence in why
    assert (run is None) == (command is None) or run.startswith(command)
    for said in filter(
        None,
        (
            run,
            next_of(record, None, None)[1],
            next_of(record, verdict, Fate("waits"))[1],
            next_of(record, verdict, Fate("to_come"))[1],
        ),
    ):
        parser, words = parse(said)
        assert parser.parse_args(words)


def test_whoever_decides_is_sent_to_required_actions_only_while_a_question_is_open(known):
    _, record, found, _ = known
    asked, unasked, unknown = (
        next_of(record, found.verdict, Fate("waits", asked=one))[0] for one in (True, False, None)
    )
    assert asked.startswith("Version 1 waits for a person: answer under Required Actions in Airflow. What")
    assert "nothing asks one now" in unasked and "answer under" not in unasked
    assert "If nothing about it stands there, trigger the DAG approve_promotion" in unknown


@pytest.fixture
def registry(home, tmp_path):
    """The small home with its MLflow as a copy, in which anything may be done, and that MLflow."""
    places = home[0].model_copy(update=own_mlflow(home[0], tmp_path))
    return places, Registry.at(places)


def own_mlflow(places, folder):
    shutil.copy(places.mlflow.removeprefix("sqlite:///"), folder / "mlflow.db")
    return {"mlflow": f"sqlite:///{folder}/mlflow.db", "mlflow_artifacts": str(folder / "artifacts")}


def log(registry, folder):
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "model.ubj").write_bytes(b"another model")
    return registry.log_run(
        ToLog("toy", "k2", "toy/2013-04-01.0123456789ab", folder, {}, {}, {}, {"load": "double"}, [])
    )


def test_a_number_that_was_passed_over_has_no_page_of_a_version(opened, registry):
    places, mlflow = registry
    client = MlflowClient(places.mlflow)
    run = mlflow.model_version("toy", 1).run_id
    client.create_model_version("toy", f"runs:/{run}/model", run, tags={SKIPPED: "true"})
    for number, said in ((2, "is none: its number was given to another before"), (3, "is not in sqlite")):
        page = opened(places, QUIET).get(f"/on-call/models/toy/versions/{number}")
        assert (page.status_code, page.text.count("Not there.")) == (404, 1)
        assert f"Version {number} of model toy {said}" in page.text


def test_an_mlflow_run_that_was_deleted_takes_its_own_row_only(opened, registry, tmp_path):
    places, mlflow = registry
    run = log(mlflow, tmp_path / "files")
    pages = opened(places, QUIET)
    assert "was deleted" not in pages.get("/on-call/models/toy").text
    MlflowClient(places.mlflow).delete_run(run.run_id)
    page = pages.get("/on-call/models/toy").text
    assert f"MLflow run {run.run_id} was deleted" in part(page, "candidates")
    assert "✓ promoted" in part(page, "candidates")
    assert "version 1: 0." in part(page, "metrics")
    assert f"MLflow run {run.run_id} was deleted" in part(page, "metrics")
    assert f"MLflow run {run.run_id} was deleted" in part(page, "glance").partition("Newest candidate")[2]


def test_a_verdict_that_was_replaced_is_read_anew_however_long_it_is(registry, tmp_path):
    places, mlflow = registry
    run = log(mlflow, tmp_path / "files")
    home = Home(places, QUIET)
    [(_, found)] = [(one.path, one.verdict) for one in home.verdicts(home.record("toy", 1).run_id)]
    for who in ("tester", "tasted"):
        (tmp_path / who).mkdir()
        (tmp_path / who / "verdict.json").write_text(replace(found, decided_by=who).to_json())
        mlflow.log_artefact(run.run_id, tmp_path / who, "verdicts/against_none_x")
        assert [one.verdict.decided_by for one in Home(places, QUIET).verdicts(run.run_id)] == [who]
        assert home.verdict(run.run_id, "verdicts/against_none_x/verdict.json").decided_by == who


def test_a_version_that_cannot_be_shown_says_the_type_of_an_error_and_nothing_of_its_words(opened, registry, tmp_path):
    places, mlflow = registry
    run = log(mlflow, tmp_path / "files")
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "verdict.json").write_bytes(b"\xff a secret")
    mlflow.log_artefact(run.run_id, tmp_path / "v", "verdicts/against_none_x")
    page = opened(places, QUIET).get("/on-call/models/toy").text
    assert "Version 2 cannot be shown: UnicodeDecodeError." in part(page, "candidates")
    assert "✓ promoted" in part(page, "candidates")
    assert "a secret" not in page and "can't decode" not in page


def test_a_candidate_whose_files_are_gone_from_mlflow_is_no_candidate_that_nobody_judged(opened, judged, tmp_path):
    places, line = judged
    write(places, line)
    lost = tmp_path / "lost" / "artifacts"
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        connection.execute("update runs set artifact_uri = ? where run_uuid = ?", [str(lost), line.run_id])
    connection.close()
    table, _, glance = shown(opened, places)
    said = f"The files of MLflow run {line.run_id} were logged, and are not in {lost} any more."
    assert said in table and "never judged" not in table
    assert "never judged" not in glance and f"Next. {said}" in glance
    assert "PIPELINE_MLFLOW_ARTIFACTS" in glance and "python -m ops verify" in glance
