"""One transaction on a small SQLite or Postgres database of ours: a writer takes its lock before it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from artifacts.errors import BadInput, Damaged, Unavailable
from artifacts.place_errors import no_place, why_full

BUSY_SECONDS = 30
# Postgres' client takes a shorter time for none at all.
LEAST_CONNECT_SECONDS = 2
_TIMEOUT = "timeout"
CREATION_LOCK = 7_240_115  # any number, the same in every process: Postgres' "if not exists" is not safe by itself


@contextmanager
def transaction(url: str, what: str, table: sa.Table, *, write: bool) -> Iterator[sa.Connection]:
    """A connection in a transaction, committed at the end and closed; with `write`, `table` and its kin are there,
    with the columns that were added since and that may be null.

    A reader of an SQLite file that is not there gets an empty database and leaves no file. `what` is the name of the
    database in refusals: `BadInput` (`WHAT.url_invalid`), `Unavailable` (`WHAT.unavailable`: down, or locked for 30 s,
    or for so long as the URL says, see `impatient`; `publish.no_place`: a full disk) and `Damaged` (`WHAT.damaged`).
    """
    place = _parse(url, what)
    seconds = float(str(place.query.get(_TIMEOUT, BUSY_SECONDS)))
    place = place.difference_update_query([_TIMEOUT])
    if place.get_backend_name() == "sqlite" and place.database:
        if write:
            Path(place.database).parent.mkdir(parents=True, exist_ok=True)
        elif not Path(place.database).exists():
            place = make_url("sqlite://")
    named = f"The {what} {place.render_as_string(hide_password=True)}"
    try:
        with _engine(place, seconds, write=write).begin() as connection:
            if write:
                _create(connection, table)
            yield connection
    except OperationalError as error:
        if why := why_full(str(error.orig)):
            raise no_place(named, why) from error
        raise Unavailable(
            f"{what}.unavailable",
            f"{named} does not answer: {error.orig}.",
            next_step="See that the database is up and not locked, then try again.",
        ) from error
    except DBAPIError as error:
        raise Damaged(
            f"{what}.damaged",
            f"{named} cannot be read: {error.orig}.",
            next_step=f"Restore the {what} from its backup; nothing is written until then.",
        ) from error


def kept(connection: sa.Connection, table: sa.Table) -> list["sa.Column[Any]"]:
    """The columns of `table` that the database has: one that nothing has written to since lacks the newest."""
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    return [column for column in table.c if column.name in there]


def impatient(url: str, seconds: float) -> str:
    """The URL for who waits `seconds` at most for what another has locked, and for a server to take the call."""
    try:
        place = make_url(url)
    except ArgumentError:
        return url
    return place.update_query_dict({_TIMEOUT: f"{seconds:g}"}).render_as_string(hide_password=False)


def masked(url: str) -> str:
    """The URL of a database as a person is told it, without a password and without how long is waited for it."""
    return make_url(url).difference_update_query([_TIMEOUT]).render_as_string(hide_password=True)


def _parse(url: str, what: str) -> URL:
    try:
        place = make_url(url)
        place.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise BadInput(
            f"{what}.url_invalid",
            f"The URL of the {what} cannot be used ({type(error).__name__}); sqlite:///PATH or postgresql+psycopg://… "
            "is wanted, and the driver that it names.",
            next_step=f"Correct or unset PIPELINE_{what.upper()}, or install the driver.",
        ) from error
    # SQLite's file: names can mean memory too, and are not the paths that a reader looks for.
    if place.get_backend_name() == "sqlite" and (place.database or ":").startswith((":", "file:")):
        raise BadInput(
            f"{what}.url_invalid",
            f"The {what} {place.render_as_string()} names no file; what is kept in memory is lost with the process.",
            next_step=f"Correct or unset PIPELINE_{what.upper()}: sqlite:///PATH.",
        )
    return place


def _engine(place: URL, seconds: float, *, write: bool) -> sa.Engine:
    if place.get_backend_name() != "sqlite":
        return _of_a_server(place, seconds)
    # The driver's own transactions begin at the first write, too late for compare-and-set: they are switched off.
    arguments = {"timeout": seconds, "isolation_level": None}
    engine = sa.create_engine(place, poolclass=sa.NullPool, connect_args=arguments)
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _of_a_server(place: URL, seconds: float) -> sa.Engine:
    own = place.get_driver_name().startswith("psycopg") and "connect_timeout" not in place.query
    arguments = {"connect_timeout": max(LEAST_CONNECT_SECONDS, round(seconds))} if own else {}
    engine = sa.create_engine(place, poolclass=sa.NullPool, connect_args=arguments)
    if place.get_backend_name() == "postgresql":
        patience = f"SET LOCAL lock_timeout = {max(1, round(seconds * 1000))}"
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(patience))
    return engine


def _create(connection: sa.Connection, table: sa.Table) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CREATION_LOCK)))
    for each in table.metadata.sorted_tables:
        connection.execute(sa.schema.CreateTable(each, if_not_exists=True))
        there = {column.name for column in kept(connection, each)}
        for column in (one for one in each.c if one.nullable and one.name not in there):
            added = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {each.name} ADD COLUMN {added}")
