"""Who is told, from `MONITORING_*`: the part that monitoring and what Airflow sends about its own DAG runs share."""

import os
import re
from collections.abc import Callable, Mapping

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from artifacts.alerts.message import WEBHOOK, Message, Receivers, Send
from artifacts.alerts.webhook import post
from artifacts.errors import BadInput
from artifacts.settings import Settings, read_settings, unset

PREFIX = "MONITORING_"
APART = (("webhook_url",), ("slack_connection",), ("smtp_from", "smtp_to", "smtp_escalate_to", "smtp_connection"))
ADDRESS = re.compile(r"[^\s;,@]+@[^\s;,@]+")


class ReceiverSettings(Settings):
    """Receivers, and what links start with. SMTP and Slack are connections of Airflow, which keep their secrets."""

    webhook_url: SecretStr | None = None
    smtp_from: str | None = None
    smtp_to: str | None = None
    smtp_escalate_to: str | None = None
    smtp_connection: str | None = Field(default=None, validate_default=True)
    slack_connection: str | None = None
    runbook_url: str = "docs/runbook.md"
    page_url: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, given: Mapping[str, object]) -> dict[str, object]:
        """A compose file cannot leave a variable out: it hands on an empty one."""
        own = ReceiverSettings.model_fields
        return {name: value for name, value in given.items() if value != "" or name not in own}

    @field_validator("webhook_url")
    @classmethod
    def _is_url(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not given.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("it does not start with http:// or https://")
        return given

    @field_validator("smtp_from", "smtp_to", "smtp_escalate_to")
    @classmethod
    def _is_mail(cls, given: str | None, of: ValidationInfo) -> str | None:
        addresses = _addresses(given)
        wrong = [one for one in addresses if not ADDRESS.fullmatch(one)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no address of mail; NAME@HOST is wanted, commas between several")
        if of.field_name == "smtp_from" and len(addresses) > 1:
            raise ValueError("one address is wanted")
        return ",".join(addresses) or None

    @field_validator("smtp_connection")
    @classmethod
    def _mails_whole_or_not(cls, given: str | None, known: ValidationInfo) -> str | None:
        there = {"smtp_connection": bool(given)} | {
            name: bool(known.data.get(name)) for name in ("smtp_from", "smtp_to")
        }
        missing = [name for name, is_set in there.items() if not is_set]
        if missing and (any(there.values()) or known.data.get("smtp_escalate_to")):
            connection, sender, to = (PREFIX + name.upper() for name in there)
            left = ", ".join(PREFIX + name.upper() for name in missing)
            why = f"mail needs {connection}, {sender} and {to}, all three or none; not set: {left}"
            raise unset(missing[0], why)
        return given

    @property
    def receivers(self) -> Receivers:
        """Those that only Airflow reaches; addresses are separated by commas."""
        return Receivers(
            smtp_connection=self.smtp_connection,
            smtp_from=self.smtp_from,
            smtp_to=_addresses(self.smtp_to),
            smtp_escalate_to=_addresses(self.smtp_escalate_to),
            slack_connection=self.slack_connection,
        )

    def channels(self, others: Callable[[Receivers], Mapping[str, Send]]) -> dict[str, Send]:
        """A sender for each receiver that is set: the webhook, and `others`, those of Airflow."""
        channels = dict(others(self.receivers))
        if self.webhook_url is not None:
            channels[WEBHOOK] = _poster(self.webhook_url.get_secret_value())
        return channels


def read_receivers(environ: Mapping[str, str] | None = None) -> ReceiverSettings:
    """The receivers that the environment names; what else is monitoring's is its own to check.

    Raises `BadInput` (`settings.invalid`).
    """
    environ = os.environ if environ is None else environ
    own = {PREFIX + name.upper() for name in ReceiverSettings.model_fields}
    return read_settings(ReceiverSettings, PREFIX, {key: value for key, value in environ.items() if key in own})


def without_refused(environ: Mapping[str, str]) -> tuple[dict[str, str], list[BadInput]]:
    """The environment without what sets a receiver wrongly, webhook, Slack and mail each by itself, and why each is."""
    left, refused = dict(environ), list[BadInput]()
    for fields in APART:
        own = {PREFIX + name.upper() for name in fields} & left.keys()
        try:
            read_settings(ReceiverSettings, PREFIX, {key: left[key] for key in own})
        except BadInput as refusal:
            refused.append(refusal)
            left = {key: value for key, value in left.items() if key not in own}
    return left, refused


def read_right_receivers() -> tuple[ReceiverSettings, list[BadInput]]:
    """The receivers of the environment without those that are set wrongly, and why each is.

    So one mistyped address keeps nothing from the others; with a refusal, somebody is to be told, and waited for.
    """
    left, refused = without_refused(os.environ)
    return read_receivers(left), refused


def _poster(url: str) -> Send:
    def send(message: Message) -> None:
        post(url, message)

    return send


def _addresses(given: str | None) -> tuple[str, ...]:
    return tuple(one.strip() for one in (given or "").split(",") if one.strip())
