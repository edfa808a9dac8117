"""What is wrong with a receiver is told with its setting, in plain words, and never with what is secret of it."""

import json
import socket
import socketserver
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from artifacts.alerts import Message, read_receivers
from artifacts.alerts.trouble import Silent
from artifacts.errors import Unavailable
from plugins.alert_channels import airflow_channels
from tests.monitoring.receivers import Posts, running

MESSAGE = Message(key="0123456789abcdef", urgent=False, subject="moved", text="distance", facts={})
SECRET = "s3cret"
PLAIN = {"disable_ssl": True, "disable_tls": True}


class Says(socketserver.ThreadingTCPServer):
    """Says each of `lines` when it was spoken to, the first at once, and then is silent until the other hangs up."""

    daemon_threads = True

    def __init__(self, *lines: str) -> None:
        super().__init__(("127.0.0.1", 0), _Said)
        self.lines = lines
        self.asked = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Said(socketserver.BaseRequestHandler):
    server: Says

    def handle(self) -> None:
        self.server.asked += 1
        with suppress(OSError):
            for number, line in enumerate(self.server.lines):
                if number and not self.request.recv(4096):
                    return
                self.request.sendall(f"{line}\r\n".encode())
            while self.request.recv(4096):
                pass


@contextmanager
def answers(*lines: str) -> Iterator[int]:
    with running(Says(*lines)) as server:
        yield server.port


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def said_of(channel: str) -> str:
    with pytest.raises(Unavailable) as refused:
        read_receivers().channels(airflow_channels)[channel](MESSAGE)
    assert refused.value.code == "alerts.receiver"
    assert SECRET not in str(refused.value)
    return str(refused.value)


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert SECRET not in f"{capfd.readouterr()}{caplog.text}"


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch):
    for name, value in {"CONNECTION": "mail2", "FROM": "ml@example.org", "TO": "a@example.org"}.items():
        monkeypatch.setenv(f"MONITORING_SMTP_{name}", value)

    def told(*, host: str | None = "127.0.0.1", port: int = 25, **extra: object) -> str:
        whole = {"timeout": 1, "retry_limit": 0} | extra
        whole = {name: value for name, value in whole.items() if value is not None}
        connection = {"conn_type": "smtp", "host": host, "port": port, "login": "u", "password": SECRET}
        monkeypatch.setenv("AIRFLOW_CONN_MAIL2", json.dumps(connection | {"extra": json.dumps(whole)}))
        said = said_of("smtp")
        assert said.startswith("The receiver behind smtp (MONITORING_SMTP_CONNECTION=mail2) did not take the message: ")
        return said

    return told


def test_a_mail_server_that_is_not_there(mail):
    assert "its host was not found. Correct the host in the Airflow connection mail2" in mail(host="mail.invalid")
    assert "it refused the connection. See that it is up, and correct host and port in" in mail(port=closed_port())
    assert "the connection has no host. Add the host to the Airflow connection mail2." in mail(host=None)


def test_a_mail_server_that_accepts_and_is_silent(mail):
    with answers() as port:
        assert "it did not answer in time. See that it is up" in mail(port=port, **PLAIN)


def test_a_mail_server_that_is_silent_holds_nobody_up_for_long(mail, monkeypatch):
    monkeypatch.setattr("plugins.mail_hook.SECONDS", 1, raising=False)
    began = time.monotonic()
    with answers() as port:
        assert "it did not answer in time." in mail(port=port, timeout=None, retry_limit=None, **PLAIN)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(("timeout", "retry_limit"), [(5, 5), (1, 29)])
def test_nor_does_it_with_what_the_form_of_a_connection_saves(mail, monkeypatch, timeout, retry_limit):
    monkeypatch.setattr("plugins.mail_hook.LONGEST", 2, raising=False)
    began = time.monotonic()
    with answers() as port:
        said = mail(port=port, timeout=timeout, retry_limit=retry_limit, **PLAIN)
    assert "it did not answer in time." in said and time.monotonic() - began < 10


@pytest.mark.parametrize(("lines", "asked"), [((), 1), (("220 hello", "250 ok"), 4)])
def test_a_mail_server_that_does_not_greet_is_asked_once_for_all_addresses_and_messages(monkeypatch, lines, asked):
    for name, value in {"CONNECTION": "mail2", "FROM": "ml@example.org", "TO": "a@example.org,b@example.org"}.items():
        monkeypatch.setenv(f"MONITORING_SMTP_{name}", value)
    with running(Says(*lines)) as server:
        extra = json.dumps({"timeout": 1, "retry_limit": 0} | PLAIN)
        connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_MAIL2", json.dumps(connection))
        channels = read_receivers().channels(airflow_channels)
        for channel in ("smtp", "smtp_2", "smtp", "smtp_2"):
            with pytest.raises(Silent, match=rf"behind {channel} .* it did not answer in time"):
                channels[channel](MESSAGE)
        assert server.asked == asked
        # The next delivery asks anew.
        with pytest.raises(Silent):
            read_receivers().channels(airflow_channels)["smtp_2"](MESSAGE)
        assert server.asked == asked + 1


def test_a_mail_server_that_is_spoken_to_in_tls_and_does_not_know_it(mail):
    with answers("220 hello") as port:
        assert "TLS failed: it may speak none on that port. Correct the port or disable_ssl" in mail(port=port)
    with answers("220 hello", "250 ok") as port:
        assert "it offers no STARTTLS, or no login. Correct disable_ssl and" in mail(port=port, disable_ssl=True)


def test_a_mail_server_that_does_not_know_who_asks(mail):
    with answers("220 hello", "250-hello\r\n250 AUTH PLAIN", "535 no s3cret") as port:
        said = mail(port=port, **PLAIN)
    assert "it rejected login and password, with status 535. Correct login and password in the Airflow conn" in said


def test_a_mail_server_that_rejects_the_sender_or_breaks_off(mail):
    with answers("220 hello", "250-hello\r\n250 AUTH PLAIN", "235 ok", "550 no", "250 ok") as port:
        assert "it rejected the sender, with status 550. Correct MONITORING_SMTP_FROM." in mail(port=port, **PLAIN)
    with answers("421 s3cret is busy") as port:
        assert "it puts off the mail, with status 421. See that it is up" in mail(port=port, **PLAIN)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MONITORING_SLACK_CONNECTION", "team")

    def told(url: str | None) -> str:
        monkeypatch.setenv("AIRFLOW_CONN_TEAM", json.dumps({"conn_type": "slackwebhook", "password": url}))
        said = said_of("slack")
        assert said.startswith("The receiver behind slack (MONITORING_SLACK_CONNECTION=team) did not take the message")
        return said

    return told


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch):
    def told(url: str) -> str:
        monkeypatch.setenv("MONITORING_WEBHOOK_URL", url)
        said = said_of("webhook")
        assert said.startswith("The receiver behind webhook (MONITORING_WEBHOOK_URL) did not take the message: ")
        return said

    return told


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (403, "See that the URL in {} is right and still valid."),
        (302, "A redirect is not followed: put the URL that it leads to into {}."),
        (503, "See that it is up; the next delivery tries again."),
    ],
)
def test_a_status_of_slack_and_of_a_webhook_is_told_with_what_it_asks_for(slack, webhook, status, step):
    with running(Posts()) as server:
        server.status, url = status, f"{server.url}/{SECRET}"
        for told, place in ((slack, "the Airflow connection team"), (webhook, "MONITORING_WEBHOOK_URL")):
            assert f"it answered with status {status}. {step.format(place)}" in told(url)


def test_a_slack_that_says_anything_but_ok_took_nothing_whatever_its_status(slack):
    with running(Posts()) as server:
        server.answer = f"invalid_token {SECRET}"
        assert "it answered with status 200, but not ok. See that the URL in the Airflow connection team is" in slack(
            f"{server.url}/{SECRET}"
        )


def test_a_slack_or_a_webhook_that_cannot_be_reached(slack, webhook):
    for told in (slack, webhook):
        assert "its host was not found." in told(f"http://hook.invalid/{SECRET}")
        assert "it refused the connection." in told(f"http://127.0.0.1:{closed_port()}/{SECRET}")
        assert "malformed. Correct " in told(f"http://127.0.0.1:{SECRET}/")
        with answers("220 hello") as port:
            assert "TLS failed: it may speak none on that port. " in told(f"https://127.0.0.1:{port}/{SECRET}")
        with answers("220 hello") as port:
            assert "its answer is not HTTP." in told(f"http://127.0.0.1:{port}/{SECRET}")


def test_a_slack_connection_without_a_secret_is_told_apart_from_none(slack, monkeypatch):
    assert "the connection has no password. Add the password to the Airflow connection team." in slack(None)
    monkeypatch.delenv("AIRFLOW_CONN_TEAM")
    told = "Airflow has no such connection, or cannot read it. Add it in Airflow, or correct MONITORING_SLACK_CONN"
    assert told in said_of("slack")


def test_a_url_in_the_place_of_a_connection_is_not_repeated(monkeypatch):
    monkeypatch.setenv("MONITORING_SLACK_CONNECTION", f"https://hooks.slack.com/services/{SECRET}")
    assert said_of("slack").startswith("The receiver behind slack (MONITORING_SLACK_CONNECTION) did not take")
