"""Mail and Slack leave through Airflow's providers, to real servers on loopback."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from artifacts.alerts import Message, Receivers
from artifacts.errors import Unavailable
from plugins.alert_channels import airflow_channels
from tests.monitoring.receivers import Mails, Posts, running

MESSAGE = Message(
    key="0123456789abcdef",
    urgent=False,
    subject="[DRIFT opened] late_arrival version 3: distance",
    text="1. DRIFT opened: <!channel> {{ 7 * 7 }} & more\nKey: 0123456789abcdef",
    facts={},
)
URGENT = Message(**{**vars(MESSAGE), "urgent": True})


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mails]:
    with running(Mails()) as server:
        extra = {"disable_ssl": True, "disable_tls": True, "timeout": 5, "retry_limit": 1}
        connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.port, "extra": json.dumps(extra)}
        monkeypatch.setenv("AIRFLOW_CONN_MAIL", json.dumps(connection))
        yield server


@pytest.fixture
def posts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Posts]:
    with running(Posts()) as server:
        connection = {"conn_type": "slackwebhook", "password": f"{server.url}/services/T0/B0/s3cret"}
        monkeypatch.setenv("AIRFLOW_CONN_TEAM", json.dumps(connection))
        yield server


MAIL = Receivers(
    smtp_connection="mail", smtp_from="ml@example.org", smtp_to=("a@example.org",), smtp_escalate_to=("b@example.org",)
)
SLACK = Receivers(slack_connection="team")


@pytest.mark.parametrize("receivers", [Receivers(), MAIL, SLACK, replace(MAIL, slack_connection="team")])
def test_who_is_set_goes_by_the_names_under_which_airflow_sends(receivers):
    assert receivers.channels == tuple(sorted(airflow_channels(receivers)))


def test_a_mail_has_the_text_and_an_id_made_from_the_key(mails):
    airflow_channels(MAIL)["smtp"](MESSAGE)
    [(to, mail)] = mails.got
    assert to == ["a@example.org"]
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Message-ID"] == "<0123456789abcdef@shipshape>"
    text = mail.get_payload()[0].get_payload(decode=True).decode()
    assert "&lt;!channel&gt; {{ 7 * 7 }} &amp; more\n" in text.replace("\r\n", "\n")


def test_the_same_message_has_the_same_id_and_an_escalation_goes_further(mails):
    send = airflow_channels(MAIL)["smtp"]
    for message in (MESSAGE, URGENT):
        send(message)
    assert [to for to, _ in mails.got] == [["a@example.org"], ["a@example.org", "b@example.org"]]
    assert len({mail["Message-ID"] for _, mail in mails.got}) == 1


def test_slack_gets_the_text_with_the_key_and_nobody_is_mentioned_by_data(posts):
    airflow_channels(SLACK)["slack"](MESSAGE)
    [(path, _, body)] = posts.got
    assert path == "/services/T0/B0/s3cret"
    assert body["text"].startswith(f"{MESSAGE.subject}\n1. DRIFT opened: &lt;!channel&gt; {{{{ 7 * 7 }}}} &amp; more")
    assert body["text"].endswith("Key: 0123456789abcdef")


def test_a_receiver_that_does_not_take_it_is_named_without_its_secret(posts, caplog):
    posts.status = 500
    with pytest.raises(Unavailable, match="behind slack did not take the message") as refused:
        airflow_channels(SLACK)["slack"](MESSAGE)
    assert "s3cret" not in f"{refused.value}{caplog.text}"


@pytest.mark.parametrize(("name", "receivers"), [("smtp", MAIL), ("slack", SLACK)])
def test_a_connection_that_airflow_does_not_have_is_a_receiver_that_takes_nothing(name, receivers):
    with pytest.raises(Unavailable, match=f"behind {name} did not take the message"):
        airflow_channels(receivers)[name](MESSAGE)


def test_only_what_is_set_is_a_channel():
    assert airflow_channels(Receivers()) == {}
    assert set(airflow_channels(MAIL)) == {"smtp"}
