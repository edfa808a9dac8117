"""How alerts leave by mail and Slack: Airflow's notifiers, which know the connections and their secrets."""

import html
from collections.abc import Callable, Mapping
from typing import Any

from artifacts.alerts import Message, Receivers, Send, not_taken

SECONDS = 10


def airflow_channels(receivers: Receivers) -> Mapping[str, Send]:
    """A sender for each receiver that is set: `smtp` and `slack`."""
    channels: dict[str, Send] = {}
    if receivers.smtp_connection is not None:
        channels["smtp"] = lambda message: _notify("smtp", _mail(receivers, message))
    if receivers.slack_connection is not None:
        channels["slack"] = lambda message: _notify("slack", _slack(receivers, message))
    return channels


def _mail(receivers: Receivers, message: Message) -> Callable[[], Any]:
    """A mail under a Message-ID made from the key, so that mail programs show it once; an escalation goes further."""
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return lambda: SmtpNotifier(
        smtp_conn_id=receivers.smtp_connection,
        from_email=receivers.smtp_from,
        to=[*receivers.smtp_to, *(receivers.smtp_escalate_to if message.urgent else ())],
        subject=message.subject,
        html_content=f"<pre>{html.escape(message.text)}</pre>",
        custom_headers={"Message-ID": f"<{message.key}@shipshape>", "Idempotency-Key": message.key},
    )


def _slack(receivers: Receivers, message: Message) -> Callable[[], Any]:
    """Slack knows no key: the text ends with it. What came from data mentions nobody: `<`, `>` and `&` are escaped."""
    from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier

    text = html.escape(f"{message.subject}\n{message.text}", quote=False)
    return lambda: SlackWebhookNotifier(
        slack_webhook_conn_id=receivers.slack_connection or "", text=text, timeout=SECONDS, unfurl_links=False
    )


def _notify(channel: str, notifier: Callable[[], Any]) -> None:
    """Called without a context: Airflow then renders no template, so braces in the data stay what they are.

    What the providers raise may hold an address or a token: only its type is said on.
    """
    try:
        notifier().notify({})
    except Exception as error:
        raise not_taken(channel, type(error).__name__) from None
