"""Dump and restore one SQLite or Postgres database; a password goes by the environment alone."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from artifacts.errors import BadInput, Damaged, Unavailable
from ops.backup.places import is_sqlite, shown

_OPTIONS = {name: f"PG{name.upper()}" for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")}
_READ_WITH_IT = ("", "-wal", "-shm", "-journal")
_APT = "apt-get install postgresql-client"


def dump(url: URL, folder: Path, name: str) -> str | None:
    """Write a consistent copy of a database into `folder`, while it is used; its name, None when nothing is there.

    Raises `Unavailable` (`backup.database_failed`), and `Damaged` (`backup.database_damaged`) for a broken SQLite file.
    """
    if not is_sqlite(url):
        target = folder / f"{name}.dump"
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        return target.name
    source = Path(str(url.database))
    if not source.exists():
        return None
    target = folder / f"{name}.sqlite"
    try:
        read_only = f"{source.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(read_only, uri=True)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            [(found,)] = new.execute("pragma integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise Damaged(
            "backup.database_damaged",
            f"The database {source} cannot be copied whole: {found}.",
            next_step="Restore it from an earlier backup; this one was not made.",
        )
    shutil.copymode(source, target)
    return target.name


def is_empty(url: URL) -> bool:
    """Whether nothing is in a database; raises `Unavailable` (`backup.database_failed`) when it does not answer.

    What SQLite keeps beside its file counts: a new file would be read with the rows of an old -wal.
    """
    if is_sqlite(url):
        return not any(Path(f"{url.database}{more}").exists() for more in _READ_WITH_IT)
    with _asking(url) as connection:
        return not sa.inspect(connection).get_table_names()


def has_rows(url: URL, tables: Collection[str] | None = None) -> bool:
    """Whether one of `tables`, or of all, has a row; raises as `is_empty`.

    A broken SQLite file counts, since `dump` says what it is.
    """
    if not is_sqlite(url):
        with _asking(url) as connection:
            names = _among(sa.inspect(connection).get_table_names(), tables)
            return any(connection.scalar(sa.text(_row(name))) for name in names)
    source = Path(str(url.database))
    if not source.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as found:
            there = [name for (name,) in found.execute("select name from sqlite_master where type = 'table'")]
            return any(found.execute(_row(name)).fetchone()[0] for name in _among(there, tables))
    except sqlite3.DatabaseError:
        return True


def load(url: URL, source: Path) -> None:
    """Fill an empty database from a dump, all of it or nothing; raises `Unavailable` (`backup.database_failed`)."""
    if not is_sqlite(url):
        whole = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        _run("pg_restore", url, *whole, f"--dbname={url.database}", str(source))
        return
    target = Path(str(url.database))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.restoring")
    shutil.copy(source, draft)  # its mode too
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.replace(target)


@contextmanager
def _asking(url: URL) -> Iterator[sa.Connection]:
    try:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise _failed(f"{shown(url)} does not answer: {getattr(error, 'orig', None) or error}") from error


def _among(there: Collection[str], wanted: Collection[str] | None) -> list[str]:
    return sorted(name for name in there if wanted is None or name in wanted)


def _row(table: str) -> str:
    return f'select exists (select 1 from "{table}")'  # noqa: S608  a name that the database told


def _run(program: str, url: URL, *arguments: str) -> None:
    done = subprocess.run(
        [_path(program), "--no-password", *arguments],
        env=_environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise _failed(f"{program} of {shown(url)} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")


def _path(program: str) -> str:
    """The newest of Debian's versions, since an older one refuses a newer server; else what is on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    path = str(found[-1]) if found else shutil.which(program)
    if path is None:
        raise Unavailable("backup.no_program", f"{program} is not installed.", next_step=f"Run: {_APT}")
    return path


def _environment(url: URL) -> dict[str, str]:
    unknown = sorted(url.query.keys() - _OPTIONS.keys())
    if unknown:
        raise BadInput(
            "backup.url_option",
            f"The URL {shown(url)} has the options {', '.join(unknown)}; known are {', '.join(_OPTIONS)}.",
            next_step="Leave them out of the URL for this command.",
        )
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PGPASSFILE", "LANG") if name in os.environ}
    given = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    options = {_OPTIONS[name]: str(text) for name, text in url.query.items()}
    return kept | options | {name: str(text) for name, text in given.items() if text is not None}


def _failed(message: str) -> Unavailable:
    return Unavailable(
        "backup.database_failed", f"{message}.", next_step="See that it is up and its URL right, then try again."
    )
