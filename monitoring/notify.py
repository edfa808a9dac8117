"""Deliver what waits in the outbox, to each receiver by itself: at least once, under the same key."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from artifacts import alerts, cli
from artifacts.alerts import Send
from artifacts.alerts.trouble import Silent
from artifacts.errors import BadInput, Refusal, Unavailable
from artifacts.places import Places
from artifacts.report_pages import reports_of
from monitoring.alert_settings import AlertSettings
from monitoring.message import write_message

AGAIN = "Nothing is lost: see that the other one ends, and deliver again: python -m monitoring notify"
AIRFLOW_DELIVERS = (
    "Clear the task notify of the newest DAG run of watch_drift, with what is downstream: "
    "Airflow knows the connections."
)
# One message that a receiver does not want must not keep back the others; a receiver that is down is not asked for all.
GIVES_UP_AFTER = 3


@dataclass(frozen=True)
class Delivered:
    """How many messages each channel took."""

    sent: Mapping[str, int]


def deliver(
    places: Places,
    settings: AlertSettings,
    others: Mapping[str, Send] | None = None,
    refused: Sequence[BadInput] = (),
) -> Delivered:
    """Send each channel, `quickest_first`, what it does not have yet, what it refused least often first.

    The webhook is a channel, `others` are those of Airflow; one that is set and not among them, as on the command line,
    is enlisted too, and what waits for it stays. Where Airflow's are given, no other channel is set. A channel's third
    failure in a row, or its first silence, ends its turn, and no other's; one that another process delivers to is
    waited for. What was sent and not marked, because the process died in between, is sent again under the same key.
    Raises at the end `Unavailable` (`alerts.undelivered`) when a channel failed, or something waits for one that only
    Airflow reaches or that another process still delivers to, and `BadInput` (`alerts.no_channel`) when something waits
    and nobody is set. `refused` is why receivers that are set are not among `settings`: what waits for them stays, and
    it is raised in the end, where nothing else is.
    """
    channels = settings.channels(lambda _: others or {})
    elsewhere = [name for name in settings.receivers.channels if name not in channels]
    if not channels and not elsewhere and not refused:
        _refuse_if_any_waits(places)
    # All at once: what one of them has, another that starts later would never get. A shell need not know them all.
    alerts.enlist(places.alerts, [*channels, *elsewhere], no_others=others is not None and not refused)
    sent: dict[str, int] = {}
    failures: dict[str, str] = {}
    taken: set[str] = set()
    for name in alerts.quickest_first(channels):
        with alerts.turn(places.alerts, name) as is_ours:
            sent[name], why = _turn(places, settings, name, channels[name]) if is_ours else (0, None)
        failures |= {name: f"{name}: {why}"} if why else {}
        taken |= set() if is_ours else {name}
    left = {name: len(alerts.waiting(places.alerts, name)) for name in [*elsewhere, *taken]}
    who = dict.fromkeys(elsewhere, "only Airflow delivers") | dict.fromkeys(taken, "another process is delivering")
    stays = [f"{name}: {_wait(number)}, which {who[name]}." for name, number in left.items() if number]
    if failures or stays:
        wrong = [str(one) for one in refused]
        raise Unavailable(
            "alerts.undelivered",
            f"Not every alert was delivered. {' '.join([*failures.values(), *stays, *wrong])}",
            next_step=_next_step(failures, any(left[name] for name in elsewhere)) or AGAIN,
        )
    if refused:
        said, steps = (" ".join(told) for told in zip(*((one.message, one.next_step) for one in refused), strict=True))
        raise BadInput(refused[0].code, said, next_step=steps)
    return Delivered(sent)


def _next_step(failed: Collection[str], is_any_left: bool) -> str:
    """What delivers again: the command to the webhook alone, else Airflow, which reaches the webhook too."""
    first = "Mend the receiver; nothing is lost, and the next DAG run delivers. " if failed else ""
    if is_any_left or {*failed} - {alerts.WEBHOOK}:
        return first + AIRFLOW_DELIVERS
    return first + "At once: python -m monitoring notify" if failed else ""


def _turn(places: Places, settings: AlertSettings, channel: str, send: Send) -> tuple[int, str | None]:
    """How many messages the channel took, and why it did not take them all."""
    sent, in_a_row, why = 0, 0, None
    for batch in alerts.waiting(places.alerts, channel):
        reports = settings.page_url or reports_of(places)
        message = batch.message or write_message(batch, reports=reports, runbook_url=settings.runbook_url)
        try:
            send(message)
        except Refusal as refusal:
            why, in_a_row = str(refusal), in_a_row + 1
            alerts.failed(places.alerts, batch.key, channel, why)
            if in_a_row == GIVES_UP_AFTER or isinstance(refusal, Silent):
                break
            continue
        alerts.delivered(places.alerts, batch.key, channel)
        cli.say(f"{channel}: {message.subject}")
        sent, in_a_row = sent + 1, 0
    return sent, why


def _wait(number: int) -> str:
    return "1 message waits" if number == 1 else f"{number} messages wait"


def _refuse_if_any_waits(places: Places) -> None:
    number = alerts.undelivered(places.alerts)
    if number:
        raise BadInput(
            "alerts.no_channel",
            f"{_wait(number)}, and no receiver is set.",
            next_step="Set MONITORING_WEBHOOK_URL, MONITORING_SMTP_CONNECTION or MONITORING_SLACK_CONNECTION.",
        )
