"""Puts the report on the pull request: one comment, written over the last one by GitHub's REST API."""

import argparse
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.errors import BadInput, Unavailable
from ci.report import MARKER
from ci.runs import REPORT, folder

API = "https://api.github.com"
TIMEOUT_SECONDS = 30
A_PAGE = 100
LONGEST = 60_000
MAY_NOT = (401, 403, 404)


def command(_: argparse.Namespace) -> cli.Answer:
    """Comment; outside a pull request, or without the right to write (a fork), say so and leave it at the summary."""
    path = folder() / REPORT
    if not path.exists():
        raise BadInput("comment.no_report", "There is no report to show.", next_step="Run: make smoke compare")
    number = _pull_request(os.environ)
    if number is None:
        return cli.Answer("no comment", ["This is no pull request; the job's summary has the report."])
    return cli.Answer(*say_on(number, path.read_text(encoding="utf-8"), os.environ))


def say_on(number: int, page: str, environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """Write `page` on pull request `number`; the comment's address and a line for a person.

    Raises `BadInput` (`comment.settings`) and `Unavailable` (`comment.unavailable`); an answer that says that this
    token may not write is no error.
    """
    repository, token = environ.get("GITHUB_REPOSITORY", ""), environ.get("GITHUB_TOKEN", "")
    # What no header can carry, Python would quote in its error.
    usable = re.fullmatch(r"[!-~]+", token)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository) or not usable:
        raise BadInput(
            "comment.settings",
            f"GITHUB_REPOSITORY is {repository!r}, GITHUB_TOKEN {'set' if usable else 'no token'}; both are wanted.",
            next_step="Set them, as GitHub's runner does.",
        )
    base = f"{environ.get('GITHUB_API_URL', API)}/repos/{repository}/issues"
    body = {"body": page if len(page) < LONGEST else page[:LONGEST] + "\n\n… the job's summary has the rest."}
    try:
        own = _own_comment(f"{base}/{number}/comments", token)
        if own is None:
            return _ask("POST", f"{base}/{number}/comments", token, body)["html_url"], ["commented"]
        return _ask("PATCH", f"{base}/comments/{own}", token, body)["html_url"], ["wrote over the last comment"]
    except urllib.error.HTTPError as error:
        limited = "retry-after" in error.headers or error.headers.get("x-ratelimit-remaining") == "0"
        error.close()
        if error.code in MAY_NOT and not limited:
            return "no comment", [f"GitHub answered {error.code}: this token may not comment; see the job's summary."]
        raise _unavailable(f"GitHub answered {error.code}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unavailable(repr(error)) from error


def _own_comment(url: str, token: str) -> int | None:
    page = 1
    while comments := _ask("GET", f"{url}?per_page={A_PAGE}&page={page}", token):
        for comment in comments:
            # A person who quotes the report keeps what they wrote.
            if comment["user"]["type"] == "Bot" and str(comment["body"]).startswith(MARKER):
                return int(comment["id"])
        page += 1
    return None


def _ask(method: str, url: str, token: str, body: Mapping[str, str] | None = None) -> Any:
    if not re.match(r"https://|http://127\.0\.0\.1:\d+/", url):
        raise ValueError(f"{url} is no address of an API")
    headers = {"accept": "application/vnd.github+json", "authorization": f"Bearer {token}"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310  its scheme was checked
    with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _pull_request(environ: Mapping[str, str]) -> int | None:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return None
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
        return int(event["pull_request"]["number"]) if "pull_request" in event else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            "comment.event_unreadable",
            f"GITHUB_EVENT_PATH names no event of GitHub: {error!r}.",
            next_step="Unset it, or name the file that GitHub's runner wrote.",
        ) from error


def _unavailable(said: str) -> Unavailable:
    return Unavailable(
        "comment.unavailable",
        f"The report could not be put on the pull request: {said}.",
        next_step="Run the job again.",
    )
