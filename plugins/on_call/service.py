"""What the running service says that it serves."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from artifacts.errors import Unavailable
from plugins.on_call.health import NOT_FOUND, OF_OTHERS, Health, refuses, silent, untold
from plugins.on_call.settings import OnCallSettings

MOST_BYTES = 2**20
FINE = 200
UNREACHED = (OSError, http.client.HTTPException, ValueError)


def asked(settings: OnCallSettings, model: str) -> Mapping[str, Any]:
    """The answer of `GET /v1/models/MODEL`.

    Raises `Unavailable`: `on_call.service_unset` without an address, `on_call.service_down` when nothing answers in
    time, `on_call.service_cannot_tell` and `on_call.service_refusing` by what its `/health/ready` says,
    `on_call.service_refuses` when it answers with anything else; and `Missing` (`on_call.service_other`) when it
    serves another model.
    """
    if settings.serving_url is None:
        raise Unavailable(
            "on_call.service_unset",
            "Nobody said where the service is.",
            next_step="Set ON_CALL_SERVING_URL for Airflow's api-server, or have it set by: make up",
        )
    where = _shown(settings)
    try:
        status, told = _got(settings, f"/v1/models/{quote(model, safe='')}")
    except UNREACHED as error:
        health = _health(settings)
        if health is None:
            host, kind = urlsplit(settings.serving_url).hostname or "", type(error).__name__
            raise silent(where, host, settings.timeout_seconds, kind) from error
        why = f"{type(error).__name__}, no answer within {settings.timeout_seconds:g} s"
        raise untold(where, health, model, why) from error
    if status == FINE and told is not None and told.get("model") == model:
        return told
    code = str((told or {}).get("error", "")) if status != FINE else ""
    if status == NOT_FOUND or code.startswith(OF_OTHERS):
        health = _health(settings)
        if health is not None and (status != NOT_FOUND or health.model != model):
            raise untold(where, health, model, f"{status}, {code}")
    raise refuses(where, status, code)


def _health(settings: OnCallSettings) -> Health | None:
    """What it says of itself to anybody; None when it says nothing."""
    try:
        return Health.of(_got(settings, "/health/ready")[1])
    except UNREACHED:
        return None


def _got(settings: OnCallSettings, path: str) -> tuple[int, dict[str, Any] | None]:
    """The status, and the JSON object of the answer if it is one."""
    place = urlsplit(settings.serving_url or "")
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=settings.timeout_seconds)
    try:
        connection.request("GET", place.path.rstrip("/") + path, headers=_key(settings))
        answer = connection.getresponse()
        status, body = answer.status, answer.read(MOST_BYTES)
    finally:
        connection.close()
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    return status, told if isinstance(told, dict) else None


def _key(settings: OnCallSettings) -> dict[str, str]:
    """The header with the key; the key itself is in no message."""
    if settings.serving_key_file is None:
        return {}
    try:
        key = settings.serving_key_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return {}
    return {"Authorization": f"Bearer {key}"}


def _shown(settings: OnCallSettings) -> str:
    """The address without what may stand before an @."""
    place = urlsplit(settings.serving_url or "")
    return f"{place.scheme}://{place.netloc.rpartition('@')[2]}"
