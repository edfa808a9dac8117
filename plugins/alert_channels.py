"""How alerts leave by mail and Slack: Airflow's notifiers, which know the connections and their secrets."""

import html
from collections.abc import Callable, Mapping
from typing import Any

from artifacts.alerts import Message, Receivers, Send, not_taken

SECONDS = 10


def airflow_channels(receivers: Receivers) -> Mapping[str, Send]:
    """A sender for each receiver that is set: `slack`, and each address of mail by the name of its channel."""
    channels = {name: _mailer(name, receivers, address) for name, address in receivers.mailed.items()}
    if receivers.slack_connection is not None:
        channels["slack"] = lambda message: _notify("slack", _slack(receivers, message))
    return channels


def _mailer(channel: str, receivers: Receivers, address: str) -> Send:
    return lambda message: _notify(channel, _mail(receivers, address, message))


def _mail(receivers: Receivers, address: str, message: Message) -> Callable[[], Any]:
    """A mail under a Message-ID made from the key, so that mail programs show it once, to one address.

    Of several that a server refuses in part, Airflow's hook says nothing.
    """
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return lambda: SmtpNotifier(
        smtp_conn_id=receivers.smtp_connection,
        from_email=receivers.smtp_from,
        to=[address],
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
