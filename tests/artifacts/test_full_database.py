"""A full disk under a database is told as one, and not as a database that does not answer; nothing else is."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from artifacts import database
from artifacts.errors import Unavailable
from artifacts.registry.client import client_of
from tests.fixtures_registry import registry_in

ROWS = sa.Table("rows", sa.MetaData(), sa.Column("text", sa.String))


def fill(connection: sa.Connection) -> None:
    """More than the pages that there are: SQLite says of it what it says of a disk."""
    connection.exec_driver_sql("pragma max_page_count = 5")
    connection.execute(ROWS.insert(), {"text": "x" * 100_000})


def test_a_small_database_of_ours(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with pytest.raises(Unavailable) as refused, database.transaction(url, "ledger", ROWS, write=True) as connection:
        fill(connection)
    assert refused.value.code == "publish.no_place"
    assert str(refused.value) == (
        f"The ledger {url} cannot be written: database or disk is full. Free some space, then try again."
    )
    with database.transaction(url, "ledger", ROWS, write=True) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(ROWS)).scalar() == 0


def test_that_of_mlflow(tmp_path: Path) -> None:
    registry = registry_in(tmp_path)
    registry.prepare()
    engine = sa.create_engine(registry.tracking_uri)
    with pytest.raises(Unavailable) as refused, client_of(registry.tracking_uri), engine.begin() as connection:
        ROWS.create(connection)
        fill(connection)
    engine.dispose()
    assert refused.value.code == "publish.no_place"
    assert refused.value.message.endswith("mlflow.db cannot be written: database or disk is full.")
    assert refused.value.next_step == "Free some space, then try again."
    assert registry.versions("late") == []


@pytest.mark.parametrize("words", ["Permission denied", "Read-only file system", "is full of it"])
def test_what_is_no_full_disk_stays_a_database_that_does_not_answer(tmp_path: Path, words: str) -> None:
    error = sa.exc.OperationalError("select 1", {}, Exception(f"connection to the server failed: {words}"))
    url = f"sqlite:///{tmp_path}/ledger.db"
    with pytest.raises(Unavailable) as refused, database.transaction(url, "ledger", ROWS, write=True):
        raise error
    assert (refused.value.code, words in refused.value.message) == ("ledger.unavailable", True)
    registry = registry_in(tmp_path)
    registry.prepare()
    with pytest.raises(Unavailable) as refused, client_of(registry.tracking_uri):
        raise error
    assert (refused.value.code, words in refused.value.message) == ("registry.unavailable", True)
