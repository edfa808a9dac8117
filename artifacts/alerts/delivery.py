"""One message to every receiver that does not have it yet: at least once, under the same key."""

from collections.abc import Mapping

from artifacts.alerts.message import Message, Send, quickest_first
from artifacts.alerts.outbox import delivered, enlist, failed, waiting
from artifacts.alerts.turns import BUSY, turn
from artifacts.errors import Refusal

# Airflow ends a callback that takes long, and what is not sent now stays in the outbox.
CALLBACK_SECONDS = 2.0


def deliver_message(url: str, message: Message, channels: Mapping[str, Send]) -> dict[str, str | None]:
    """Send the message, which `put` has put into the outbox, by each channel that still waits for it.

    They are asked `quickest_first`. For each channel asked, why it did not take it, None when it did. What was not
    taken is sent again by whoever delivers next.
    """
    enlist(url, channels)
    said: dict[str, str | None] = {}
    for name in quickest_first(channels):
        if all(batch.key != message.key for batch in waiting(url, name)):
            continue
        with turn(url, name, wait_seconds=CALLBACK_SECONDS) as is_ours:
            if any(batch.key == message.key for batch in waiting(url, name)):
                said[name] = _sent(url, name, message, channels[name]) if is_ours else BUSY
    return said


def _sent(url: str, name: str, message: Message, send: Send) -> str | None:
    try:
        send(message)
    except Refusal as refusal:
        failed(url, message.key, name, str(refusal))
        return str(refusal)
    delivered(url, message.key, name)
    return None
