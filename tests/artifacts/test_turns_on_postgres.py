"""Whose turn it is to deliver, where the alerts are in Postgres: a lock of the server, which ends with who holds it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from artifacts import alerts
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
