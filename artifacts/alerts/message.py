"""A message as its receivers get it, who they are beside the webhook, and what is said when one does not take it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from artifacts.errors import Unavailable


@dataclass(frozen=True)
class Message:
    """One batch in words, the same however often it is sent; `key` names it, `urgent` is an escalation."""

    key: str
    urgent: bool
    subject: str
    text: str
    facts: Mapping[str, Any]


Send = Callable[[Message], None]


@dataclass(frozen=True)
class Receivers:
    """Connections of Airflow by name, which keep the secrets, and whom a mail goes to."""

    smtp_connection: str | None = None
    smtp_from: str | None = None
    smtp_to: tuple[str, ...] = ()
    smtp_escalate_to: tuple[str, ...] = ()
    slack_connection: str | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of those that are set: `slack`, `smtp`."""
        there = {"slack": self.slack_connection, "smtp": self.smtp_connection}
        return tuple(name for name, connection in there.items() if connection is not None)


def not_taken(channel: str, why: str) -> Unavailable:
    """The refusal when a receiver does not take a message; `why` holds no address and no secret."""
    return Unavailable(
        "alerts.receiver",
        f"The receiver behind {channel} did not take the message: {why}.",
        next_step=f"See that it is up and that the settings of {channel} are right; the next delivery tries again.",
    )
