"""The alerts of each model, changed only together with the events that tell of the change."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter

from artifacts.alerts.alert import Alert, Event, Stream, Watch, stream_of
from artifacts.alerts.tables import ALERTS, BATCHES, WATCHES, parse, reading, writing

WATCH, ALERT, EVENTS = TypeAdapter(Watch), TypeAdapter(Alert), TypeAdapter(tuple[Event, ...])
Watches = Mapping[tuple[int, Stream], Watch]
Change = Callable[[Watches], tuple[Watches, Sequence[Event]]]


def change(url: str, model: str, findings: str, body: Change) -> tuple[Event, ...]:
    """Let `body` turn the watches of `model` into new ones and events; both are written, or neither.

    The events of one call are one batch of the outbox, worst first as given. No other writer comes in between.
    """
    with writing(url) as connection:
        before = _watches(connection, model)
        after, events = body(before)
        for name, watch in after.items():
            if watch != before.get(name):
                _write(connection, watch, before.get(name))
        if events:
            ids = "\n".join(event.id for event in events)
            newest = connection.scalar(sa.select(sa.func.max(BATCHES.c.seq))) or 0
            row = {
                "seq": newest + 1,
                "key": hashlib.sha256(ids.encode()).hexdigest()[:32],
                "findings": findings,
                "told": EVENTS.dump_json(tuple(events)).decode(),
            }
            connection.execute(sa.insert(BATCHES).values(**row))
    return tuple(events)


def history(url: str, model: str) -> tuple[Alert, ...]:
    """Every alert of `model`, open and past, by opening, version and key."""
    with reading(url) as connection:
        alerts = [] if connection is None else _alerts(connection, model)
    return tuple(sorted(alerts, key=lambda one: (one.opened, one.version, one.key, one.kind, one.incident)))


def models(url: str) -> tuple[str, ...]:
    """The sorted names of the models of which findings were ever taken."""
    with reading(url) as connection:
        query = sa.select(WATCHES.c.model).distinct()
        return () if connection is None else tuple(sorted(connection.scalars(query)))


def watches(url: str, model: str) -> Watches:
    """What is known of each version of `model` in each stream."""
    with reading(url) as connection:
        return {} if connection is None else _watches(connection, model)


def newest_window(url: str, model: str) -> datetime | None:
    """The end of the newest window of `model` of which findings were taken; None before the first."""
    return max(taken_to(url, model).values(), default=None)


def taken_to(url: str, model: str) -> Mapping[tuple[int, Stream], datetime]:
    """The end of the newest window of which findings were taken, of each version of `model` in each stream."""
    return {(one.version, one.stream): one.end for one in bare_watches(url, model) if one.end is not None}


def bare_watches(url: str, model: str) -> list[Watch]:
    """As `watches`, without the alerts of each."""
    with reading(url) as connection:
        return [] if connection is None else _bare_watches(connection, model)


def _watches(connection: sa.Connection, model: str) -> dict[tuple[int, Stream], Watch]:
    newest = {(one.version, one.kind, one.key): one for one in _alerts(connection, model)}.values()
    found: dict[tuple[int, Stream], Watch] = {}
    for watch in _bare_watches(connection, model):
        own = (watch.version, watch.stream)
        alerts = tuple(one for one in newest if (one.version, stream_of(one.finding)) == own)
        found[own] = replace(watch, alerts=alerts)
    return found


def _bare_watches(connection: sa.Connection, model: str) -> list[Watch]:
    rows = connection.execute(sa.select(WATCHES.c.told).where(WATCHES.c.model == model))
    return [parse(WATCH, f"watch of {model}", row.told) for row in rows]


def _alerts(connection: sa.Connection, model: str) -> list[Alert]:
    query = sa.select(ALERTS.c.told).where(ALERTS.c.model == model)
    query = query.order_by(ALERTS.c.version, ALERTS.c.kind, ALERTS.c.key, ALERTS.c.incident)
    return [parse(ALERT, f"alert of {model}", row.told) for row in connection.execute(query)]


def _write(connection: sa.Connection, watch: Watch, before: Watch | None) -> None:
    bare = WATCH.dump_json(replace(watch, alerts=())).decode()
    _put(connection, WATCHES, {name: getattr(watch, name) for name in _names(WATCHES)}, bare)
    known = set() if before is None else set(before.alerts)
    for alert in watch.alerts:
        if alert not in known:
            names = {name: getattr(alert, name) for name in _names(ALERTS)}
            _put(connection, ALERTS, names, ALERT.dump_json(alert).decode())


def _names(table: sa.Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _put(connection: sa.Connection, table: sa.Table, names: Mapping[str, object], told: str) -> None:
    same = sa.and_(*(table.c[name] == value for name, value in names.items()))
    connection.execute(sa.delete(table).where(same))
    connection.execute(sa.insert(table).values(**names, told=told))
