"""What is never said on: the secrets of this process, kept out of logs, evidence, notes, messages and pages."""

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from traceback import format_exception
from typing import Any
from urllib.parse import unquote, unquote_plus

from artifacts.cli import PROGRESS
from artifacts.errors import Refusal

HIDDEN = "***"
SHORTEST = 5
_SECRET = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|CREDENTIAL|WEBHOOK|PRIVATE|(_|^)KEY$|_KEY_ID$")
_IN_URL = re.compile(r"://[^\s/:@]*:([^\s/@]+)@")
_LIKE_ONE = re.compile(r"(?=.*\d).{8,}|.{16,}")
_PLAIN = re.compile(r"true|false|none|null|[-+]?[\d.]+", re.IGNORECASE)
_NO_SECRET = re.compile(r"_FILE$|_PATH$|_URI$|^SSH_|_VERSION$")


def secrets_of(environ: Mapping[str, str] | None = None) -> frozenset[str]:
    """The values in the environment that are secrets by their name, and the passwords in its URLs and connections."""
    found: set[str] = set()
    for name, value in (os.environ if environ is None else environ).items():
        found.update(_in_urls(value))
        if name.startswith("AIRFLOW_CONN_"):
            found.update(_in_connection(value))
        elif _SECRET.search(name) and not _NO_SECRET.search(name):
            found.update(_whole_and_parts(value))
    return frozenset(one for one in found if len(one) >= SHORTEST)


def redact(told: Any) -> Any:
    """`told`, text or JSON, without what this process or Airflow's own masker knows to be secret, and the passwords in
    its URLs.
    """
    from airflow.sdk.log import redact as masked

    return _without(masked(told), sorted(secrets_of(), key=len, reverse=True))


def mask_logs() -> None:
    """Have Airflow's masker, which every line of a task's log goes through, know the secrets of the environment.

    What our own code says is cleaned here too: `dag.test` masks no line.
    """
    from airflow.sdk.log import mask_secret

    for one in secrets_of():
        mask_secret(one)
    PROGRESS.addFilter(_clean)


def redact_error(error: Exception) -> Exception | None:
    """What to raise in place of `error` when its words, or those of what caused it, hold a secret; else None."""
    text = "".join(format_exception(error))
    if redact(text) == text:
        return None
    if isinstance(error, Refusal):
        return type(error)(error.code, redact(error.message), next_step=redact(error.next_step))
    return RuntimeError(f"{type(error).__name__}: {redact(str(error))}")


def _clean(record: logging.LogRecord) -> bool:
    record.msg, record.args = redact(record.getMessage()), ()
    return True


def _without(told: Any, secrets: list[str]) -> Any:
    if isinstance(told, str):
        for secret in secrets:
            told = told.replace(secret, HIDDEN)
        # Whoever typed it: no secret that this process knows.
        return _IN_URL.sub(lambda found: found[0].replace(found[1], HIDDEN), told)
    if isinstance(told, Mapping):
        return {key: _without(value, secrets) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [_without(value, secrets) for value in told]
    return told


def _in_urls(value: str) -> Iterator[str]:
    for match in _IN_URL.finditer(value):
        yield from {match[1], unquote(match[1])}


def _whole_and_parts(value: str) -> Iterator[str]:
    """A secret; of a URL, whose path or query is what must not be known, also the parts that look like one."""
    yield value
    _, *parts = re.split(r"[/?&=#]", value.partition("://")[2])
    yield from filter(_LIKE_ONE.fullmatch, parts)


def _in_connection(value: str) -> Iterator[str]:
    """Of a connection as JSON its password and extra, as a URI its query; what only looks like JSON is one whole."""
    given = _json(value)
    if isinstance(given, Mapping):
        yield from _texts([given.get("password"), given.get("extra")])
    elif given is not None or value.lstrip().startswith("{"):
        yield value
    elif "://" in value:
        yield from _in_query(value.partition("?")[2].partition("#")[0])


def _in_query(query: str) -> Iterator[str]:
    """The extras of a connection, by name or as JSON in `__extra__`; a switch or a number is none unless so named."""
    for name, _, given in (one.partition("=") for one in query.split("&")):
        value = unquote_plus(given)
        if _SECRET.search(name.upper()) or not _PLAIN.fullmatch(value):
            yield given
            yield from _texts(value)


def _texts(given: Any) -> Iterator[str]:
    """Every text in a connection's password and extra; extra may be JSON in JSON."""
    if isinstance(given, Mapping):
        yield from _texts(list(given.values()))
    elif isinstance(given, list):
        for one in given:
            yield from _texts(one)
    elif isinstance(given, str):
        inner = _json(given) if given.startswith("{") else None
        yield from _whole_and_parts(given) if inner is None else _texts(inner)


def _json(text: str) -> Any:
    """What the text is as JSON; None when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
