"""Mail and Slack leave through Airflow's providers, to real servers on loopback."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from artifacts import alerts
from artifacts.alerts import Message, Receivers
from artifacts.errors import Unavailable
from plugins.alert_channels import airflow_channels
from tests.monitoring.receivers import Mails, Posts, running

MESSAGE = Message(
    key="0123456789abcdef",
    urgent=False,
    subject="[DRIFT opened] late_arrival version 3: distance",
    text="1. DRIFT opened: <!channel> {{ 7 * 7 }} & --alert 'more'\nKey: 0123456789abcdef",
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


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'alerts.db'}"


def delivered(url: str, receivers: Receivers, message: Message) -> dict[str, str | None]:
    alerts.put(url, "run a/b", message)
    return alerts.deliver_message(url, message, airflow_channels(receivers))


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
    assert "&lt;!channel&gt; {{ 7 * 7 }} &amp; --alert 'more'\n" in text.replace("\r\n", "\n")


def test_the_same_message_has_the_same_id_and_an_escalation_goes_further(mails, url):
    told = replace(URGENT, key="fedcba9876543210")
    for message in (MESSAGE, told):
        assert set(delivered(url, MAIL, message).values()) == {None}
    assert [to for to, _ in mails.got] == [["a@example.org"], ["a@example.org"], ["b@example.org"]]
    of = ["<0123456789abcdef@shipshape>", *["<fedcba9876543210@shipshape>"] * 2]
    assert [mail["Message-ID"] for _, mail in mails.got] == of


@pytest.mark.parametrize(
    ("to", "further", "refused"),
    [
        (("a@example.org",), ("b@example.org",), "smtp_escalate"),
        (("a@example.org",), ("a@example.org", "b@example.org"), "smtp_escalate"),
        (("b@example.org", "a@example.org"), (), "smtp"),
        (("a@example.org", "b@example.org", "a@example.org"), ("a@example.org",), "smtp_2"),
    ],
)
def test_of_several_addresses_one_that_is_refused_is_said_and_asked_again_and_no_other(
    mails, url, to, further, refused
):
    receivers, mails.refused = replace(MAIL, smtp_to=to, smtp_escalate_to=further), {"b@example.org"}
    for _ in range(2):
        said = delivered(url, receivers, URGENT)
        name, those = ("SMTP_TO", to) if refused in {"smtp", "smtp_2"} else ("SMTP_ESCALATE_TO", further)
        step = f"Correct address {those.index('b@example.org') + 1} of MONITORING_{name}."
        assert f"it rejected the address, with status 550. {step}" in said[refused]
        assert "b@example.org" not in said[refused]
        assert [one for one, _ in mails.got] == [["a@example.org"]]
    mails.refused = set()
    assert delivered(url, receivers, URGENT) == {refused: None}
    assert [one for one, _ in mails.got] == [["a@example.org"], ["b@example.org"]]


def test_what_waits_for_a_mistyped_address_goes_to_the_one_that_takes_its_place(mails, url):
    mails.refused = {"b@example.org"}
    delivered(url, MAIL, URGENT)
    assert delivered(url, replace(MAIL, smtp_escalate_to=("c@example.org",)), URGENT) == {"smtp_escalate": None}
    assert [to for to, _ in mails.got] == [["a@example.org"], ["c@example.org"]]


def test_slack_gets_the_text_with_the_key_and_nobody_is_mentioned_by_data(posts):
    airflow_channels(SLACK)["slack"](MESSAGE)
    [(path, _, body)] = posts.got
    assert path == "/services/T0/B0/s3cret"
    assert body["text"].startswith(
        f"{MESSAGE.subject}\n1. DRIFT opened: &lt;!channel&gt; {{{{ 7 * 7 }}}} &amp; --alert"
    )
    assert body["text"].endswith("Key: 0123456789abcdef")


def test_a_receiver_that_does_not_take_it_is_named_without_its_secret(posts, caplog):
    posts.status = 500
    with pytest.raises(
        Unavailable, match=r"behind slack .MONITORING_SLACK_CONNECTION=team. did not take the message: .* status 500"
    ) as refused:
        airflow_channels(SLACK)["slack"](MESSAGE)
    assert "s3cret" not in f"{refused.value}{caplog.text}"


@pytest.mark.parametrize(("name", "receivers"), [("smtp", MAIL), ("slack", SLACK)])
def test_a_connection_that_airflow_does_not_have_is_a_receiver_that_takes_nothing(name, receivers):
    with pytest.raises(Unavailable, match=f"behind {name} .*Airflow has no such connection"):
        airflow_channels(receivers)[name](MESSAGE)


def test_only_what_is_set_is_a_channel():
    assert airflow_channels(Receivers()) == {}
    assert set(airflow_channels(MAIL)) == {"smtp", "smtp_escalate"}
