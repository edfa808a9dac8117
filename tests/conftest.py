"""The slow tier by turns: `TEST_SLOW=1/3` runs a third of it, drawn by the commit; unset, all of it runs."""

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from artifacts.cli import PROGRESS

ROOT = Path(__file__).parent.parent
SLOW = "TEST_SLOW"


def pytest_configure() -> None:
    """Refuse a share that is none before anything is collected."""
    _turns(os.environ.get(SLOW, "1/1"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the slow tests whose turn it is not; pytest's closing line counts them as deselected."""
    turns = _turns(os.environ.get(SLOW, "1/1"))
    commit = commit_here()
    left_out = [item for item in items if item.get_closest_marker("slow") and not _has_its_turn(item, turns, commit)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_report_header() -> str | None:
    """Say what is left out, and how to run it."""
    turns = _turns(os.environ.get(SLOW, "1/1"))
    return f"slow tier: 1 in {turns}, by commit; all of it without TEST_SLOW" if turns > 1 else None


@pytest.fixture(autouse=True)
def progress_of_its_own() -> Iterator[None]:
    """A command under test shows progress on the stderr of its test, which the next one finds closed."""
    before = (PROGRESS.handlers, PROGRESS.level, PROGRESS.propagate)
    yield
    PROGRESS.handlers, PROGRESS.level, PROGRESS.propagate = before


def _turns(share: str) -> int:
    match = re.fullmatch(r"1/([1-9]\d?)", share)
    if match is None:
        raise pytest.UsageError(f"TEST_SLOW is {share!r}; wanted 1/N with N of 1 to 99, like 1/3.")
    return int(match[1])


def _has_its_turn(item: pytest.Item, turns: int, commit: str) -> bool:
    """By file, so that what the tests of a file share is made for all of them or not at all."""
    return drawn(item.path.relative_to(ROOT).as_posix(), turns, commit) == 0


def drawn(name: str, turns: int, commit: str) -> int:
    """A number from 0 to turns - 1 that the commit draws for `name`; the next commit may draw the same."""
    return int(hashlib.sha256(f"{commit} {name}".encode()).hexdigest(), 16) % turns


def commit_here() -> str:
    """The commit that is tested; empty outside of git."""
    try:
        told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return told.stdout.strip()
