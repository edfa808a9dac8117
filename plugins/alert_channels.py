"""How alerts leave by mail and Slack: Airflow's providers, which know the connections and their secrets."""

import html
import logging
from collections.abc import Callable, Mapping

from artifacts.alerts import Message, Receivers, Send
from artifacts.alerts.message import ESCALATIONS
from artifacts.alerts.trouble import Setting, Trouble, answered, connection_setting, not_ok, not_taken, trouble_of

SECONDS = 10
GOOD, TAKEN = 200, "ok"
# Slack's client logs the URL, which is the secret, when it tries again.
SILENT = logging.Logger("slack", logging.CRITICAL + 1)


def airflow_channels(receivers: Receivers) -> Mapping[str, Send]:
    """A sender for each receiver that is set: `slack`, and each address of mail by the name of its channel.

    A mail server that did not greet in time is not asked again by these, for no address.
    """
    silence: list[Trouble] = []
    channels = {name: _mailer(name, receivers, address, silence) for name, address in receivers.mailed.items()}
    if receivers.slack_connection is not None:
        channels["slack"] = _slacker(receivers.slack_connection)
    return channels


def _mailer(channel: str, receivers: Receivers, address: str, silence: list[Trouble]) -> Send:
    """A mail under a Message-ID made from the key, so that mail programs show it once, to one address.

    Of several that a server refuses in part, Airflow's hook says nothing. It renders no template, as Airflow's
    notifier may: braces in the data stay what they are.
    """
    name = receivers.smtp_connection or ""
    to, those = ("MONITORING_SMTP_TO", receivers.smtp_to)
    if channel.startswith(ESCALATIONS):
        to, those = ("MONITORING_SMTP_ESCALATE_TO", receivers.smtp_escalate_to)
    tls, mailed = "disable_ssl and disable_tls (in its extra)", f"address {those.index(address) + 1} of {to}"
    setting = connection_setting("MONITORING_SMTP_CONNECTION", name, tls, mailed)

    def mail(message: Message) -> Trouble | None:
        from plugins.mail_hook import MailHook

        if silence:
            return silence[0]
        if lack := _lack(setting, name, "host"):
            return lack
        try:
            hook = MailHook(smtp_conn_id=name).get_conn()
        except Exception as error:
            trouble = trouble_of(error, setting)
            silence.extend([trouble] if trouble.is_silence else [])
            return trouble
        with hook:
            hook.send_email_smtp(
                from_email=receivers.smtp_from,
                to=[address],
                subject=message.subject,
                html_content=f"<pre>{html.escape(message.text, quote=False)}</pre>",
                custom_headers={"Message-ID": f"<{message.key}@shipshape>", "Idempotency-Key": message.key},
            )
        return None

    return lambda message: _send(channel, setting, lambda: mail(message))


def _slacker(name: str) -> Send:
    """Slack knows no key: the text ends with it. What came from data mentions nobody: `<`, `>` and `&` are escaped.

    It says `ok` of what it took. The client is asked itself, since Airflow's notifier keeps the answer to itself.
    """
    setting = connection_setting("MONITORING_SLACK_CONNECTION", name, "the scheme (http or https)")

    def post(message: Message) -> Trouble | None:
        from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook

        if lack := _lack(setting, name, "password"):
            return lack
        text = html.escape(f"{message.subject}\n{message.text}", quote=False)
        client = SlackWebhookHook(slack_webhook_conn_id=name, timeout=SECONDS, logger=SILENT).get_conn()
        said = client.send(text=text, unfurl_links=False)
        if said.status_code != GOOD:
            return answered(said.status_code, setting)
        return None if said.body.strip() == TAKEN else not_ok(setting)

    return lambda message: _send("slack", setting, lambda: post(message))


def _lack(setting: Setting, name: str, wanted: str) -> Trouble | None:
    """What is missing in Airflow: the connection itself, or what is wanted of it."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = BaseHook.get_connection(name)
    except AirflowNotFoundException:
        variable = setting.variable.partition("=")[0]
        return Trouble(
            "Airflow has no such connection, or cannot read it", f"Add it in Airflow, or correct {variable}."
        )
    if (getattr(connection, wanted) or "").strip():
        return None
    return Trouble(f"the connection has no {wanted}", f"Add the {wanted} to {setting.place}.")


def _send(channel: str, setting: Setting, send: Callable[[], Trouble | None]) -> None:
    """What the providers raise may hold an address or a token: only its kind is said on."""
    try:
        trouble = send()
    except Exception as error:
        raise not_taken(channel, setting, trouble_of(error, setting)) from None
    if trouble is not None:
        raise not_taken(channel, setting, trouble)
