"""What every test has: the slow tier by turns, and progress of its own."""

from collections.abc import Iterator

import pytest

from artifacts.cli import PROGRESS

pytest_plugins = ["tests.slow_tier"]


@pytest.fixture(autouse=True)
def progress_of_its_own() -> Iterator[None]:
    """A command under test shows progress on the stderr of its test, which the next one finds closed."""
    before = (PROGRESS.handlers, PROGRESS.level, PROGRESS.propagate)
    yield
    PROGRESS.handlers, PROGRESS.level, PROGRESS.propagate = before
