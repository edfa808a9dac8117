"""The outbox: batches of events that wait until each receiver has them; told at least once, under one key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import TypeAdapter

from artifacts.alerts.alert import Event
from artifacts.alerts.message import ESCALATIONS, Message
from artifacts.alerts.store import EVENTS
from artifacts.alerts.tables import BATCHES, CHANNELS, DELIVERIES, TURNS, parse, reading, writing

MESSAGE = TypeAdapter(Message)
NEWEST = 50
HISTORY = "Another had it while this channel was not set."
HAD = sa.select(DELIVERIES.c.key).where(DELIVERIES.c.delivered)


@dataclass(frozen=True)
class Batch:
    """The events of one check, worst first, or a message about a DAG run; `key` stays however often it is sent."""

    seq: int
    key: str
    findings: str
    events: tuple[Event, ...]
    message: Message | None = None

    @property
    def urgent(self) -> bool:
        """Whether it tells an escalation."""
        return any(event.step == "escalated" for event in self.events) if self.message is None else self.message.urgent


def enlist(url: str, channels: Collection[str], *, no_others: bool = False) -> None:
    """Let new channels start with what nobody has, all of one call with the same.

    So the first ones ever get all that waits, and later ones no history. `no_others` says that whoever calls knows of
    every channel that is set, so that the others are not: set again, they start like new ones, and what waited for them
    at their last turn waits still.
    """
    with writing(url) as connection:
        known: set[str] = set(connection.scalars(sa.select(CHANNELS.c.channel)))
        turns = {row.channel: row for row in connection.execute(sa.select(TURNS))}
        newest = connection.scalar(sa.select(sa.func.max(BATCHES.c.seq))) or 0
        for channel in sorted({*channels} - known):
            _begin(connection, channel, newest)
        for channel in sorted({*channels} | (known if no_others else set())):
            before = turns.get(channel)
            if channel in channels and before is not None and before.is_unset:
                _pass_over(connection, channel, before.seq)
            seq = newest if channel in channels or before is None else before.seq
            connection.execute(sa.delete(TURNS).where(TURNS.c.channel == channel))
            row = {"channel": channel, "seq": seq, "is_unset": channel not in channels}
            connection.execute(sa.insert(TURNS).values(**row))


def put(url: str, about: str, message: Message) -> bool:
    """Put a message that is no alert's into the outbox; False when one of the same key is there already."""
    with writing(url) as connection:
        if connection.scalar(sa.select(BATCHES.c.seq).where(BATCHES.c.key == message.key)) is not None:
            return False
        newest = connection.scalar(sa.select(sa.func.max(BATCHES.c.seq))) or 0
        told = MESSAGE.dump_json(message).decode()
        connection.execute(sa.insert(BATCHES).values(seq=newest + 1, key=message.key, findings=about, told=told))
    return True


def newest_told(url: str, about: str, *, but: str) -> tuple[Message, ...]:
    """The newest messages, up to `NEWEST`, about what begins with `about`, other than those about `but`."""
    with reading(url) as connection:
        if connection is None:
            return ()
        these = BATCHES.c.findings.startswith(about, autoescape=True) & (BATCHES.c.findings != but)
        query = sa.select(BATCHES).where(these).order_by(BATCHES.c.seq.desc()).limit(NEWEST)
        rows = connection.execute(query).mappings().all()
    return tuple(one.message for one in map(_batch, rows) if one.message is not None)


def waiting(url: str, channel: str) -> tuple[Batch, ...]:
    """What the enlisted `channel` does not have yet: what it refused least often first, and of these the oldest.

    So what it will never take is asked last, and keeps nothing back. A channel of `ESCALATIONS` waits for those alone.
    """
    with reading(url) as connection:
        if connection is None:
            return ()
        done = sa.select(DELIVERIES.c.key).where((DELIVERIES.c.channel == channel) & DELIVERIES.c.delivered)
        after = sa.select(CHANNELS.c.after_seq).where(CHANNELS.c.channel == channel).scalar_subquery()
        own = (DELIVERIES.c.key == BATCHES.c.key) & (DELIVERIES.c.channel == channel)
        refused = sa.func.coalesce(sa.select(DELIVERIES.c.attempts).where(own).scalar_subquery(), 0)
        query = sa.select(BATCHES).where((BATCHES.c.seq > after) & BATCHES.c.key.not_in(done))
        query = query.order_by(refused, BATCHES.c.seq)
        rows = connection.execute(query).mappings().all()
    batches = tuple(_batch(one) for one in rows)
    return tuple(one for one in batches if one.urgent) if channel.startswith(ESCALATIONS) else batches


def undelivered(url: str) -> int:
    """How many batches nobody has."""
    with reading(url) as connection:
        if connection is None:
            return 0
        return connection.scalar(sa.select(sa.func.count()).where(BATCHES.c.key.not_in(HAD))) or 0


def delivered(url: str, key: str, channel: str) -> None:
    """Note that `channel` has the batch."""
    _note(url, key, channel, None)


def failed(url: str, key: str, channel: str, error: str) -> None:
    """Note that `channel` did not take the batch, and why; a batch that it has, it keeps."""
    _note(url, key, channel, error)


def _begin(connection: sa.Connection, channel: str, newest: int) -> None:
    """Let a new channel wait for every batch that nobody has."""
    oldest = connection.scalar(sa.select(sa.func.min(BATCHES.c.seq)).where(BATCHES.c.key.not_in(HAD)))
    after = newest if oldest is None else oldest - 1
    connection.execute(sa.insert(CHANNELS).values(channel=channel, after_seq=after))
    _pass_over(connection, channel, after)


def _pass_over(connection: sa.Connection, channel: str, after: int) -> None:
    """Note of each batch after this one that anyone has that `channel` need not be told of it."""
    history = sa.select(BATCHES.c.key).where((BATCHES.c.seq > after) & BATCHES.c.key.in_(HAD))
    keys: Sequence[str] = connection.scalars(history).all()
    for key in keys:
        own = (DELIVERIES.c.key == key) & (DELIVERIES.c.channel == channel)
        connection.execute(sa.delete(DELIVERIES).where(own))
        row = {"key": key, "channel": channel, "delivered": True, "attempts": 0, "error": HISTORY}
        connection.execute(sa.insert(DELIVERIES).values(**row))


def _batch(row: sa.RowMapping) -> Batch:
    if str(row["told"]).startswith("{"):
        return Batch(row["seq"], row["key"], row["findings"], (), parse(MESSAGE, "message", row["told"]))
    return Batch(row["seq"], row["key"], row["findings"], parse(EVENTS, "batch", row["told"]))


def _note(url: str, key: str, channel: str, error: str | None) -> None:
    own = (DELIVERIES.c.key == key) & (DELIVERIES.c.channel == channel)
    with writing(url) as connection:
        before = connection.execute(sa.select(DELIVERIES).where(own)).mappings().first()
        had = before is not None and bool(before["delivered"])
        attempts = 1 if before is None else int(before["attempts"]) + 1
        connection.execute(sa.delete(DELIVERIES).where(own))
        row = {"key": key, "channel": channel, "delivered": had or error is None, "attempts": attempts, "error": error}
        connection.execute(sa.insert(DELIVERIES).values(**row))
