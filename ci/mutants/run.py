"""Applies a mutant to a copy of the work tree and runs CI's verbs there, until one says no."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from artifacts.errors import CannotJudge
from artifacts.places import REPOSITORY
from ci.mutants.catalogue import Mutant

# Of a verb; the control runs the tests of every room at once, maybe beside other work.
TIMEOUT_SECONDS, CONTROL_TIMEOUT_SECONDS = 1200, 3600
LEAST_FREE_BYTES = 2**30
PASSED = "every verb passed"
_COLOUR, _SHOWN = re.compile(r"\x1b\[[0-9;]*m"), 200
# The quick tests first; pytest ends with 5 where a room has none of a tier.
TIERS, NO_TESTS = ("not slow", "slow"), 5
# The tests of a room, and those of the rooms that stand on it; `make test` runs all of them.
TESTS = {
    "dbt_project": ["tests/dbt_project", "tests/test_real_months.py"],
    "ingestion": ["tests/ingestion"],
    "features": ["tests/features"],
    "training": ["tests/training"],
    "artifacts": ["tests/artifacts", "tests/training"],
    "ci": ["tests/ci"],
}


@dataclass(frozen=True)
class Outcome:
    """What CI made of a mutant: the verb that caught it and why, or None; seconds of the whole.

    A verb that takes too long caught nothing.
    """

    mutant: Mutant
    caught_by: str | None
    why: str
    seconds: float


def run_mutant(mutant: Mutant, folder: Path) -> Outcome:
    """Smoke run, comparison and the tests of the edited rooms, in a copy of the work tree inside the new `folder`."""
    started = time.monotonic()
    copy_tree(folder / "tree")
    mutant.apply(folder / "tree")
    caught, why = _first_refusal(folder, _verbs(mutant.rooms))
    return Outcome(mutant, caught, why, round(time.monotonic() - started, 1))


def refuse_a_red_tree(rooms: Sequence[str], folder: Path) -> None:
    """Run the verbs without any mutant; raises `CannotJudge` (`mutants.red_without`) if one says no even so.

    Else whatever is broken anyway would count as caught.
    """
    copy_tree(folder / "tree")
    caught, why = _first_refusal(folder, _verbs(rooms), CONTROL_TIMEOUT_SECONDS)
    if why != PASSED:
        raise CannotJudge(
            "mutants.red_without",
            f"{caught or 'A verb'} says no without any mutant: {why}.",
            next_step="Let the work tree pass this first: make smoke compare test",
        )


def _first_refusal(
    folder: Path, verbs: Sequence[tuple[str, list[str]]], timeout: int = TIMEOUT_SECONDS
) -> tuple[str | None, str]:
    home = folder / "home"
    try:
        for verb, command in verbs:
            try:
                code, said = _run(command, folder / "tree", home, timeout)
            except subprocess.TimeoutExpired:
                return None, f"{verb} took longer than {timeout} s"
            _refuse_trouble(verb, code, shutil.disk_usage(folder).free)
            if code and not (verb == "make test" and code == NO_TESTS):
                return verb, _reason(verb, said, home)
        return None, PASSED
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_trouble(verb: str, code: int, free_bytes: int) -> None:
    """Raise `CannotJudge` (`mutants.trouble`) when it was the machine that said no: that catches no mutant."""
    if code < 0:
        why = f"was ended by {signal.Signals(-code).name}"
    elif code and free_bytes < LEAST_FREE_BYTES:
        why = f"says no with {free_bytes / 2**20:.0f} MiB left on the disk; {LEAST_FREE_BYTES / 2**20:.0f} are wanted"
    else:
        return
    raise CannotJudge(
        "mutants.trouble",
        f"{verb} {why}: whether the mutant is caught is not known.",
        next_step="Free disk and memory, then run make mutants again.",
    )


def copy_tree(tree: Path) -> None:
    """Copy the files of the work tree that git knows, or would, to `tree`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, tree / name)
    # Tests list the files of a repository, and train again with the code of its commit.
    author = ["-c", "user.name=mutants", "-c", "user.email=mutants@localhost", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*author, "commit", "-q", "-m", "The work tree"]):
        subprocess.run(["git", *command], cwd=tree, check=True, capture_output=True)


def _verbs(rooms: Sequence[str]) -> list[tuple[str, list[str]]]:
    tests = sorted({test for room in rooms for test in TESTS[room]})
    pytest = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    return [
        ("make smoke", ["-m", "ci", "smoke"]),
        ("make compare", ["-m", "ci", "compare", "--json"]),
        *(("make test", [*pytest, "-m", tier, *tests]) for tier in TIERS),
    ]


def _run(command: list[str], tree: Path, home: Path, timeout: int) -> tuple[int, str]:
    environ = {"PIPELINE_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "OMP_WAIT_POLICY": "passive"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env={**_environ(), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    return done.returncode, done.stdout + done.stderr


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PIPELINE_", "GITHUB_"))}


def _reason(verb: str, said: str, home: Path) -> str:
    said = _COLOUR.sub("", said)
    if verb == "make test":
        failed = re.search(r"^(FAILED|ERROR) (.+?)(?: - .*)?$", said, re.MULTILINE)
        if not failed:
            return said.strip()[-200:]
        # What a fixture met is not what the test is named after.
        met = re.findall(r"^E +(.+)", said, re.MULTILINE)[:1] if failed[1] == "ERROR" else []
        return " ".join([failed[2], *met])[:_SHOWN]
    if verb == "make compare":
        try:
            findings = json.loads(said[said.index("{") : said.rindex("}") + 1])["findings"]
        except (ValueError, KeyError):
            return said.strip()[-200:]
        return ", ".join(dict.fromkeys(finding["code"] for finding in findings))
    try:
        return str(json.loads((home / "ci" / "smoke.json").read_text(encoding="utf-8"))["refused"]["error"])
    except (OSError, ValueError, KeyError):
        # It broke instead of refusing.
        broke = re.findall(r"^[\w.]*(?:Error|Exception)\b.*", said, re.MULTILINE)
        return (broke[-1] if broke else said.strip()[-_SHOWN:])[:_SHOWN]
