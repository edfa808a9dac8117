"""What a change does to the model: a smoke run of the commit it starts from, one of now, and the rows told apart."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.errors import BadInput, CannotJudge
from artifacts.places import REPOSITORY
from artifacts.training_set import open_training_set, parse_id
from ci.commit import commit_of
from ci.compare import compare
from ci.live import live_models
from ci.report import Against, render
from ci.runs import keep, publish
from ci.tolerances import read_tolerances
from features.diff import Diff, diff

SHOWN = 12


def command(arguments: argparse.Namespace) -> cli.Answer:
    """Run both, compare, and write the page; the base's run is what is known to be good here, and no gate."""
    commit = commit_of(arguments.base)
    with tempfile.TemporaryDirectory(prefix="impact-") as temporary:
        place = Path(temporary)
        with _checked_out(commit, place / "tree") as tree:
            cli.say(f"smoke run of {arguments.base} ({commit[:12]})")
            before = _run(tree, place / "before", None)
        if "refused" in before:
            said = before["refused"]
            raise CannotJudge(
                "impact.base_refused",
                f"The smoke run of {arguments.base} stopped: {said['error']}: {said['message']}",
                next_step="Mend it there first, or name another commit: make impact BASE=COMMIT",
            )
        keep(before, place / "base.json")
        cli.say("smoke run of this work tree")
        after = _run(REPOSITORY, place / "after", place / "base.json")
        lines = [] if "refused" in after else _told_apart(before, after, place)
    tolerances = read_tolerances()
    found = compare(after, before, tolerances)
    against = Against(f"{arguments.base} ({commit[:12]})", live_models(), is_gate=False)
    page = render(after, before, found, tolerances, against=against, extra=lines)
    return publish(page, found, is_gate=False)


def _run(tree: Path, home: Path, known: Path | None) -> dict[str, Any]:
    out = home.with_suffix(".json")
    given = ["--known", str(known)] if known else []
    command = [sys.executable, "-m", "ci", "smoke", "--home", str(home), "--out", str(out), *given]
    done = subprocess.run(command, cwd=tree, check=False, stdout=subprocess.DEVNULL)
    if not out.exists():
        raise BadInput(
            "impact.no_smoke_run",
            f"{tree.name} made no smoke run: python -m ci smoke ended with {done.returncode} there.",
            next_step="Name a commit that has ci/ and runs with the packages that are installed now.",
        )
    told: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return told


def _told_apart(before: Mapping[str, Any], after: Mapping[str, Any], place: Path) -> list[str]:
    """Lines of Markdown on the rows of the last training set, entity by entity."""
    one, two = (run["stages"][-1]["training_set"] for run in (before, after))
    if one == two:
        return ["### Rows, entity by entity", "", f"`{two}` is the same, cell by cell."]
    name, version = parse_id(one)
    old = open_training_set(str(place / "before" / "training_sets"), name, version)
    found = diff(old, open_training_set(str(place / "after" / "training_sets"), *parse_id(two)))
    return list(_lines(found))


def _lines(found: Diff) -> Iterator[str]:
    rows = found.rows
    yield "### Rows, entity by entity"
    yield ""
    yield f"`{found.old}` → `{found.new}`:"
    yield f"{rows.came} came, {rows.went} went, {rows.changed} changed, {rows.same} are the same."
    if rows.changed_by_column:
        yield ""
        yield "| column | rows that changed |"
        yield "| --- | --- |"
        for name, count in sorted(rows.changed_by_column.items(), key=lambda item: -item[1])[:SHOWN]:
            yield f"| `{name}` | {count} |"


@contextmanager
def _checked_out(commit: str, tree: Path) -> Iterator[Path]:
    """A work tree of `commit`, taken away afterwards."""
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(tree), commit], cwd=REPOSITORY, check=True)
    try:
        yield tree
    finally:
        shutil.rmtree(tree, ignore_errors=True)
        subprocess.run(["git", "worktree", "prune"], cwd=REPOSITORY, check=True)
