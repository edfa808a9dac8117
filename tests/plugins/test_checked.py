"""A page of findings is as good as the check behind it: when that was made is said, and that nobody checks any more."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from artifacts import alerts, ledger
from artifacts.alerts import Alert, Watch
from artifacts.finding import Example, Finding, Reason
from artifacts.findings import Findings, list_findings, publish_findings
from plugins.on_call.settings import OnCallSettings
from tests.plugins.test_became import own_mlflow, say_no
from tests.plugins.test_model_page import part

QUIET = OnCallSettings(patience_seconds=60)
START, END = datetime(2013, 12, 1), datetime(2013, 12, 8)
FINE = Finding("psi", "delay_mean", "OK", Reason("drift.psi", "Noise."), 900, 900, 0.01, 0.1, "training")
STOPPED = "The DAG watch_drift has checked nothing since"


@pytest.fixture
def page(opened, home, tmp_path):
    """Of the home without an alert, checked so long ago or never: the glance and how fresh all is."""

    def shown(ago, **changed):
        mine = {"findings": str(tmp_path / "findings"), "alerts": f"sqlite:///{tmp_path}/alerts.db", **changed}
        if ago is not None:
            made = datetime.now(UTC).replace(tzinfo=None) - ago
            publish_findings(mine["findings"], Findings("toy", 1, home[1].training_set, START, END, 900, made, (FINE,)))
        text = opened(home[0].model_copy(update=mine), QUIET).get("/on-call/models/toy").text
        return part(text, "glance"), part(text, "fresh")

    return shown


def test_a_check_of_today_of_old_data_is_no_alarm_and_says_its_age(page):
    glance, fresh = page(timedelta(hours=3, minutes=1))
    assert re.search(r"✓ OK in the newest window, 2013-12-01 to 2013-12-07; +checked 3 hours ago", glance)
    assert "window to 2013-12-07 , checked 3 hours ago" in fresh
    assert "? checked" not in glance + fresh and STOPPED not in glance


def test_a_monitor_that_stopped_is_told_with_since_when_and_what_to_do(page):
    glance, fresh = page(timedelta(days=5, minutes=1))
    assert "? checked 5 days ago" in glance and "? checked 5 days ago" in fresh
    assert STOPPED in glance and "See in Airflow that it is not paused" in glance and "Nothing to do" not in glance


def test_where_nothing_was_ever_checked_nobody_is_alarmed(page):
    assert STOPPED not in page(None)[0] and "? nothing was checked yet" in page(None)[0]


def test_of_a_model_without_a_champion_nobody_is_alarmed_that_nothing_checks(page, home, tmp_path):
    from mlflow import MlflowClient

    mine = own_mlflow(home[0], tmp_path) | {"ledger": f"sqlite:///{tmp_path}/ledger.db"}
    MlflowClient(mine["mlflow"]).delete_registered_model_alias("toy", "champion")
    say_no(home[0].model_copy(update=mine), ledger.champion(home[0].ledger, "toy"))
    glance, _ = page(timedelta(days=5), **mine)
    assert "? checked 5 days ago" in glance and STOPPED not in glance and "ledger" not in glance


def takes(alerts_url, model, findings=None):
    """As a check of `watch_drift` that finds nothing: no alert, and a watch of the model."""
    watch = Watch(model, 1, "log", START, END, findings or f"{model}/a")
    alerts.change(alerts_url, model, f"{model}/a", lambda _: ({(1, "log"): watch}, []))


def test_alerts_that_took_in_nothing_of_what_was_checked_are_not_told_as_none_open(opened, home, tmp_path):
    mine = {"findings": str(tmp_path / "findings"), "alerts": f"sqlite:///{tmp_path}/alerts.db"}
    made = Findings("toy", 1, home[1].training_set, START, END, 900, datetime.now(UTC).replace(tzinfo=None), (FINE,))
    publish_findings(mine["findings"], made)
    client = opened(home[0].model_copy(update=mine), QUIET)
    text = client.get("/on-call/models/toy").text
    said = f"The alerts in {mine['alerts']} took in no findings of toy, and findings of its version 1 are published"
    for place in ("glance", "alerts"):
        assert said in part(text, place) and "alerts.lost" in part(text, place)
    assert said in part(text, "glance").partition("Next.")[2]
    assert f'<code class="command">python -m monitoring update --findings {made.id}</code>' in text
    assert not any(one in text for one in ("none is open", "No alert was ever opened", "Nothing to do"))
    takes(mine["alerts"], "twin")
    listed = re.sub(r"<[^>]*>", " ", client.get("/on-call/models").text)
    assert re.search(r"toy\s.*\? not known: alerts\.lost", listed) and re.search(r"twin\s.*✓ none open", listed)
    takes(mine["alerts"], "toy", made.id)
    quiet = client.get("/on-call/models/toy").text
    assert "✓ none is open" in part(quiet, "glance") and "Nothing to do." in part(quiet, "glance")


def test_alerts_that_begin_after_other_checks_say_so_on_the_page(opened, home, tmp_path):
    mine = {"alerts": f"sqlite:///{tmp_path}/alerts.db"}
    client = opened(home[0].model_copy(update=mine), QUIET)
    for began in (None, START):
        watch = Watch("toy", 1, "log", START, END, "toy/a", began=began)
        alerts.change(mine["alerts"], "toy", "toy/a", lambda _, watch=watch: ({(1, "log"): watch}, []))
        told = part(client.get("/on-call/models/toy").text, "alerts")
        said = f"The alerts of version 1 begin with {START:%Y-%m-%d}: what was told before, and which days were"
        assert (said in told, "No alert was ever opened" in told) == (began is not None, began is None)


def test_an_open_alert_that_newer_windows_could_not_judge_says_when_it_was_seen_last(opened, home, tmp_path):
    mine = {"alerts": f"sqlite:///{tmp_path}/alerts.db"}
    moved = replace(FINE, state="DRIFT", value=0.42)
    alert = Alert("toy", 1, "DRIFT", moved.key, 1, END, START, seen=END, told=END, finding=moved)
    client = opened(home[0].model_copy(update=mine), QUIET)
    for end, is_behind in ((END, False), (END + timedelta(days=7), True)):
        watch = Watch("toy", 1, "log", START, end, "toy/a", alerts=(alert,))
        alerts.change(mine["alerts"], "toy", "toy/a", lambda _, watch=watch: ({(1, "log"): watch}, []))
        told = part(client.get("/on-call/models/toy").text, "alerts")
        assert ("open, last seen in the window to 2013-12-07, could not be judged since" in told) == is_behind
        assert "0.42 (threshold 0.1)" in told


def test_by_skew_nothing_moved(opened, home, tmp_path):
    mine = {"findings": str(tmp_path / "findings"), "alerts": f"sqlite:///{tmp_path}/alerts.db"}
    skew = replace(FINE, rule="skew", state="DRIFT", value=0.02, threshold=0.0, baseline="truth")
    skew = replace(skew, examples=(Example("toy-7 at 2026-03-02", "0.42", "null"),))
    moved = replace(FINE, feature="load", state="DRIFT", value=0.42)
    made = datetime.now(UTC).replace(tzinfo=None)
    publish_findings(mine["findings"], Findings("toy", 1, home[1].training_set, START, END, 900, made, (skew, moved)))
    takes(mine["alerts"], "toy", *list_findings(mine["findings"], "toy"))
    text = opened(home[0].model_copy(update=mine), QUIET).get("/on-call/models/toy").text
    assert "1 of 2 moved, 1 differs from what dbt computes" in part(text, "glance")
    [found] = list_findings(mine["findings"], "toy")
    page = (
        opened(home[0].model_copy(update=mine), QUIET).get(f"/on-call/models/{found.replace('/', '/findings/')}").text
    )
    assert "toy-7 at 2026-03-02 0.42 \N{NOT EQUAL TO} null" in part(page, "found")
    drift = part(text, "drift")
    assert "delay_mean (differs from what dbt computes)" in drift and "load (PSI, 4.2" in drift


def test_of_findings_the_newest_that_alerts_took_in_are_missed_though_others_are_there(opened, home, tmp_path):
    shutil.copytree(home[0].findings, tmp_path / "findings")
    places = home[0].model_copy(update={"findings": str(tmp_path / "findings")})
    newest = next(one for one in alerts.watches(places.alerts, "toy").values() if one.stream == "log").findings
    assert "cannot be read" not in part(opened(places, QUIET).get("/on-call/models/toy").text, "glance")
    shutil.rmtree(tmp_path / "findings" / newest)
    text = opened(places, QUIET).get("/on-call/models/toy").text
    said = (
        f"The findings {newest} are not in {places.findings}, and the alerts took them in: what was found is not known."
    )
    assert said in part(text, "drift")
    glance = part(text, "glance")
    assert "cannot be read" in glance and said in glance.partition("Next.")[2]
    assert "python -m monitoring check --model toy --window 2026-03-08..2026-03-15 --version 1" in glance


def test_findings_and_alerts_that_are_both_gone_are_missed_by_the_pages_that_were_drawn(opened, home, tmp_path):
    mine = {"home": tmp_path, "findings": str(tmp_path / "findings"), "alerts": f"sqlite:///{tmp_path}/alerts.db"}
    client = opened(home[0].model_copy(update=mine), QUIET)
    glance = part(client.get("/on-call/models/toy").text, "glance")
    assert "✓" not in glance.partition("Alerts")[2].partition("Newest")[0] and "? nothing was checked yet" in glance
    (tmp_path / "reports" / "toy" / "2026-03-08_2026-03-15.v1.0123456789ab").mkdir(parents=True)
    text = client.get("/on-call/models/toy").text
    said = f"the alerts took in none, and {tmp_path}/reports/toy has pages of 1 check: findings and alerts may be lost"
    for place in ("glance", "alerts", "drift", "fresh"):
        assert said in part(text, place), place
    assert said in part(text, "glance").partition("Next.")[2]
    assert not any(one in text for one in ("nothing was checked", "none is open", "ever opened"))


def test_findings_that_are_gone_beside_alerts_that_took_them_in_are_not_told_as_nothing_checked(opened, home, tmp_path):
    places = home[0].model_copy(update={"findings": str(tmp_path / "findings")})
    text = opened(places, QUIET).get("/on-call/models/toy").text
    said = f"No findings of toy are published in {places.findings}, and the alerts took in those of its version 1 in "
    for place in ("glance", "drift", "live", "fresh"):
        assert said in part(text, place), place
    glance = part(text, "glance")
    assert said in glance.partition("Next.")[2] and "▲" in glance.partition("Alerts")[2]
    again = "python -m monitoring check --model toy --window 2026-03-08..2026-03-15 --version 1"
    assert f'<code class="command">{again}</code>' in text
    assert not any(one in text.lower() for one in ("nothing was checked", "no window has labels yet"))
