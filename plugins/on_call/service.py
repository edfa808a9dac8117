"""What the running service says that it serves."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from artifacts.errors import Unavailable
from plugins.on_call.settings import OnCallSettings

MOST_BYTES = 2**20
# Where `make up` starts it; elsewhere it is the stack's, or somebody's own.
OURS = {"127.0.0.1", "localhost", "::1"}
AGAIN = "Read its log, logs/serving.log of the home, then start it again, and nothing else: python -m ops.up serving"
THERE = "Read its log where it runs, and start it again there; in the stack: docker compose restart serving"
FINE = 200


def asked(settings: OnCallSettings, model: str) -> Mapping[str, Any]:
    """The answer of `GET /v1/models/MODEL`.

    Raises `Unavailable`: `on_call.service_unset` without an address, `on_call.service_down` when nothing answers in
    time, `on_call.service_refuses` when it answers with anything but such a document.
    """
    if settings.serving_url is None:
        raise Unavailable(
            "on_call.service_unset",
            "Nobody said where the service is.",
            next_step="Set ON_CALL_SERVING_URL for Airflow's api-server, or have it set by: make up",
        )
    place = urlsplit(settings.serving_url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(place.hostname or "", place.port, timeout=settings.timeout_seconds)
        try:
            connection.request(
                "GET", f"{place.path.rstrip('/')}/v1/models/{quote(model, safe='')}", headers=_key(settings)
            )
            answer = connection.getresponse()
            status, body = answer.status, answer.read(MOST_BYTES)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(
            "on_call.service_down",
            f"The service at {_shown(settings)} does not answer within {settings.timeout_seconds:g} s "
            f"({type(error).__name__}). Whoever asks it for a prediction gets none.",
            next_step=AGAIN if place.hostname in OURS else THERE,
        ) from error
    return _document(settings, model, status, body)


def _document(settings: OnCallSettings, model: str, status: int, body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
        code = str(told.get("error", "")) if status != FINE else ""
    except (ValueError, AttributeError, RecursionError):
        told, code = None, ""
    if status != FINE or not isinstance(told, dict) or told.get("model") != model:
        what = {401: "it wants another key", 404: f"it does not serve {model}"}.get(status, code or "no document")
        raise Unavailable(
            "on_call.service_refuses",
            f"The service at {_shown(settings)} answers with {status}: {what}.",
            next_step="Set ON_CALL_SERVING_KEY_FILE to the file of its key, or ask it for the model that it serves.",
        )
    return told


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
