"""Where a smoke run and the page about it are kept between two verbs."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.errors import CannotJudge
from artifacts.places import read_places
from artifacts.whole_file import write_whole
from ci import inputs
from ci.finding import Finding, exit_code
from ci.plan import Plan

REPORT, IMPACT, RUN = "report.md", "impact.md", "smoke.json"
AGAIN = "Run: make smoke"


def folder() -> Path:
    """`$PIPELINE_HOME/ci`."""
    place = read_places().home / "ci"
    place.mkdir(parents=True, exist_ok=True)
    return place


def keep(told: Mapping[str, Any], path: Path) -> None:
    """Write a smoke run, whole or not at all."""
    write_whole(path, json.dumps(told))


def read_run(plan: Plan) -> dict[str, Any]:
    """The last smoke run; raises `CannotJudge`: `compare.no_run`, or `compare.stale` when files changed since."""
    try:
        told: dict[str, Any] = json.loads((folder() / RUN).read_text(encoding="utf-8"))
        before = told["inputs"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotJudge("compare.no_run", f"There is no smoke run to compare: {error}.", next_step=AGAIN) from error
    changed = inputs.changed(before, inputs.read_inputs(plan))
    if changed:
        names = ", ".join(name for kind in changed.values() for name in kind[:3])
        raise CannotJudge("compare.stale", f"Files changed since the last smoke run: {names}.", next_step=AGAIN)
    return told


def publish(page: str, found: Sequence[Finding], *, is_gate: bool = True) -> cli.Answer:
    """Write the page into the home, and into the job's summary where there is one; the exit code is the findings'.

    A page that is no gate's goes to a file of its own, and only tells.
    """
    path = folder() / (REPORT if is_gate else IMPACT)
    path.write_text(page, encoding="utf-8")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(page)
    facts = {"report": str(path), "findings": [vars(one) for one in found]}
    return cli.Answer(str(path), page.splitlines(), facts, exit_code=exit_code(found) if is_gate else 0)
