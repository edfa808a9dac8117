"""Each receiver gets each message, whatever happens to the others; the key is the same however often it is sent."""

import html
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path

import pytest

from artifacts import alerts, cli, ledger
from artifacts.alerts import Message, Receivers, ReceiverSettings, Send
from artifacts.alerts.receivers import APART
from artifacts.alerts.trouble import WEBHOOK, Trouble, not_taken
from artifacts.errors import BadInput, Missing, Unavailable
from artifacts.finding import Finding
from artifacts.findings import publish_findings
from artifacts.places import REPOSITORY, Places, read_places
from monitoring.__main__ import build_parser
from monitoring.alert_settings import AlertSettings
from monitoring.notify import deliver
from monitoring.settings import read_monitoring_settings
from monitoring.update import update_alerts
from monitoring.watch import choose_checks, deliver_all, due_for_retraining
from tests.monitoring.found import BLIND, FINE, MOVED, NO_ROWS, UNREAD, found, of
from tests.monitoring.receivers import Posts, running


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return read_places({"PIPELINE_HOME": str(tmp_path)})


@pytest.fixture
def receiver() -> Iterator[Posts]:
    with running(Posts()) as server:
        yield server


def settings(url: str | None = None) -> AlertSettings:
    return read_monitoring_settings({} if url is None else {"MONITORING_WEBHOOK_URL": f"{url}/hook?token=s3cret"})


def happened(places: Places, day: int, *findings: object) -> str:
    made = found(day, *findings)  # type: ignore[arg-type]
    publish_findings(places.findings, made)
    update_alerts(places, settings(), made.id)
    return made.id


def test_a_message_says_what_moved_how_far_since_when_and_what_to_do(places: Places, receiver: Posts) -> None:
    identity = happened(places, 2, MOVED, of(FINE, "carrier"))
    assert deliver(places, settings(receiver.url)).sent == {"webhook": 1}
    path, key, body = receiver.got[0]
    assert path == "/hook?token=s3cret"
    assert body["subject"] == "[DRIFT opened] late_arrival version 3: distance, psi against training"
    assert body["text"] == (
        "late_arrival version 3, window to 2013-12-02 (UTC): 1 DRIFT opened\n\n"
        "1. DRIFT opened: distance, psi against training\n"
        "   how far: 0.42, threshold 0.1, interval 0.35 to 0.5\n"
        "   since: the window of 2013-12-02 (incident 1, last seen in the window to 2013-12-02)\n"
        "   rows: 900, held against 28000\n"
        "   why: drift.psi: The PSI is 0.42.\n"
        "   runbook: docs/runbook.md#driftpsi\n\n"
        f"Page: {places.home}/reports/{identity}/index.html\n"
        "Next: python -m monitoring alerts --model late_arrival\n"
        f"Key: {key}"
    )
    assert [event["value"] for event in body["events"]] == [0.42]


def test_what_may_have_begun_in_the_good_window_that_overlaps_is_told_by_both_windows(
    places: Places, receiver: Posts
) -> None:
    for made in (found(8, FINE, days=7), found(9, MOVED, days=7)):
        publish_findings(places.findings, made)
        update_alerts(places, settings(), made.id)
    deliver(places, settings(receiver.url))
    since = "   since: the window of 2013-12-03 to 2013-12-09, not yet in that to 2013-12-08 (incident 1, last seen in "
    assert since in receiver.got[-1][2]["text"]


@pytest.mark.parametrize(
    ("rows", "told"), [(27_407, "   rows: 900, held against 27407 of its holdout\n"), (0, "   rows: 900\n")]
)
def test_rows_that_something_was_held_against_are_told_where_they_are_known(
    places: Places, receiver: Posts, rows: int, told: str
) -> None:
    about = replace(MOVED, rule="log_loss", feature=None, baseline="holdout", baseline_rows=rows)
    made = found(2, about, truth="late_arrival/2014-01-01.aa")
    publish_findings(places.findings, made)
    update_alerts(places, settings(), made.id)
    deliver(places, settings(receiver.url))
    assert told in receiver.got[0][2]["text"]


def test_what_is_resolved_is_told_with_how_far_it_was_and_how_far_it_is_now(places: Places, receiver: Posts) -> None:
    for day, one in ((2, MOVED), (3, replace(FINE, low=0.02, high=0.08))):
        happened(places, day, one)
    deliver(places, settings(receiver.url))
    body = receiver.got[-1][2]
    for line in (
        "how far: was 0.42, threshold 0.1, interval 0.35 to 0.5 in the window to 2013-12-02; "
        "is 0.05, threshold 0.1, interval 0.02 to 0.08 now",
        "then: drift.psi: The PSI is 0.42.",
        "now: within_noise: Within noise.",
    ):
        assert f"   {line}\n" in body["text"]
    assert "why:" not in body["text"]
    assert [(one["value"], one["value_now"]) for one in body["events"]] == [(0.42, 0.05)]


def test_what_could_not_be_judged_is_told_with_what_is_so_now_also_where_no_finding_says_ok(
    places: Places, receiver: Posts
) -> None:
    for day, one in ((2, NO_ROWS), (3, MOVED)):
        happened(places, day, one)
    deliver(places, settings(receiver.url))
    text = receiver.got[-1][2]["text"]
    assert "UNKNOWN resolved: the window, predictions\n" in text
    assert (
        "   then: predictions.none: No prediction was logged.\n"
        "   now: the window could be judged, and nothing of it says so any more.\n"
    ) in text


def test_rows_of_a_log_that_cannot_be_read_are_not_told_as_none(places: Places, receiver: Posts) -> None:
    happened(places, 2, UNREAD)
    deliver(places, settings(receiver.url))
    assert "   rows: could not be counted\n" in receiver.got[-1][2]["text"]


@pytest.mark.parametrize("against_training", [FINE, MOVED])
def test_what_the_trailing_window_has_taken_up_is_told_neither_as_the_new_normal_nor_as_it_was_before(
    places: Places, receiver: Posts, against_training: Finding
) -> None:
    for day, one, other in ((2, MOVED, MOVED), (25, FINE, against_training)):
        happened(places, day, replace(one, baseline="served"), other)
    deliver(places, settings(receiver.url))
    body = receiver.got[-1][2]
    assert "DRIFT settled: distance, psi against the trailing window\n" in body["text"]
    assert (
        "   settled: it lasted so long, or was accepted, that its days are no longer kept out of the trailing window "
        "for it. Whether this is the new normal, or as it was before, shows only against training: see the page.\n"
    ) in body["text"]


def test_what_stays_open_is_told_with_how_it_ends_and_how_to_accept_it(places: Places, receiver: Posts) -> None:
    for day in (2, 9):
        happened(places, day, MOVED)
    deliver(places, settings(receiver.url))
    assert (
        "   ends: once a check finds it gone, or with a champion that was trained on such days. "
        "If it is meant to be so: python -m monitoring accept --model late_arrival "
        "--alert 'psi|distance|training|-' --accepted-by NAME --reason TEXT\n"
    ) in receiver.got[-1][2]["text"]


def test_an_open_alert_that_could_not_be_judged_lately_has_no_numbers_of_now(
    places: Places, receiver: Posts, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    seen = "last seen in the window to 2013-12-02, could not be judged since"
    for day, one in ((2, MOVED), (9, BLIND)):
        happened(places, day, one, of(MOVED, "carrier"))
        assert cli.run(build_parser(), ["alerts", "--model", "late_arrival"]) == 0
        shown = capsys.readouterr().out.splitlines()
        assert [line.endswith(seen) for line in shown if "#1: open" in line and "DRIFT" in line] == [False, day == 9]
    deliver(places, settings(receiver.url))
    text = receiver.got[-1][2]["text"]
    assert f"   since: the window of 2013-12-02 (incident 1, {seen})\n" in text
    assert "(incident 1, last seen in the window to 2013-12-09)\n" in text


def test_what_is_told_again_names_the_page_of_the_window_that_showed_it(places: Places, receiver: Posts) -> None:
    showed = happened(places, 2, MOVED)
    deliver(places, settings(receiver.url))
    happened(places, 9, of(FINE, "dest"))
    newest = happened(places, 16, of(MOVED, "carrier"))
    deliver(places, settings(receiver.url))
    reminded, escalated = (said for _, _, said in receiver.got[1:])
    page, own = (f"{places.home}/reports/{one}/index.html" for one in (newest, showed))
    assert reminded["subject"].startswith("[DRIFT reminded] ") and f"\nPage: {own}\n" in reminded["text"]
    assert (reminded["page"], reminded["events"][0]["page"]) == (own, own)
    assert f"\nPage: {page}\n" in escalated["text"] and escalated["text"].count("page: ") == 1
    assert f"   page: {own}\n" in escalated["text"].partition("DRIFT escalated: distance")[2]


def test_the_events_of_one_check_are_one_message_that_names_each_and_has_ten_in_full(
    places: Places, receiver: Posts
) -> None:
    happened(places, 2, *(of(MOVED, f"feature_{number}") for number in range(12)))
    deliver(places, settings(receiver.url))
    [(_, _, body)] = receiver.got
    assert body["subject"].endswith("(+11 more)")
    assert (body["text"].count("DRIFT opened:"), body["text"].count("how far:")) == (12, 10)
    assert len(body["events"]) == 12


def test_what_is_new_comes_before_what_is_told_again_however_much_that_is(places: Places, receiver: Posts) -> None:
    old = [of(MOVED, f"feature_{number}") for number in range(12)]
    for day in range(2, 16):
        happened(places, day, *old)
        deliver(places, settings(receiver.url))
    happened(places, 16, *old, of(MOVED, "distance"))
    deliver(places, settings(receiver.url))
    said = receiver.got[-1][2]
    assert said["subject"].startswith("[DRIFT opened] ") and "distance" in said["subject"]
    assert said["subject"].endswith("(+12 more, 12 escalated)")
    assert "1. DRIFT opened: distance, psi" in said["text"]
    assert said["text"].count("DRIFT escalated: feature_") == 12


@pytest.mark.parametrize("name", ["feature_{}", "<&{}>" * 60])
def test_of_many_events_all_are_counted_and_no_channel_cuts_what_to_do(
    places: Places, receiver: Posts, name: str
) -> None:
    happened(places, 2, *(of(MOVED, name.format(*[number] * 60)) for number in range(2000)))
    deliver(places, settings(receiver.url))
    text = receiver.got[0][2]["text"]
    assert text.splitlines()[0].endswith("2000 DRIFT opened")
    [left] = [line for line in text.splitlines() if line.startswith("And ")]
    listed = sum(line.partition(". ")[0].isdigit() for line in text.splitlines())
    assert left == f"And {2000 - listed:,} more, which the command below shows."
    assert text.splitlines()[-2] == "Next: python -m monitoring alerts --model late_arrival"
    assert len(html.escape(text)) < 31_000


def test_what_was_delivered_is_not_sent_again(places: Places, receiver: Posts) -> None:
    happened(places, 2, MOVED)
    for _ in range(3):
        deliver(places, settings(receiver.url))
    happened(places, 3, FINE)
    deliver(places, settings(receiver.url))
    assert [body["events"][0]["step"] for _, _, body in receiver.got] == ["opened", "resolved"]


def test_a_receiver_that_is_down_keeps_nothing_from_the_others_and_gets_it_later(
    places: Places, receiver: Posts
) -> None:
    happened(places, 2, MOVED)
    taken: list[Message] = []
    receiver.status = 503
    with pytest.raises(
        Unavailable,
        match=r"webhook \(MONITORING_WEBHOOK_URL\) did not take the message: it answered with status 503\. See that it",
    ) as refused:
        deliver(places, settings(receiver.url), {"another": taken.append})
    assert refused.value.code == "alerts.undelivered"
    assert len(taken) == 1
    receiver.status = 200
    assert deliver(places, settings(receiver.url), {"another": taken.append}).sent == {"another": 0, "webhook": 1}
    assert receiver.keys == [taken[0].key] * 2


def test_a_receiver_that_is_silent_holds_up_no_webhook(places: Places, receiver: Posts) -> None:
    had: dict[str, list[str | None]] = {}

    def silent(channel: str) -> Send:
        def send(_: Message) -> None:
            had.setdefault(channel, list(receiver.keys))
            raise not_taken(channel, WEBHOOK, Trouble("it was silent for 10 seconds", "Mend it."))

        return send

    happened(places, 2, MOVED)
    others = {name: silent(name) for name in ("smtp", "slack", "smtp_2")}
    with pytest.raises(Unavailable, match=r"slack .*smtp .*smtp_2 "):
        deliver(places, settings(receiver.url), others)
    assert list(had) == ["slack", "smtp", "smtp_2"] and had == dict.fromkeys(had, receiver.keys)
    message = Message("a", False, "b", "c", {})
    alerts.put(places.alerts, "run a/b", message)
    had.clear()
    alerts.deliver_message(places.alerts, message, settings(receiver.url).channels(lambda _: others))
    assert receiver.keys[-1] == "a" and had == dict.fromkeys(had, receiver.keys)


@pytest.mark.parametrize(("is_silence", "asked"), [(True, 1), (False, 3)])
def test_a_receiver_that_is_silent_is_waited_for_once_however_much_waits(
    places: Places, receiver: Posts, is_silence: bool, asked: int
) -> None:
    got: list[str] = []

    def send(message: Message) -> None:
        got.append(message.key)
        raise not_taken("slack", WEBHOOK, Trouble("it did not answer in time", "Mend it.", is_silence))

    for number in range(4):
        happened(places, 2 + number, *(of(MOVED, f"feature {one}") for one in range(number + 1)))
    with pytest.raises(Unavailable, match=r"slack: The receiver behind slack .* it did not answer in time") as refused:
        deliver(places, settings(receiver.url), {"slack": send})
    assert refused.value.code == "alerts.undelivered"
    assert (len(got), len(receiver.got)) == (asked, 4)
    assert deliver(places, settings(receiver.url), {"slack": lambda _: None}).sent == {"slack": 4, "webhook": 0}


def test_one_message_that_is_refused_does_not_keep_back_the_next_ones(places: Places, receiver: Posts) -> None:
    happened(places, 2, MOVED)
    happened(places, 3, MOVED, of(MOVED, "carrier"))
    receiver.refused = "|distance|"
    with pytest.raises(Unavailable):
        deliver(places, settings(receiver.url))
    receiver.refused = "no message holds this"
    assert deliver(places, settings(receiver.url)).sent == {"webhook": 1}
    assert len(set(receiver.keys)) == 2


def test_messages_that_are_never_taken_are_asked_last_and_keep_nothing_back(places: Places, receiver: Posts) -> None:
    poison = [of(MOVED, f"poison {number}") for number in range(3)]
    for number in range(3):
        happened(places, 2 + number, *poison[: number + 1])
    happened(places, 5, *poison, of(MOVED, "carrier"))
    receiver.refused = "|poison"
    for _ in range(2):
        with pytest.raises(Unavailable):
            deliver(places, settings(receiver.url))
    assert "carrier" in receiver.got[3][2]["subject"]
    assert len(alerts.waiting(places.alerts, "webhook")) == 3


def test_a_receiver_that_takes_none_is_asked_three_times_a_run(places: Places, receiver: Posts) -> None:
    for day in range(2, 12):
        happened(places, day, FINE if day % 2 else MOVED)
    receiver.status = 302
    with pytest.raises(Unavailable):
        deliver(places, settings(receiver.url))
    assert len(receiver.got) == 3


def test_messages_that_wait_for_nobody_are_a_refusal_and_go_to_the_first_who_comes(
    places: Places, receiver: Posts
) -> None:
    assert deliver(places, settings()).sent == {}
    happened(places, 2, MOVED)
    with pytest.raises(BadInput, match="1 message waits, and no receiver is set") as refused:
        deliver(places, settings())
    assert refused.value.code == "alerts.no_channel"
    assert deliver(places, settings(receiver.url)).sent == {"webhook": 1}


def test_a_receiver_that_comes_later_is_not_told_what_others_knew_before(places: Places, receiver: Posts) -> None:
    happened(places, 2, MOVED)
    deliver(places, settings(receiver.url))
    taken: list[Message] = []
    happened(places, 3, FINE)
    deliver(places, settings(), {"another": taken.append})
    assert [message.facts["events"][0]["step"] for message in taken] == ["resolved"]


def test_a_receiver_that_was_unset_for_a_while_is_not_told_what_others_had_meanwhile(
    places: Places, receiver: Posts
) -> None:
    taken: list[Message] = []
    happened(places, 2, MOVED)
    deliver(places, settings(receiver.url), {"another": taken.append})
    for day, one in ((3, FINE), (6, MOVED)):
        happened(places, day, one)
        deliver(places, settings(), {"another": taken.append})
    happened(places, 9, FINE)
    assert deliver(places, settings(receiver.url), {"another": taken.append}).sent == {"another": 1, "webhook": 1}
    assert receiver.keys == [taken[0].key, taken[3].key]
    assert alerts.undelivered(places.alerts) == 0


def test_a_receiver_that_a_shell_does_not_know_is_not_taken_for_one_that_was_unset(
    places: Places, receiver: Posts
) -> None:
    taken: list[Message] = []
    deliver(places, settings(), {"another": taken.append})
    for day, one in ((2, MOVED), (3, FINE)):
        happened(places, day, one)
        deliver(places, settings(receiver.url))
    deliver(places, settings(receiver.url), {"another": taken.append})
    assert [message.key for message in taken] == receiver.keys
    assert len(taken) == 2


@pytest.mark.parametrize("is_one_killed", [False, True])
def test_two_deliveries_at_once_double_no_message_and_a_killed_one_holds_nobody_up(
    places: Places, receiver: Posts, is_one_killed: bool
) -> None:
    for day in (2, 3, 4):
        happened(places, day, MOVED if day % 2 == 0 else FINE)
    receiver.seconds = 1.0
    environ = {**os.environ, "PIPELINE_HOME": str(places.home), "MONITORING_WEBHOOK_URL": receiver.url}
    command = [sys.executable, "-m", "monitoring", "notify"]
    first = subprocess.Popen(command, cwd=REPOSITORY, env=environ, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not receiver.got and time.monotonic() < until:
        time.sleep(0.05)
    if is_one_killed:
        first.kill()
    second = subprocess.Popen(command, cwd=REPOSITORY, env=environ, stderr=subprocess.DEVNULL)
    assert [one.wait() for one in (first, second)] == [-signal.SIGKILL if is_one_killed else 0, 0]
    assert (len(set(receiver.keys)), alerts.undelivered(places.alerts)) == (3, 0)
    assert len(receiver.got) == (4 if is_one_killed else 3)


def test_a_channel_that_another_delivers_to_for_long_is_left_to_it_and_said(
    places: Places, receiver: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened(places, 2, MOVED)
    monkeypatch.setattr("artifacts.alerts.turns.WAIT_SECONDS", 0.2)
    with alerts.turn(places.alerts, "webhook") as is_ours:
        with pytest.raises(
            Unavailable,
            match=r"webhook: 1 message waits, which another process is delivering.*see that the other one ends",
        ):
            deliver(places, settings(receiver.url))
        assert (is_ours, receiver.got) == (True, [])
    assert deliver(places, settings(receiver.url)).sent == {"webhook": 1}


def refuses_drift(taken: list[Message]) -> Send:
    """A receiver that takes no message about what opened."""

    def send(message: Message) -> None:
        if message.subject.startswith("[DRIFT opened]"):
            raise not_taken("another", WEBHOOK, Trouble("status 400", "Mend it."))
        taken.append(message)

    return send


def test_a_receiver_that_comes_later_gets_an_older_message_that_nobody_took_and_none_that_somebody_did(
    places: Places, receiver: Posts
) -> None:
    taken: list[Message] = []
    for day, one in ((2, MOVED), (3, FINE)):
        happened(places, day, one)
        with pytest.raises(Unavailable):
            deliver(places, settings(), {"another": refuses_drift(taken)})
    assert (len(taken), alerts.undelivered(places.alerts)) == (1, 1)
    with pytest.raises(Unavailable):
        deliver(places, settings(receiver.url), {"another": refuses_drift(taken)})
    assert [body["events"][0]["step"] for _, _, body in receiver.got] == ["opened"]
    happened(places, 9, MOVED)
    with pytest.raises(Unavailable):
        deliver(places, settings(receiver.url), {"another": refuses_drift(taken)})
    assert len(receiver.got) == 2


def test_what_a_receiver_had_refused_before_it_was_unset_waits_for_it_whoever_took_it_meanwhile(
    places: Places, receiver: Posts
) -> None:
    receiver.status, taken = 503, []
    happened(places, 2, MOVED)
    with pytest.raises(Unavailable):
        deliver(places, settings(receiver.url), {})
    for day, one in ((3, FINE), (6, MOVED)):
        happened(places, day, one)
        deliver(places, settings(), {"another": taken.append})
    assert len(taken) == 3
    receiver.status = 200
    assert deliver(places, settings(receiver.url), {"another": taken.append}).sent == {"another": 0, "webhook": 1}
    assert set(receiver.keys) == {taken[0].key}


def test_nothing_of_a_secret_url_is_said_or_kept(
    places: Places, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    happened(places, 2, MOVED)
    with pytest.raises(Unavailable) as refused:
        deliver(places, settings("http://127.0.0.1:1"))
    kept = Path(places.alerts.removeprefix("sqlite:///")).read_bytes()
    said = f"{refused.value}{refused.getrepr()}{settings('http://127.0.0.1:1')!r}{caplog.text}{capfd.readouterr()}"
    assert "s3cret" not in said.replace('"MONITORING_WEBHOOK_URL": f"{url}/hook?token=s3cret"', "")
    assert b"s3cret" not in kept


@pytest.mark.parametrize("name", ["MONITORING_WEBHOOK_URL", "MONITORING_WEBHOOK_ULR"])
def test_a_secret_that_is_no_url_or_under_a_wrong_name_is_not_repeated(name: str) -> None:
    with pytest.raises(BadInput, match=name) as refused:
        read_monitoring_settings({name: "s3cret"})
    assert "s3cret" not in f"{refused.value} {refused.value.__cause__}"


MAIL = {"CONNECTION": "mail", "FROM": "watch@example.org", "TO": "team@example.org"}


def test_a_mistyped_address_keeps_nothing_from_the_others_nor_from_itself_once_it_is_right(
    places: Places, receiver: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailed: list[str] = []

    def mail(receivers: Receivers) -> dict[str, Send]:
        return {name: lambda message: mailed.append(message.subject) for name in receivers.mailed}

    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    monkeypatch.setenv("MONITORING_WEBHOOK_URL", receiver.url)
    for name, value in MAIL.items():
        monkeypatch.setenv(f"MONITORING_SMTP_{name}", value)
    happened(places, 2, MOVED)
    assert deliver_all(mail) == {"smtp": 1, "webhook": 1}
    monkeypatch.setenv("MONITORING_SMTP_TO", "oncall")
    happened(places, 3, FINE)
    with pytest.raises(BadInput, match="MONITORING_SMTP_TO='oncall': 'oncall' is no address of mail") as refused:
        deliver_all(mail)
    assert (refused.value.code, len(receiver.got), len(mailed)) == ("settings.invalid", 2, 1)
    # Nor does anything else wait for it: of another thing that is wrong it is told.
    with pytest.raises(Missing, match="No model has a champion"):
        choose_checks(date(2013, 12, 4))
    assert due_for_retraining([], "run") == []
    monkeypatch.setenv("MONITORING_SMTP_TO", MAIL["TO"])
    assert deliver_all(mail) == {"smtp": 1, "webhook": 0}
    assert "resolved" in mailed[1]


def test_of_several_receivers_that_are_set_wrongly_each_is_told_with_what_to_do(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(places.home))
    monkeypatch.setenv("MONITORING_WEBHOOK_URL", "hooks.example.org")
    monkeypatch.setenv("MONITORING_SMTP_TO", "oncall")
    with pytest.raises(BadInput) as refused:
        deliver_all(lambda _: {})
    for told in (refused.value.message, refused.value.next_step):
        assert "MONITORING_WEBHOOK_URL" in told and "MONITORING_SMTP_TO" in told
    assert refused.value.code == "settings.invalid"


def test_each_setting_of_a_receiver_is_one_that_is_refused_by_itself() -> None:
    links = ["runbook_url", "page_url"]
    assert sorted([*chain(*APART), *links]) == sorted(ReceiverSettings.model_fields)


@pytest.mark.parametrize("missing", [("CONNECTION",), ("FROM",), ("TO",), ("FROM", "TO"), ("CONNECTION", "TO")])
@pytest.mark.parametrize("is_empty", [False, True])
def test_half_of_what_mail_needs_is_refused_and_what_is_not_set_is_named(
    missing: tuple[str, ...], is_empty: bool
) -> None:
    environ = {f"MONITORING_SMTP_{name}": value for name, value in MAIL.items()}
    assert read_monitoring_settings(environ).receivers.smtp_to == ("team@example.org",)
    left = {name: value for name, value in environ.items() if not name.endswith(missing)}
    names = [f"MONITORING_SMTP_{name}" for name in missing]
    with pytest.raises(BadInput) as refused:
        read_monitoring_settings(dict.fromkeys(environ, "") | left if is_empty else left)
    shown = "=''" if is_empty else ""
    assert refused.value.message == (
        f"Environment variable {names[0]}{shown}: mail needs MONITORING_SMTP_CONNECTION, MONITORING_SMTP_FROM and "
        f"MONITORING_SMTP_TO, all three or none; not set: {', '.join(names)}."
    )
    assert refused.value.next_step == f"Set {names[0]}."


@pytest.mark.parametrize("name", ["FROM", "TO", "ESCALATE_TO"])
@pytest.mark.parametrize("value", ["oncall", "a@example.org;b@example.org", "a b@example.org", "@example.org", "a@"])
def test_what_is_no_address_of_mail_is_refused(name: str, value: str) -> None:
    environ = {f"MONITORING_SMTP_{one}": address for one, address in {**MAIL, name: value}.items()}
    with pytest.raises(BadInput) as refused:
        read_monitoring_settings(environ)
    assert refused.value.message.startswith(f"Environment variable MONITORING_SMTP_{name}={value!r}: {value!r} is no ")
    assert "NAME@HOST is wanted" in refused.value.message


def test_several_addresses_are_separated_by_commas_and_mail_comes_from_one() -> None:
    environ = {f"MONITORING_SMTP_{name}": value for name, value in MAIL.items()}
    two = "a@example.org , b@example.org,"
    told = read_monitoring_settings({**environ, "MONITORING_SMTP_FROM": " a@b.c", "MONITORING_SMTP_TO": two}).receivers
    assert (told.smtp_from, told.smtp_to) == ("a@b.c", ("a@example.org", "b@example.org"))
    with pytest.raises(BadInput, match="not set: MONITORING_SMTP_TO"):
        read_monitoring_settings({**environ, "MONITORING_SMTP_TO": " ,"})
    with pytest.raises(BadInput, match=re.escape(f"MONITORING_SMTP_FROM={two!r}: one address is wanted.")):
        read_monitoring_settings({**environ, "MONITORING_SMTP_FROM": two})


def test_who_is_mailed_an_escalation_is_mailed_the_rest_too() -> None:
    with pytest.raises(BadInput, match="all three or none"):
        read_monitoring_settings({"MONITORING_SMTP_ESCALATE_TO": "head@example.org"})


def mailed(url: str | None = None) -> AlertSettings:
    environ = {f"MONITORING_SMTP_{name}": value for name, value in MAIL.items()}
    return read_monitoring_settings(environ | ({} if url is None else {"MONITORING_WEBHOOK_URL": url}))


def test_what_waits_for_mail_alone_is_kept_for_airflow_which_the_command_names(places: Places) -> None:
    assert deliver(places, mailed()).sent == {}
    happened(places, 2, MOVED)
    with pytest.raises(
        Unavailable, match=r"smtp: 1 message waits.* Clear the task notify .* watch_drift, with what is down"
    ) as refused:
        deliver(places, mailed())
    assert refused.value.code == "alerts.undelivered"
    taken: list[Message] = []
    assert deliver(places, mailed(), {"smtp": taken.append}).sent == {"smtp": 1}
    assert deliver(places, mailed()).sent == {}


@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ({"smtp"}, (True, False)),
        ({"webhook"}, (False, True)),
        ({"smtp", "webhook"}, (True, False)),
    ],
)
def test_a_failure_names_the_one_step_that_reaches_all_that_failed(
    places: Places, receiver: Posts, failing: set[str], said: tuple[bool, bool]
) -> None:
    def refuses(_: Message) -> None:
        raise not_taken("smtp", WEBHOOK, Trouble("status 500", "Mend it."))

    happened(places, 2, MOVED)
    receiver.status = 500 if "webhook" in failing else 200
    with pytest.raises(Unavailable) as refused:
        deliver(places, mailed(receiver.url), {"smtp": refuses if "smtp" in failing else [].append})
    step = refused.value.next_step or ""
    assert ("Clear the task notify" in step, "python -m monitoring notify" in step) == said


def test_a_webhook_that_the_command_serves_first_takes_nothing_from_mail(places: Places, receiver: Posts) -> None:
    happened(places, 2, MOVED)
    with pytest.raises(Unavailable, match="smtp: 1 message waits"):
        deliver(places, mailed(receiver.url))
    taken: list[Message] = []
    assert deliver(places, mailed(receiver.url), {"smtp": taken.append}).sent == {"smtp": 1, "webhook": 0}
    assert [message.key for message in taken] == receiver.keys


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from artifacts.places import read_places
from artifacts.alerts import receivers
from monitoring import notify
from monitoring.settings import read_monitoring_settings
from monitoring.update import update_alerts
moment, identity = sys.argv[1:]
places, settings = read_places(), read_monitoring_settings()
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def dies_after(function):
    return lambda *given: (function(*given), die())
if moment == "before the commit":
    sa.event.listen(sa.Engine, "commit", die)
update_alerts(places, settings, identity)
if moment == "after the commit":
    die()
if moment == "before the delivery":
    receivers.post = die
if moment == "after the delivery":
    receivers.post = dies_after(receivers.post)
if moment == "after it was marked":
    notify.alerts.delivered = dies_after(notify.alerts.delivered)
notify.deliver(places, settings)
"""


@pytest.mark.parametrize(
    ("moment", "times"),
    [
        ("before the commit", 1),
        ("after the commit", 1),
        ("before the delivery", 1),
        ("after the delivery", 2),
        ("after it was marked", 1),
    ],
)
def test_a_kill_loses_no_alert_and_what_is_sent_twice_has_one_key(
    places: Places, receiver: Posts, moment: str, times: int
) -> None:
    made = found(2, MOVED)
    publish_findings(places.findings, made)
    environ = {**os.environ, "PIPELINE_HOME": str(places.home), "MONITORING_WEBHOOK_URL": receiver.url}
    killed, survived = (
        subprocess.run(
            [sys.executable, "-c", KILLED, when, made.id], cwd=REPOSITORY, env=environ, capture_output=True, check=False
        )
        for when in (moment, "never")
    )
    assert (killed.returncode, survived.returncode) == (-signal.SIGKILL, 0), killed.stderr + survived.stderr
    assert len(receiver.keys) == times
    assert len(set(receiver.keys)) == 1
    assert [one.incident for one in alerts.history(places.alerts, "late_arrival")] == [1]


def test_the_commands_take_findings_in_show_the_alerts_and_deliver(places: Places, receiver: Posts) -> None:
    made = found(2, MOVED)
    publish_findings(places.findings, made)
    environ = {**os.environ, "PIPELINE_HOME": str(places.home), "MONITORING_WEBHOOK_URL": receiver.url}

    def asked(*arguments: str) -> str:
        command = [sys.executable, "-m", "monitoring", *arguments]
        return subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=True).stdout

    assert asked("update", "--findings", made.id) == f"opened    DRIFT   psi|distance|training|-\n{made.id}\n"
    assert asked("alerts", "--model", "late_arrival").splitlines() == [
        "DRIFT   v3 psi|distance|training|- #1: open, since the window to 2013-12-02, drift.psi 0.42 of 0.1",
        "1 open, 0 past alerts of:",
        "late_arrival",
    ]
    with pytest.raises(subprocess.CalledProcessError) as mistyped:
        asked("alerts", "--model", "late_arival")
    assert mistyped.value.returncode == 2
    assert (
        mistyped.value.stderr.startswith("alerts.model_unknown: ") and "known: late_arrival." in mistyped.value.stderr
    )
    assert asked("notify").splitlines() == [
        "1 message to webhook",
        "alerts in:",
        places.alerts,
    ]
    assert json.loads(asked("notify", "--json"))["sent"] == {"webhook": 0}


def test_findings_that_change_no_alert_say_why(places: Places) -> None:
    def why(day: int, *findings: Finding) -> str | None:
        made = found(day, *findings)
        publish_findings(places.findings, made)
        return update_alerts(places, settings(), made.id).passed_over

    assert why(2, MOVED) is None
    assert why(3, MOVED) is None
    assert why(3, MOVED) == "These findings were taken already."
    assert why(1, FINE) == (
        "Their window is that to 2013-12-01, and 2013-12-03 was taken "
        "already: alerts go forward in time. Look at older windows with alerts of their own: set another "
        "PIPELINE_ALERTS."
    )


def test_findings_of_a_champion_that_was_replaced_are_retired_by_those_of_the_next_and_told_with_their_version(
    places: Places, receiver: Posts
) -> None:
    happened(places, 2, MOVED)
    ledger.promote(
        places.ledger, model="late_arrival", version=4, run_id="r", expected=None,
        decided_at=found(3).end, decided_by="test", reason="better",
    )  # fmt: skip
    made = found(3, of(MOVED, "carrier"), version=4)
    publish_findings(places.findings, made)
    assert [event.step for event in update_alerts(places, settings(), made.id).events] == ["opened", "retired"]
    deliver(places, settings(receiver.url))
    body = receiver.got[-1][2]
    assert body["subject"] == "[DRIFT opened] late_arrival version 4: carrier, psi against training (+1 more)"
    for line in (
        "late_arrival version 4, window to 2013-12-03 (UTC): 1 DRIFT opened, 1 DRIFT of version 3 retired",
        "1. DRIFT opened: carrier, psi against training",
        "2. DRIFT of version 3 retired: distance, psi against training",
        "   retired: version 3 is not the champion now. Its alert is closed, and whether it is gone was not looked at.",
    ):
        assert f"{line}\n" in body["text"]


def test_a_refusal_of_a_receiver_is_one_that_airflow_tries_again() -> None:
    assert isinstance(not_taken("smtp", WEBHOOK, Trouble("status 500", "Mend it.")), Unavailable)
