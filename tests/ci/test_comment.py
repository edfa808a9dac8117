"""One comment on a pull request, written over and over, and never a token in what is said."""

import argparse
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from artifacts.errors import BadInput, Refusal, Unavailable
from ci.comment import command, say_on
from ci.report import MARKER

TOKEN = "ghs_verysecret"
PAGE = f"{MARKER}\n\n## ✅ Passes\n"
OURS = "/repos/harbour/ships/issues"


@dataclass
class GitHub:
    """As much of GitHub's REST API as comments need: bodies in the order of their ids, and what was asked."""

    url: str = ""
    bodies: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)

    def environ(self, **other: str) -> dict[str, str]:
        return {
            "GITHUB_REPOSITORY": "harbour/ships",
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": self.url,
            **other,
        }

    def answer(self, method: str, target: str, authorization: str, sent: Any) -> tuple[int, Any]:
        self.asked.append(f"{method} {target}")
        url = urlsplit(target)
        if method in self.refuses or authorization != f"Bearer {TOKEN}":
            return self.refuses.get(method, 401), {"message": f"No, {authorization}"}
        if method == "GET" and url.path == f"{OURS}/7/comments":
            query = {key: int(one) for key, (one,) in parse_qs(url.query).items()}
            first = (query["page"] - 1) * query["per_page"]
            told = [
                {"id": 1000 + number, "body": body, "user": {"type": self.kinds.get(number, "Bot")}}
                for number, body in enumerate(self.bodies)
            ]
            return 200, told[first : first + min(query["per_page"], 100)]
        if method == "POST" and url.path == f"{OURS}/7/comments":
            self.bodies.append(sent["body"])
            return 201, {"html_url": f"https://github.com/harbour/ships/pull/7#{999 + len(self.bodies)}"}
        if method == "PATCH" and url.path.startswith(f"{OURS}/comments/"):
            number = int(url.path.rpartition("/")[2])
            self.bodies[number - 1000] = sent["body"]
            return 200, {"html_url": f"https://github.com/harbour/ships/pull/7#{number}"}
        return 404, {"message": "Not Found"}


@pytest.fixture
def github() -> Iterator[GitHub]:
    """GitHub's API on a loopback address; `refuses` has the status by method that it answers instead."""
    state = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, told = state.answer(
                self.command, self.path, self.headers["authorization"], json.loads(sent) if sent else None
            )
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = _any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def runner(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a runner on pull request 7, with a report in its home; the event's file."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    for key, value in github.environ(GITHUB_EVENT_PATH=str(event), PIPELINE_HOME=str(tmp_path)).items():
        monkeypatch.setenv(key, value)
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "report.md").write_text(PAGE, encoding="utf-8")
    return event


def refusal(environ: dict[str, str], page: str = PAGE) -> Refusal:
    """The refusal; the token is neither in it nor in what it was raised from."""
    with pytest.raises(Refusal) as refused:
        say_on(7, page, environ)
    error: BaseException | None = refused.value
    while error is not None:
        assert "verysecret" not in f"{error!s} {error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return refused.value


def test_the_first_run_comments_and_the_next_writes_over_it(github: GitHub) -> None:
    address, lines = say_on(7, PAGE, github.environ())
    assert (address, lines) == ("https://github.com/harbour/ships/pull/7#1000", ["commented"])
    address, lines = say_on(7, PAGE + "again", github.environ())
    assert (address, lines) == ("https://github.com/harbour/ships/pull/7#1000", ["wrote over the last comment"])
    assert github.bodies == [PAGE + "again"]
    assert [one.split()[0] for one in github.asked] == ["GET", "POST", "GET", "PATCH"]


def test_comments_of_others_stay_also_one_that_quotes_ours(github: GitHub) -> None:
    others = ["Nice!", f"> {MARKER}\n> ## ✅ Passes\n\nIs that so?", ""]
    github.bodies += others
    say_on(7, PAGE, github.environ())
    say_on(7, PAGE + "again", github.environ())
    assert github.bodies == [*others, PAGE + "again"]


@pytest.mark.parametrize("others", [99, 100, 101, 250])
def test_our_comment_is_found_behind_many(github: GitHub, others: int) -> None:
    github.bodies += [f"comment {number}" for number in range(others)]
    say_on(7, PAGE, github.environ())
    say_on(7, PAGE + "again", github.environ())
    assert len(github.bodies) == others + 1
    assert github.bodies[-1] == PAGE + "again"


def test_a_page_that_is_too_long_for_a_comment_is_cut_and_says_where_the_rest_is(github: GitHub) -> None:
    say_on(7, MARKER + "x" * 70_000, github.environ())
    assert len(github.bodies[0]) < 65_536
    assert github.bodies[0].endswith("the job's summary has the rest.")


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_a_fork_whose_token_may_not_write_is_no_error(github: GitHub, method: str, status: int) -> None:
    github.refuses[method] = status
    github.bodies += [PAGE] if method == "PATCH" else []
    address, lines = say_on(7, PAGE, github.environ())
    assert address == "no comment"
    assert lines == [f"GitHub answered {status}: this token may not comment; see the job's summary."]


@pytest.mark.parametrize("status", [422, 429, 500, 503])
def test_an_api_that_fails_is_told_and_can_be_asked_again(github: GitHub, status: int) -> None:
    github.refuses["POST"] = status
    error = refusal(github.environ())
    assert isinstance(error, Unavailable)
    assert (error.code, error.exit_code) == ("comment.unavailable", 4)
    assert f"GitHub answered {status}." in error.message


def test_an_api_that_does_not_answer_is_unavailable(github: GitHub) -> None:
    error = refusal(github.environ(GITHUB_API_URL="http://127.0.0.1:1"))
    assert (error.code, error.exit_code) == ("comment.unavailable", 4)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.github.com",
        "http://192.168.0.1:8080",
        "ftp://api.github.com",
        "file:///etc",
        "",
        "http://127.0.0.1.example.org:80",
        "http://127.0.0.1:80@api.invalid",
    ],
)
def test_a_token_goes_to_https_or_loopback_alone(github: GitHub, url: str) -> None:
    error = refusal(github.environ(GITHUB_API_URL=url))
    assert error.exit_code == 4
    assert "is no address of an API" in error.message


@pytest.mark.parametrize(
    "settings",
    [
        {"GITHUB_TOKEN": ""},
        {"GITHUB_REPOSITORY": ""},
        {"GITHUB_REPOSITORY": "ships"},
        {"GITHUB_REPOSITORY": "harbour/ships/issues/1"},
        {"GITHUB_REPOSITORY": "harbour/ships?x="},
    ],
)
def test_settings_that_a_runner_would_not_give_are_refused_before_anything_is_asked(
    github: GitHub, settings: dict[str, str]
) -> None:
    error = refusal(github.environ(**settings))
    assert isinstance(error, BadInput)
    assert error.code == "comment.settings"
    assert github.asked == []


@pytest.mark.parametrize("token", [f"{TOKEN}\n", f"{TOKEN}\r\nx: y", f"{TOKEN}€", f" {TOKEN}"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(github: GitHub, token: str) -> None:
    assert refusal(github.environ(GITHUB_TOKEN=token)).code == "comment.settings"


def test_a_wrong_token_is_not_shown(github: GitHub) -> None:
    wrong = github.environ(GITHUB_TOKEN="ghp_verysecret")
    assert "verysecret" not in str(say_on(7, PAGE, wrong))


def test_the_command_puts_the_report_on_the_pull_request_of_the_event(github: GitHub, runner: Path) -> None:
    answer = command(argparse.Namespace())
    assert (answer.id, answer.exit_code) == ("https://github.com/harbour/ships/pull/7#1000", 0)
    assert github.bodies == [PAGE]


def test_an_event_that_is_no_pull_request_says_so_and_asks_nothing(github: GitHub, runner: Path) -> None:
    runner.write_text(json.dumps({"ref": "refs/heads/main"}))
    assert command(argparse.Namespace()).id == "no comment"
    assert github.asked == []


def test_outside_a_runner_it_says_that_this_is_no_pull_request(
    github: GitHub, runner: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_EVENT_PATH")
    assert command(argparse.Namespace()).lines == ["This is no pull request; the job's summary has the report."]
    assert github.asked == []


def test_without_a_report_there_is_nothing_to_show(runner: Path) -> None:
    (runner.parent / "ci" / "report.md").unlink()
    with pytest.raises(BadInput, match="There is no report to show") as refused:
        command(argparse.Namespace())
    assert (refused.value.code, refused.value.next_step) == ("comment.no_report", "Run: make smoke compare")


@pytest.mark.parametrize("text", [None, "no JSON", "[]", '{"pull_request": {}}'])
def test_an_event_that_cannot_be_read_is_refused(runner: Path, text: str | None) -> None:
    runner.unlink() if text is None else runner.write_text(text)
    if text == "[]":
        assert command(argparse.Namespace()).id == "no comment"
        return
    with pytest.raises(BadInput, match="GITHUB_EVENT_PATH"):
        command(argparse.Namespace())


def test_a_person_who_begins_with_the_report_keeps_the_comment(github: GitHub) -> None:
    github.bodies, github.kinds = [PAGE + "I do not understand this."], {0: "User"}
    say_on(7, PAGE, github.environ())
    assert github.bodies == [PAGE + "I do not understand this.", PAGE]
