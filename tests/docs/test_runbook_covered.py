"""Every section of a room here is run against its fault in a test, or it stands below with the reason why not."""

import ast
import os
import shlex
import subprocess

import pytest

from artifacts.places import REPOSITORY
from tests.docs import runbook

ROOMS = ("Promoting and going back", "Ledger and MLflow", "Serving", "DAG runs", "The on-call pages")
SUITE = "The command is the whole suite of a room, which CI runs; below, that make takes the folder."
NOT_RUN = {
    "http.500": SUITE,
    "run.broke": SUITE,
    "log.failed": "Whatever the log raises is one of its refusals, so only a fault of our own code would bring it.",
    "on_call.service_unset": "`make up` starts Airflow, as tests/ops/test_up.py does; the test takes what it sets.",
}
SECTIONS = {one.code: one for one in runbook.sections() if one.room in ROOMS}


def planted() -> set[str]:
    """The codes that the tests of sections name."""
    files = sorted((REPOSITORY / "tests" / "docs").glob("test_runbook_*.py"))
    trees = [ast.parse(file.read_text()) for file in files if file.name != "test_runbook_covered.py"]
    texts = {one.value for tree in trees for one in ast.walk(tree) if isinstance(one, ast.Constant)}
    return texts & SECTIONS.keys()


def test_every_section_is_run_or_says_why_not():
    assert SECTIONS.keys() - planted() - NOT_RUN.keys() == set()


@pytest.mark.parametrize("code", NOT_RUN)
def test_what_is_not_run_is_a_section_with_a_command_and_has_a_reason(code):
    assert SECTIONS[code].commands and len(NOT_RUN[code].split()) > 5


@pytest.mark.parametrize("code", [code for code, why in NOT_RUN.items() if why == SUITE])
def test_the_suite_that_a_section_names_is_what_make_would_run(code):
    [command] = runbook.section(code).commands
    make, *words = shlex.split(command)
    # What a `make test` around this one would hand on.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        [make, "-n", *words], cwd=REPOSITORY, env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    *pytest_, folder = shlex.split(done.stdout.splitlines()[-1])
    assert "pytest" in pytest_
    assert list((REPOSITORY / folder).glob("test_*.py"))
