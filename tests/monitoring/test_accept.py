"""A person may say that drift is meant to be so: then it is told no more, is the recent past, and ends as ever."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from artifacts import alerts, cli, ledger
from artifacts.errors import Missing
from artifacts.findings import publish_findings
from artifacts.places import Places, read_places
from monitoring.__main__ import build_parser
from monitoring.accept import accept
from monitoring.alert_settings import AlertSettings
from monitoring.message import write_message
from monitoring.update import update_alerts
from tests.monitoring.found import BLIND, FINE, MOVED, PSI, found, of


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return read_places({"PIPELINE_HOME": str(tmp_path)})


def happened(places: Places, day: int, *findings) -> list[str]:
    made = found(day, *findings)
    publish_findings(places.findings, made)
    return [event.step for event in update_alerts(places, AlertSettings(), made.id).events]


def test_what_was_accepted_is_told_no_more_ends_by_ok_and_alarms_again(places: Places) -> None:
    assert happened(places, 1, MOVED) == ["opened"]
    [event] = accept(places, "late_arrival", [PSI], "Ada", "The airport has a second runway.")
    assert (event.step, event.at, event.alert.accepted_by) == ("accepted", datetime(2013, 12, 2), "Ada")
    assert [happened(places, day, MOVED) for day in (9, 16, 30)] == [[], [], []]
    assert happened(places, 31, FINE) == ["resolved"]
    assert happened(places, 32, MOVED) == ["opened"]


def test_who_accepted_it_and_why_is_told_and_kept_and_its_days_are_in_the_trailing_window(places: Places) -> None:
    happened(places, 1, MOVED)
    window = (places.alerts, "late_arrival", 3, datetime(2013, 12, 1), datetime(2013, 12, 6))
    assert len(alerts.incident_days(*window, longest=timedelta(days=21))["distance"]) == 5
    alerts.enlist(places.alerts, ["webhook"])
    accept(places, "late_arrival", [PSI], "Ada", "The airport has a second runway.")
    assert alerts.incident_days(*window, longest=timedelta(days=21)) == {}
    [kept] = alerts.history(places.alerts, "late_arrival")
    assert (kept.is_open, kept.accepted_because) == (True, "The airport has a second runway.")
    message = write_message(alerts.waiting(places.alerts, "webhook")[-1], reports="reports", runbook_url="runbook.md")
    assert message.subject == "[DRIFT accepted] late_arrival version 3: distance, psi against training"
    assert "accepted by Ada: The airport has a second runway. It is told no more" in message.text
    [told] = message.facts["events"]
    assert (told["accepted_by"], told["accepted_because"]) == ("Ada", "The airport has a second runway.")


def test_against_the_trailing_window_which_holds_its_days_what_was_accepted_is_settled(places: Places) -> None:
    moved, fine = (replace(one, baseline="served") for one in (MOVED, FINE))
    happened(places, 1, moved)
    accept(places, "late_arrival", ["psi|distance|served|-"], "Ada", "The airport has a second runway")
    assert happened(places, 9, fine) == ["settled"]


def test_what_is_not_open_was_accepted_before_or_could_not_be_judged_is_refused_and_nothing_is_kept(
    places: Places,
) -> None:
    happened(places, 1, MOVED, of(BLIND, "carrier"))
    before = alerts.history(places.alerts, "late_arrival")
    for wrong in ("psi|carrier|training|-", "psi|dest|training|-"):
        with pytest.raises(Missing, match=r"there are: psi\|distance\|training\|-") as refused:
            accept(places, "late_arrival", [PSI, wrong], "Ada", "So it is.")
        assert refused.value.code == "alerts.not_open"
    assert alerts.history(places.alerts, "late_arrival") == before
    accept(places, "late_arrival", [PSI], "Ada", "So it is.")
    with pytest.raises(Missing, match="there are: none"):
        accept(places, "late_arrival", [PSI], "Bob", "I too.")


def test_of_many_that_may_be_accepted_the_ten_that_are_most_alike_are_named_and_the_others_counted(
    places: Places,
) -> None:
    happened(places, 1, *(of(MOVED, f"hour_{at:02}") for at in range(12)), of(MOVED, "distance"))
    with pytest.raises(Missing) as refused:
        accept(places, "late_arrival", ["psi|distanc|training|-"], "Ada", "So it is.")
    told = refused.value.message.partition("there are: ")[2]
    assert told.startswith(f"{PSI}, psi|hour_00|training|-, ") and told.endswith(" and 3 more.")
    assert told.count("training") == 10


def test_what_is_open_and_could_not_be_judged_is_refused_with_that(places: Places) -> None:
    happened(places, 1, MOVED, of(BLIND, "carrier"))
    accept(places, "late_arrival", [PSI], "Ada", "So it is.")
    with pytest.raises(Missing) as refused:
        accept(places, "late_arrival", ["psi|carrier|training|-", "psi|dest|training|-"], "Ada", "So it is.")
    assert refused.value.message == (
        "Model late_arrival has no open drift psi|carrier|training|-, psi|dest|training|- that nobody accepted; "
        "there are: none. psi|carrier|training|- is open, but UNKNOWN (values.none): "
        "what cannot be judged cannot be accepted."
    )


@pytest.mark.parametrize("empty", ["--accepted-by", "--reason"])
def test_nobody_accepts_anything_without_a_name_and_a_reason(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], empty: str
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    happened(places, 1, MOVED)
    given = {"--model": "late_arrival", "--alert": PSI, "--accepted-by": "Ada", "--reason": "So it is.", empty: " "}
    words = [word for pair in given.items() for word in pair]
    assert cli.run(build_parser(), ["accept", *words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "alerts.nobody"


def test_what_somebody_accepted_already_is_refused_with_who_did(places: Places) -> None:
    happened(places, 1, MOVED)
    accept(places, "late_arrival", [PSI], "Ada", "The airport has a second runway.")
    with pytest.raises(Missing, match=r"Ada accepted psi\|distance\|training\|- already"):
        accept(places, "late_arrival", [PSI], "Bo", "The same.")


def test_of_which_window_the_accepted_drift_is_is_said_and_that_newer_ones_could_not_judge_it(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    why = ["--accepted-by", "Ada", "--reason", "Winter"]
    happened(places, 1, MOVED, of(MOVED, "carrier"))
    happened(places, 2, BLIND, of(MOVED, "carrier"))
    assert cli.run(build_parser(), ["accept", "--model", "late_arrival", "--alert", PSI, *why]) == 0
    told = f"accepted  DRIFT   {PSI}: last seen in the window to 2013-12-01, could not be judged since"
    assert capsys.readouterr().out.splitlines()[0] == told
    carrier = "psi|carrier|training|-"
    assert cli.run(build_parser(), ["accept", "--model", "late_arrival", "--alert", carrier, *why]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(f"{carrier}: seen in the window to 2013-12-02")


def test_alerts_that_ended_are_shown_with_how(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    served = replace(MOVED, baseline="served")
    happened(places, 1, MOVED, served, of(MOVED, "carrier"))
    assert happened(places, 22, FINE, replace(FINE, baseline="served"), of(MOVED, "carrier"))[:2] == [
        "escalated",
        "resolved",
    ]
    ledger.promote(
        places.ledger, model="late_arrival", version=4, run_id="r", expected=None,
        decided_at=found(22).end, decided_by="test", reason="better",
    )  # fmt: skip
    made = found(23, FINE, version=4)
    publish_findings(places.findings, made)
    update_alerts(places, AlertSettings(), made.id)
    assert cli.run(build_parser(), ["alerts", "--model", "late_arrival"]) == 0
    shown = capsys.readouterr().out
    for line in (
        "psi|distance|training|- #1: resolved by the window to 2013-12-22, since",
        "psi|distance|served|- #1: settled by the window to 2013-12-22, since",
        "psi|carrier|training|- #1: retired by the window to 2013-12-23, escalated, since",
    ):
        assert line in shown
    assert cli.run(build_parser(), ["alerts", "--model", "late_arrival", "--json"]) == 0
    past = json.loads(capsys.readouterr().out)["past"]
    assert {one["key"]: one["ended"] for one in past} == {
        PSI: "resolved",
        "psi|distance|served|-": "settled",
        "psi|carrier|training|-": "retired",
    }


@pytest.mark.parametrize("verb", [["alerts"], ["accept", "--alert", PSI, "--accepted-by", "Ada", "--reason", "Winter"]])
def test_a_wrong_model_and_a_misspelt_setting_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, verb: list[str]
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    for code in ("alerts.model_unknown", "settings.invalid"):
        assert cli.run(build_parser(), [*verb, "--model", "late_arival"]) == 2
        assert capsys.readouterr().err.startswith(f"{code}: ")
        monkeypatch.setenv("MONITORING_WEBHOK_URL", "https://example.org")
