"""Reasons not to merge a change: each is planted, named by the comparison, and gone after what its section says.

`make smoke` takes a minute: in its place stands what it writes, the known-good run with the inputs of now. It runs
whole, as `make impact` does, in tests/ci.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from artifacts.errors import Refusal
from ci.compare import compare
from ci.inputs import read_inputs
from ci.known_good import read_known_good, write_known_good
from ci.mutants.run import copy_tree
from ci.plan import read_plan
from ci.tolerances import read_tolerances
from tests.ci.small_runs import GONE, REFUSED, changed
from tests.ci.test_comment import GitHub, github, runner
from tests.docs import runbook
from tests.docs.making import start

__all__ = ["github", "runner"]

pytestmark = pytest.mark.slow

Run = dict[str, Any]
Changed = Callable[[Run], Run | None]
STAGE = ("stages", 1)
NAN = float("nan")


@pytest.fixture(scope="module")
def whole() -> Run:
    """What `make smoke` writes now."""
    return {**read_known_good(), "inputs": read_inputs(read_plan()), "code": {}, "seconds": 40.0}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    (tmp_path / "ci").mkdir()
    return tmp_path


def keep(home: Path, run: Run | None) -> None:
    """As if the last smoke run had been this one, or none had been."""
    file = home / "ci" / "smoke.json"
    file.unlink() if run is None else file.write_text(json.dumps(run))


def to(*place: str | int, value: Any) -> Changed:
    return lambda run: changed(*place, to=value, run=run)


def without_smoking(code: str) -> list[str]:
    """The section's commands but for the smoke run."""
    [command] = [one for one in runbook.section(code).commands if one != "make compare"]
    assert command.split()[1] == "smoke"
    return [command.replace("make smoke", "make")]


COMPARED: dict[str, Changed] = {
    "compare.no_run": lambda _: None,
    "compare.stale": to("inputs", "config", "training/configs/v1.yaml", value="of before"),
    "compare.metric_missing": to(*STAGE, "metrics", "candidate", "log_loss", 0, value=NAN),
    "compare.model_changed": to(*STAGE, "model_sha256", value="f" * 64),
    "compare.verdict_changed": to(*STAGE, "outcome", value="promote"),
}


@pytest.mark.parametrize("code", COMPARED)
def test_a_comparison_that_says_no_passes_once_a_whole_smoke_run_is_there(
    code: str, whole: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(home, whole)
    keep(home, COMPARED[code](deepcopy(whole)))
    ended, said = runbook.run("make compare", capsys)
    assert (ended in (3, 4), code in said) == (True, True), said
    keep(home, whole)
    for command in without_smoking(code):
        ended, said = runbook.run(command, capsys)
        assert (ended, "Passes" in said) == (0, True), said


def test_a_comparison_that_breaks_says_so_in_the_report_and_passes_when_it_is_mended(
    whole: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(home, changed(*STAGE, "holdout", to=GONE, run=whole))
    with pytest.raises(KeyError):
        runbook.run("make compare", capsys)
    assert "compare.broken" in (home / "ci" / "report.md").read_text()
    keep(home, whole)
    assert [runbook.run(one, capsys)[0] for one in without_smoking("compare.broken")] == [0]


def edited(old: str, new: str) -> Callable[[Path, Run], object]:
    """The known-good run, edited by hand."""

    def read(path: Path, _: Run) -> None:
        path.write_text(path.read_text().replace(old, new, 1))
        read_known_good(path)

    return read


def lost(path: Path, _: Run) -> None:
    path.unlink()
    read_known_good(path)


def compared(change: Changed) -> Callable[[Path, Run], object]:
    """Compared with a known-good run that was accepted so."""

    def hold(path: Path, run: Run) -> None:
        write_known_good(change(run) or run, path)
        compare(run, read_known_good(path), read_tolerances())

    return hold


def accepted(change: Changed) -> Callable[[Path, Run], object]:
    return lambda path, run: write_known_good(change(run) or run, path)


KNOWN: dict[str, Callable[[Path, Run], object]] = {
    "known_good.missing": lost,
    "known_good.damaged": edited('"rows": 3', '"rows": 4'),
    "known_good.schema_version": edited('"schema_version": 1', '"schema_version": 0'),
    "compare.nothing": compared(to("features", value={})),
    "compare.other_plan": compared(to("stages", 1, value=GONE)),
    "accept.refused": accepted(lambda run: {**REFUSED, "inputs": run["inputs"]}),
    "accept.incomplete": accepted(to("lineage", value=GONE)),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the work tree, whose known-good run may be written over."""
    tree = tmp_path_factory.mktemp("merging") / "tree"
    copy_tree(tree)
    return tree


@pytest.mark.parametrize("code", [one for one in KNOWN if one.startswith("known_good.")])
def test_a_known_good_run_that_cannot_be_read_is_restored_first_and_the_error_says_the_same(
    code: str, whole: Run, tree: Path
) -> None:
    path = tree / "ci" / "known_good.json"
    with pytest.raises(Refusal) as refused:
        KNOWN[code](path, whole)
    told = " ".join(runbook.section(code).text.partition("**Run:**")[2].split())
    restore, look, make = re.findall(r"`((?:git|make) [^`]+)`", told)
    assert (look, make) == ("make compare", "make smoke accept")
    assert f"Only if there is none that can be read: `{make}`" in told
    assert refused.value.next_step == (
        f"Restore the one that was reviewed: {restore}. Only if there is none that can be read, make one and let it be "
        "reviewed: make smoke, then make accept."
    )
    subprocess.run(shlex.split(restore), cwd=tree, check=True, capture_output=True)
    assert compare(whole, read_known_good(path), read_tolerances()) == []


@pytest.mark.parametrize("code", KNOWN)
def test_what_is_accepted_is_what_later_runs_are_compared_with(code: str, whole: Run, home: Path, tree: Path) -> None:
    path = tree / "ci" / "known_good.json"
    with pytest.raises(Refusal) as refused:
        KNOWN[code](path, deepcopy(whole))
    assert refused.value.code == code
    keep(home, whole)
    [command] = without_smoking(code)
    ended, said = start(tree, command, PIPELINE_HOME=str(home))
    assert (ended, "kept; look at the diff and commit it" in said) == (0, True), said
    assert compare(whole, read_known_good(path), read_tolerances()) == []


def test_a_report_that_could_not_be_put_on_the_pull_request_is_put_there_by_the_command(
    github: GitHub, runner: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    github.refuses["POST"] = 503
    [command] = runbook.section("comment.unavailable").commands
    assert "comment.unavailable: " in runbook.run(command, capsys)[1]
    github.refuses.clear()
    assert runbook.run(command, capsys)[0] == 0
    assert len(github.bodies) == 1
