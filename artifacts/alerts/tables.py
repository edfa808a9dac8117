"""The tables of the alerts' database, SQLite or Postgres, and what is written in them as JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from artifacts.database import transaction
from artifacts.errors import Damaged

_ALL = sa.MetaData()

WATCHES = sa.Table(
    "watches",
    _ALL,
    sa.Column("model", sa.String(100), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.String(16), primary_key=True),
    sa.Column("told", sa.Text, nullable=False),
)
ALERTS = sa.Table(
    "alerts",
    _ALL,
    sa.Column("model", sa.String(100), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("key", sa.String(500), primary_key=True),
    sa.Column("incident", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("told", sa.Text, nullable=False),
)
BATCHES = sa.Table(
    "batches",
    _ALL,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("findings", sa.String(300), nullable=False),
    sa.Column("told", sa.Text, nullable=False),
)
CHANNELS = sa.Table(
    "channels",
    _ALL,
    sa.Column("channel", sa.String(40), primary_key=True),
    sa.Column("after_seq", sa.Integer, nullable=False),
)
TURNS = sa.Table(
    "turns",
    _ALL,
    sa.Column("channel", sa.String(40), primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("is_unset", sa.Boolean, nullable=False),
)
DELIVERIES = sa.Table(
    "deliveries",
    _ALL,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("channel", sa.String(40), primary_key=True),
    sa.Column("delivered", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
)
RETRAININGS = sa.Table(
    "retrainings",
    _ALL,
    sa.Column("model", sa.String(100), primary_key=True),
    sa.Column("at", sa.DateTime, primary_key=True),
    sa.Column("claimant", sa.String(300), nullable=False),
)

T = TypeVar("T")


@contextmanager
def writing(url: str) -> Iterator[sa.Connection]:
    """A transaction that writes; writers take turns."""
    with transaction(url, "alerts", WATCHES, write=True) as connection:
        yield connection


@contextmanager
def reading(url: str) -> Iterator[sa.Connection | None]:
    """A transaction that reads; None when nothing was ever written."""
    with transaction(url, "alerts", WATCHES, write=False) as connection:
        yield connection if sa.inspect(connection).has_table(WATCHES.name) else None


def parse(adapter: TypeAdapter[T], what: str, told: Any) -> T:
    """The object that a row holds as JSON; raises `Damaged` (`alerts.damaged`)."""
    try:
        return adapter.validate_json(told)
    except ValidationError as error:
        raise Damaged(
            "alerts.damaged",
            f"The alerts' {what} cannot be read: {error}.",
            next_step="Restore the alerts from their backup; nothing is told until then.",
        ) from error
