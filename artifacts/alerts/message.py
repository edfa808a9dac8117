"""A message as its receivers get it, and who they are beside the webhook."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    """One batch in words, the same however often it is sent; `key` names it, `urgent` is an escalation."""

    key: str
    urgent: bool
    subject: str
    text: str
    facts: Mapping[str, Any]


Send = Callable[[Message], None]

# What one post reaches; mail, whose server is waited for longest, comes last by its name.
WEBHOOK = "webhook"
# A channel whose name begins so is for escalations alone.
ESCALATIONS = "smtp_escalate"


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
        """The names of those that are set: `slack`, and those of `mailed`."""
        return (*(() if self.slack_connection is None else ("slack",)), *sorted(self.mailed))

    @property
    def mailed(self) -> Mapping[str, str]:
        """The one address behind each channel of mail: `smtp`, `smtp_2`, and `smtp_escalate` for escalations.

        A mail server that refuses one of several recipients sends the mail and raises nothing, so each has its own.
        They are named by their place in the settings: what waits for a mistyped address goes to the one put there.
        """
        if self.smtp_connection is None:
            return {}
        further = [one for one in self.smtp_escalate_to if one not in self.smtp_to]
        return {**_numbered("smtp", self.smtp_to), **_numbered(ESCALATIONS, further)}


def quickest_first(channels: Iterable[str]) -> list[str]:
    """The webhook, Slack, then mail: one that is silent is waited for, and holds up those after it."""
    return sorted(channels, key=lambda name: (name != WEBHOOK, name))


def _numbered(name: str, addresses: Iterable[str]) -> dict[str, str]:
    each = enumerate(dict.fromkeys(addresses), start=1)
    return {name if number == 1 else f"{name}_{number}": address for number, address in each}
