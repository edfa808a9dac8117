"""Which models there are: one that nothing knows has no page, and a home without any says what to run first."""

import shutil
import sqlite3
import time
from datetime import datetime

import pytest

from artifacts import ledger
from artifacts.errors import Missing
from artifacts.places import read_places
from artifacts.registry import Registry
from plugins.on_call.home import Home
from plugins.on_call.settings import OnCallSettings
from plugins.run_story.message import champions
from tests.plugins.test_became import QUIET, log, own_mlflow
from tests.plugins.test_model_page import NOBODY, broken, part


def test_a_model_that_nothing_knows_has_no_page_but_a_list_of_those_that_there_are(opened, home):
    answer = opened(home[0], NOBODY).get("/on-call/models/nope")
    assert answer.status_code == 404
    assert '<a href="/on-call/models/toy">toy</a>' in answer.text and "or train a model of that name" in answer.text
    assert opened(home[0], NOBODY, role=None).get("/on-call/models/nope").status_code == 401


def test_whether_a_model_is_unknown_is_not_guessed_when_a_source_cannot_be_asked(opened, home, tmp_path):
    places = broken(home[0], {"ledger": "DAMAGED"}, tmp_path)
    page = opened(places, NOBODY).get("/on-call/models/nope")
    assert (page.status_code, "ledger.damaged" in part(page.text, "champion")) == (200, True)


def test_a_model_that_was_trained_and_never_promoted_is_listed(opened, home, tmp_path):
    from mlflow import MlflowClient

    none = {name: f"sqlite:///{tmp_path}/{name}.db" for name in ("ledger", "alerts")}
    places = home[0].model_copy(update=none | own_mlflow(home[0], tmp_path))
    MlflowClient(places.mlflow).delete_registered_model_alias("toy", "champion")
    page = opened(places, NOBODY).get("/on-call/models").text
    assert "<h1>toy</h1>" in page
    assert "Model toy never had a champion; no model had one yet. Trained so far: toy." in part(page, "champion")
    assert "Its candidates stand below" in part(page, "champion")


def test_a_model_that_was_watched_and_never_trained_says_which_there_are_and_what_to_do(home):
    with pytest.raises(Missing) as refused:
        Home(home[0], NOBODY).lines("twin")
    assert refused.value.message == "Model twin never had a champion; of the others toy had one. Trained so far: toy."
    assert "train one by a config that names this model, under training/configs" in refused.value.next_step


@pytest.mark.parametrize("others", [[], ["twin"]], ids=["one model", "a list"])
def test_while_mlflow_cannot_be_asked_models_that_were_only_trained_are_said_to_be_missing_perhaps(
    opened, home, tmp_path, others
):
    lacks = "some that were only trained may be missing"
    places = home[0].model_copy(update={"ledger": f"sqlite:///{tmp_path}/ledger.db"})
    about = {"decided_at": datetime(2026, 3, 1), "decided_by": "ana", "reason": "It is the first."}
    for name in ("toy", *others):
        ledger.promote(places.ledger, model=name, version=1, run_id="1" * 32, expected=None, **about)
    silent = broken(places, {"mlflow": "DAMAGED"}, tmp_path)
    assert lacks in opened(silent, NOBODY).get("/on-call/models").text
    assert lacks not in opened(places, NOBODY).get("/on-call/models").text


def test_a_ledger_that_is_lost_is_no_model_without_a_champion(opened, home, tmp_path):
    lost = home[0].model_copy(update={"ledger": f"sqlite:///{tmp_path}/ledger.db"})
    client = opened(lost, NOBODY)
    page = client.get("/on-call/models/toy").text
    for place in ("glance", "champion"):
        assert "alias champion points at version 1. Restore the ledger" in part(page, place)
    assert "Required Actions" not in part(page, "glance") and "waits for a person" not in part(page, "candidates")
    assert "judge.ledger_lost" in client.get("/on-call/models").text
    assert champions(lost) == ["Champions: not known (judge.ledger_lost)"]


def test_a_home_that_lost_ledger_and_mlflow_together_is_no_home_in_which_nothing_was_trained(opened, home, tmp_path):
    gone = {name: f"sqlite:///{tmp_path}/{name}.db" for name in ("ledger", "mlflow", "alerts")}
    watched = home[0].model_copy(update=gone | {"alerts": home[0].alerts})
    page = opened(watched, NOBODY).get("/on-call/models/toy").text
    for place in ("glance", "champion"):
        assert "has a model, and yet findings of toy were taken. Restore both from one backup" in part(page, place)
    answered = opened(home[0].model_copy(update=gone), NOBODY)
    pages = [answered.get(f"/on-call/models{one}").text for one in ("", "/toy")]
    assert all("and yet predictions are logged" in one and "judge.ledger_lost" in one for one in pages)
    assert not any("make down run up" in one or "never had a champion" in one for one in [page, *pages])
    assert not any(one in said for one in ("none was trained", "No candidate was") for said in (page, pages[1]))
    assert champions(watched) == ["Champions: not known (judge.ledger_lost)"]


@pytest.mark.parametrize("database", ["gone", "empty"])
def test_a_champion_that_mlflow_lost_is_no_model_of_which_nothing_was_trained(opened, home, tmp_path, database):
    lost = home[0].model_copy(update={"mlflow": f"sqlite:///{tmp_path}/mlflow.db", "mlflow_artifacts": str(tmp_path)})
    if database == "empty":
        Registry.at(lost).prepare()
    page = opened(lost, QUIET).get("/on-call/models/toy").text
    for place in ("candidates", "metrics"):
        assert "names version 1 of toy as champion, and MLflow" in part(page, place)
        assert "has no version of it. Restore MLflow" in part(page, place)
    assert part(page, "glance").count("has no version of it. Restore MLflow") == 2
    assert not any(one in page for one in ("none was trained", "No candidate was", "Nothing to do."))


def test_a_champion_that_is_not_among_what_mlflow_has_comes_before_what_waits(opened, home, tmp_path):
    from mlflow import MlflowClient

    places = home[0].model_copy(update=own_mlflow(home[0], tmp_path))
    log(Registry.at(places), tmp_path / "files")
    MlflowClient(places.mlflow).delete_model_version("toy", "1")
    glance = part(opened(places, QUIET).get("/on-call/models/toy").text, "glance")
    assert "has others of it (the newest is 2), not that one. Restore MLflow" in glance.partition("Next.")[2]
    assert "version 2 ? never judged" in glance


def test_another_model_under_the_champions_number_is_told_as_another(opened, home, tmp_path):
    begun_anew = {"mlflow": f"sqlite:///{tmp_path}/mlflow.db", "mlflow_artifacts": str(tmp_path / "artifacts")}
    places = home[0].model_copy(update=begun_anew)
    run = log(Registry.at(places), tmp_path / "files")
    glance = part(opened(places, QUIET).get("/on-call/models/toy").text, "glance")
    assert run.version == 1
    assert f"Version 1 of toy comes from MLflow run {run.run_id}; the ledger has " in glance.partition("Next.")[2]


def test_another_model_that_comes_under_the_champions_number_is_seen_by_a_process_that_knew_it(opened, home, tmp_path):
    places = home[0].model_copy(update=own_mlflow(home[0], tmp_path))
    client = opened(places, QUIET)
    assert "comes from MLflow run" not in client.get("/on-call/models/toy").text
    run = log(Registry.at(places), tmp_path / "files")
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        connection.execute("update model_versions set run_id = ? where version = 1", [run.run_id])
    connection.close()
    glance = part(client.get("/on-call/models/toy").text, "glance")
    assert f"Version 1 of toy comes from MLflow run {run.run_id}; the ledger has " in glance.partition("Next.")[2]


def test_the_page_of_a_version_that_mlflow_lost_is_not_shown_from_memory(opened, home, tmp_path):
    places = home[0].model_copy(update=own_mlflow(home[0], tmp_path))
    client = opened(places, QUIET)
    assert "model's sha256" in part(client.get("/on-call/models/toy/versions/1").text, "record").replace("&#x27;", "'")
    (tmp_path / "mlflow.db").unlink()
    page = client.get("/on-call/models/toy/versions/1").text
    for place in ("record", "verdicts"):
        assert "home.champion_lost" in part(page, place) and "has no version of it. Restore MLflow" in part(page, place)
    assert "is champion" in part(page, "ledger")


def test_that_nobody_is_answered_comes_before_what_mlflow_cannot_be_asked(opened, home):
    nobody = "http://127.0.0.1:9"
    places = home[0].model_copy(update={"mlflow": nobody})
    page = opened(places, NOBODY.model_copy(update={"serving_url": nobody})).get("/on-call/models/toy").text
    assert "does not answer" in part(page, "glance").partition("Next.")[2]
    assert "python -m ops.up serving" in part(page, "glance").partition("Next.")[2]


def test_the_list_of_models_does_not_say_that_nobody_waits_where_mlflow_is_gone(opened, home, tmp_path):
    places = home[0].model_copy(update={name: f"sqlite:///{tmp_path}/{name}.db" for name in ("ledger", "mlflow")})
    about = {"run_id": "a" * 32, "decided_by": "me", "reason": "a test", "decided_at": datetime(2026, 1, 1)}
    for model in ("toy", "twin"):
        ledger.promote(places.ledger, model=model, version=7, expected=None, **about)
    page = opened(places, NOBODY).get("/on-call/models").text
    assert page.count("? not known: home.champion_lost") == 2


@pytest.mark.parametrize(("path", "status"), [("/models", 200), ("/models/late_arrival", 404)])
def test_a_home_without_any_model_says_what_to_run_first(opened, tmp_path, path, status):
    answer = opened(read_places({"PIPELINE_HOME": str(tmp_path)}), NOBODY).get(f"/on-call{path}")
    assert answer.status_code == status
    assert '<code class="command">make down run up</code>' in answer.text and "Nothing to do" not in answer.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/models", "/models/toy", "/models/nope"])
@pytest.mark.parametrize("name", ["ledger", "alerts"])
def test_a_locked_database_takes_its_parts_and_not_the_time_of_who_looks(opened, home, tmp_path, name, path):
    shutil.copy(getattr(home[0], name).removeprefix("sqlite:///"), tmp_path / "locked.db")
    places = home[0].model_copy(update={name: f"sqlite:///{tmp_path}/locked.db"})
    client = opened(places, NOBODY)
    client.get("/on-call/models/toy")
    lock = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    lock.execute("begin exclusive")
    before = time.monotonic()
    page = client.get(f"/on-call{path}")
    took = time.monotonic() - before
    lock.close()
    assert (page.status_code, f"{name}.unavailable" in page.text, "database is locked" in page.text) == (
        200,
        True,
        True,
    )
    assert took < 5
    if path == "/models":
        # What the others know stands, with the way to the model's own page.
        assert '<a href="/on-call/models/toy">toy</a>' in page.text and f"? not known: {name}.unavailable" in page.text
    elif path == "/models/toy" and name == "ledger":
        assert "ledger.unavailable" in part(page.text, "glance")


def test_an_mlflow_that_hangs_leaves_the_list_of_models(opened, home, tmp_path):
    places = home[0].model_copy(update=own_mlflow(home[0], tmp_path) | {"ledger": f"sqlite:///{tmp_path}/ledger.db"})
    shutil.copy(home[0].ledger.removeprefix("sqlite:///"), tmp_path / "ledger.db")
    about = {"run_id": "a" * 32, "decided_by": "me", "reason": "a test", "decided_at": datetime(2026, 1, 1)}
    ledger.promote(places.ledger, model="twin", version=7, expected=None, **about)
    opened(places, OnCallSettings(patience_seconds=60)).get("/on-call/models")
    lock = sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)
    lock.execute("begin exclusive")
    page = opened(places, OnCallSettings(patience_seconds=1)).get("/on-call/models").text
    lock.close()
    assert '<a href="/on-call/models/toy">toy</a>' in page and "version 7" in page
    assert "? not known: on_call.slow" in page


def test_that_there_never_was_a_champion_is_not_guessed_while_mlflow_cannot_be_asked(opened, home, tmp_path):
    silent = {"ledger": f"sqlite:///{tmp_path}/ledger.db", "mlflow": "http://127.0.0.1:9"}
    page = opened(home[0].model_copy(update=silent), NOBODY).get("/on-call/models/toy").text
    for place in ("glance", "champion"):
        assert "registry.unavailable" in part(page, place) and "never had a champion" not in part(page, place)
