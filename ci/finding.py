"""What refuses a merge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from artifacts.errors import GateClosed

ACCEPT = "If this is meant: make accept, and let the diff be reviewed."


@dataclass(frozen=True)
class Finding:
    """A stable code, a sentence with the numbers, what to do, and the exit code."""

    code: str
    text: str
    next_step: str
    exit_code: int = GateClosed.exit_code


def as_of_stage(stage: Mapping[str, Any]) -> str:
    """The `as_of` of a stage, as its training set's version tells it."""
    return str(stage["training_set"]).partition("/")[2].partition(".")[0]


def exit_code(found: Sequence[Finding]) -> int:
    """0 without a finding, else the first one's."""
    return found[0].exit_code if found else 0
