"""One message to every receiver that does not have it yet: at least once, under the same key."""

from collections.abc import Mapping

from artifacts.alerts.message import Message, Send
from artifacts.alerts.outbox import delivered, enlist, failed, waiting
from artifacts.errors import Refusal


def deliver_message(url: str, message: Message, channels: Mapping[str, Send]) -> dict[str, str | None]:
    """Send the message, which `put` has put into the outbox, by each channel that still waits for it.

    For each channel asked, why it did not take it, None when it did. What was not taken is sent again by whoever
    delivers next.
    """
    enlist(url, channels)
    said: dict[str, str | None] = {}
    for name in sorted(channels):
        if all(batch.key != message.key for batch in waiting(url, name)):
            continue
        try:
            channels[name](message)
        except Refusal as refusal:
            failed(url, message.key, name, refusal.message)
            said[name] = refusal.message
        else:
            delivered(url, message.key, name)
            said[name] = None
    return said
