"""Post a message as JSON to a URL, under its key; nothing of the URL is ever said, since it may hold a secret."""

import http.client
import json
from urllib.parse import urlsplit

from artifacts.alerts.message import Message
from artifacts.alerts.trouble import WEBHOOK, answered, not_taken, trouble_of

SECONDS = 10
FIRST_GOOD, FIRST_OTHER = 200, 300


def post(url: str, message: Message) -> None:
    """Send `message.facts`, `subject` and `text` with the header `Idempotency-Key`.

    Raises `Unavailable` (`alerts.receiver`) unless the answer is 2xx; a redirect is none.
    """
    body = json.dumps({"subject": message.subject, "text": message.text, **message.facts})
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
    try:
        place = urlsplit(url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.hostname or "", place.port, timeout=SECONDS)
        try:
            target = place.path or "/"
            connection.request("POST", f"{target}?{place.query}" if place.query else target, body.encode(), headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise not_taken("webhook", WEBHOOK, trouble_of(error, WEBHOOK)) from None
    if not FIRST_GOOD <= status < FIRST_OTHER:
        raise not_taken("webhook", WEBHOOK, answered(status, WEBHOOK))
