"""A commit by the name that a person gives it."""

import subprocess

from artifacts.errors import BadInput
from artifacts.places import REPOSITORY


def commit_of(name: str) -> str:
    """The id of the commit that `name` means; raises `BadInput` (`ci.no_commit`), also for an option."""
    done = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BadInput(
            "ci.no_commit",
            f"{name!r} is no commit of this repository.",
            next_step="Name a branch or a commit, for example: make impact BASE=main",
        )
    return done.stdout.strip()
