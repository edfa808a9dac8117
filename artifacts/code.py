"""Which code made an artefact: the commit, and whether the tree was dirty."""

import subprocess
from dataclasses import dataclass

from artifacts.places import REPOSITORY


@dataclass(frozen=True)
class Code:
    """`commit` is a full git hash, or None outside a git checkout, where `dirty` is always true."""

    commit: str | None
    dirty: bool


def read_code() -> Code:
    """The commit of the working tree and whether any tracked or new file differs from it."""
    commit = _git("rev-parse", "HEAD")
    status = _git("status", "--porcelain")
    return Code(commit=commit, dirty=commit is None or status is None or status != "")


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
