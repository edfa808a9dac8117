"""Alerts: what was told of each model version, to whom it still has to be told, and what it set off."""

from artifacts.alerts.alert import Alert, Ending, Event, Kind, Step, Stream, Watch, stream_of
from artifacts.alerts.delivery import deliver_message
from artifacts.alerts.incidents import Incidents, days_of_incidents, incident_days
from artifacts.alerts.message import WEBHOOK, Message, Receivers, Send, quickest_first
from artifacts.alerts.outbox import Batch, delivered, enlist, failed, newest_told, put, undelivered, waiting
from artifacts.alerts.receivers import ReceiverSettings, read_receivers, read_right_receivers, without_refused
from artifacts.alerts.retrainings import claim_retraining, has_claimed
from artifacts.alerts.seen import begins, seen_last
from artifacts.alerts.store import bare_watches, change, history, models, newest_window, taken_to, watches
from artifacts.alerts.turns import BUSY, turn

__all__ = [
    "BUSY",
    "WEBHOOK",
    "Alert",
    "Batch",
    "Ending",
    "Event",
    "Incidents",
    "Kind",
    "Message",
    "ReceiverSettings",
    "Receivers",
    "Send",
    "Step",
    "Stream",
    "Watch",
    "bare_watches",
    "begins",
    "change",
    "claim_retraining",
    "days_of_incidents",
    "deliver_message",
    "delivered",
    "enlist",
    "failed",
    "has_claimed",
    "history",
    "incident_days",
    "models",
    "newest_told",
    "newest_window",
    "put",
    "quickest_first",
    "read_receivers",
    "read_right_receivers",
    "seen_last",
    "stream_of",
    "taken_to",
    "turn",
    "undelivered",
    "waiting",
    "watches",
    "without_refused",
]
