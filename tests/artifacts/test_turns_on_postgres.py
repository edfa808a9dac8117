"""Whose turn to deliver it is where the alerts are in Postgres, and how long is waited for what another locked."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from artifacts import alerts
from artifacts.database import CREATION_LOCK, impatient
from artifacts.errors import Unavailable
from artifacts.places import REPOSITORY
from tests.fixtures_postgres import cluster

pytestmark = pytest.mark.slow

HOLD = """
import sys, time
from artifacts import alerts
with alerts.turn(sys.argv[1], "webhook") as is_ours:
    print(is_ours, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database in which alerts were written."""
    with cluster() as postgres:
        postgres.make_databases()
        alerts.enlist(postgres.url("alerts"), ["webhook"])
        yield postgres.url("alerts")


def is_ours(url: str, channel: str) -> bool:
    with alerts.turn(url, channel, wait_seconds=0.3) as ours:
        return ours


def test_the_turn_is_one_process_s_until_it_is_killed_and_each_channel_has_its_own(url: str) -> None:
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None and other.stdout.readline() == "True\n"
            assert (is_ours(url, "webhook"), is_ours(url, "smtp")) == (False, True)
        finally:
            other.kill()
    with alerts.turn(url, "webhook") as ours:
        assert ours
        assert not is_ours(url, "webhook")
    assert is_ours(url, "webhook")


@pytest.mark.parametrize("lock", ["lock table watches in access exclusive mode", None])
def test_what_another_has_locked_is_waited_for_as_long_as_was_said_and_then_told(url: str, lock: str | None) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as other:
        if lock is None:
            # A writer that waits for the other's turn to make tables.
            other.execute(sa.select(sa.func.pg_advisory_xact_lock(CREATION_LOCK)))
        else:
            other.exec_driver_sql(lock)
        asked = time.monotonic()
        with pytest.raises(Unavailable, match="lock timeout") as refused:
            read_or_write(impatient(url, 0.5), write=lock is None)
        assert refused.value.code == "alerts.unavailable"
        assert 0.4 < time.monotonic() - asked < 10
    read_or_write(impatient(url, 0.5), write=lock is None)
    engine.dispose()


def read_or_write(url: str, *, write: bool) -> None:
    if write:
        alerts.enlist(url, ["webhook"])
    else:
        alerts.watches(url, "toy")
