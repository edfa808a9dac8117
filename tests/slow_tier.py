"""The slow tier by turns: `TEST_SLOW=1/3` runs a third of its time, drawn by the commit; unset, all of it runs."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import pytest

TESTS = Path(__file__).parent
SLOW = "TEST_SLOW"
# How long the slow tests of each file took, to the second: what they are to each other counts, not the machine.
SECONDS = TESTS / "slow_seconds.json"


def pytest_configure() -> None:
    """Refuse a share that is none before anything is collected."""
    _turns(os.environ.get(SLOW, "1/1"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the slow tests whose turn it is not; pytest's closing line counts them as deselected."""
    turns = _turns(os.environ.get(SLOW, "1/1"))
    if turns == 1:
        return
    seconds = json.loads(SECONDS.read_text(encoding="utf-8"))
    slow = {item: _name(item) for item in items if item.get_closest_marker("slow")}
    chosen = choose({name: seconds.get(name) for name in slow.values()}, sum(seconds.values()) / turns, commit_here())
    left_out = {item for item, name in slow.items() if name not in chosen}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def pytest_report_header() -> str | None:
    """Say what is left out, and how to run it."""
    turns = _turns(os.environ.get(SLOW, "1/1"))
    return f"slow tier: 1/{turns} of its time, by commit; all of it without TEST_SLOW" if turns > 1 else None


def choose(seconds: Mapping[str, float | None], most: float, commit: str) -> frozenset[str]:
    """The files that the commit draws, one after another, as far as they fit into `most` seconds; at least one.

    By file, so that what the tests of a file share is made for all of them or not at all. A file of which no seconds
    are known counts as the others do on average.
    """
    known = [one for one in seconds.values() if one is not None]
    chosen: list[str] = []
    left = most
    for name in sorted(seconds, key=lambda name: _digest(name, commit)):
        told = seconds[name]
        takes = told if told is not None else mean(known or [most])
        if not chosen or takes <= left:
            chosen.append(name)
            left -= takes
    return frozenset(chosen)


def drawn(name: str, turns: int, commit: str) -> int:
    """A number from 0 to turns - 1 that the commit draws for `name`; the next commit may draw the same."""
    return int(_digest(name, commit), 16) % turns


def commit_here() -> str:
    """The commit that is tested; empty outside of git."""
    try:
        told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=TESTS, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return told.stdout.strip()


def _name(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).as_posix()


def _digest(name: str, commit: str) -> str:
    return hashlib.sha256(f"{commit} {name}".encode()).hexdigest()


def _turns(share: str) -> int:
    match = re.fullmatch(r"1/([1-9]\d?)", share)
    if match is None:
        raise pytest.UsageError(f"TEST_SLOW is {share!r}; wanted 1/N with N of 1 to 99, like 1/3.")
    return int(match[1])
