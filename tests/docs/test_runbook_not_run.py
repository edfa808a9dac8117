"""What every section says to run is run in a test after its fault was planted, or here is said why it is not."""

import ast
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY
from tests.docs import runbook
from tests.docs.followed import followed, functions

SUITE = "the command is the whole suite of a room; below, that make takes the folder"
IMPACT = "make impact smokes two commits, for minutes; tests/ci/test_impact.py runs it, for what one edit can plant"
BUILD = "features build runs the whole dbt project on landed months, for a minute; tests/features run it on toy ones"
HOME = "what is run replays the months of a home, for minutes"
NOT_RUN = {
    "not_compared": "whatever a rule names is compared; only other code of the judge would leave it out",
    "http.500": SUITE,
    "run.broke": SUITE,
    "log.failed": "whatever the log raises is one of its refusals; only a fault of our own code would bring it",
    "serving.watcher_failed": "whatever the watcher meets is a refusal; only a fault of our own code would bring it",
    "on_call.service_unset": "make up starts Airflow, as tests/ops/test_up.py does; a test takes what it sets",
    "baseline.too_few_days": BUILD,
    "labels.none": BUILD,
    "skew.no_truth": BUILD,
    "skew.too_few": BUILD,
    "registry.tag_invalid": "training is what it stops; tests/artifacts/test_registry_numbers.py sets such tags",
    "compare.set_changed": IMPACT,
    "compare.rows_gained": IMPACT,
    "compare.holdout_moved": IMPACT,
    "compare.feature_gone": IMPACT,
    "compare.too_good": IMPACT,
    "impact.base_refused": IMPACT,
    "compare.feature_constant": "make dbt becomes dbt on a home's landed months; tests/dbt_project run its models",
    "compare.metric_unguarded": "ci noise trains twelve times; tests/ci measure its noise on small runs",
    "backup.no_program": "the programs of Postgres would have to be uninstalled",
    "restore.unequal": "no disk gives other bytes back on demand; tests/ops/test_backup.py spoils what is written",
    "run.dag_failed": f"{HOME}; tests/ops/test_replay.py lets one fail",
    "run.interrupted": f"{HOME}; tests/ops/test_signals.py interrupts it",
    "cli.interrupted": "what is to be run is what was interrupted; tests/artifacts/test_cli.py interrupts a command",
    "replay.journal_damaged": f"{HOME}; tests/ops/test_replay_weeks.py goes through such a week again",
    "run.dag_broken": "the tests of all DAGs take a minute, and are the command",
    "up.not_ended": "no process can be made that outlives SIGKILL",
    "up.unhealthy": "make up starts Airflow, for a minute: tests/ops/test_up.py does, whole",
}
FOLDER = Path(__file__).parent
FILES = [path for path in FOLDER.glob("test_runbook_*.py") if path != Path(__file__)]
FILES += [REPOSITORY / "tests" / "ci" / "test_impact.py"]
READERS = [path for path in FOLDER.glob("*.py") if path.name.endswith(("_home.py", "_reader.py"))]
SECTIONS = runbook.sections()


def words() -> Iterator[str]:
    """What the tests of the runbook name."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_section_is_followed_in_a_test_or_is_told_with_the_reason_and_never_both() -> None:
    following = functions([path.read_text() for path in READERS])
    run = set().union(*(followed(path.read_text(), following) for path in FILES))
    # Of a section without a command a test only names the code.
    named = set(words()) & {one.code for one in SECTIONS if not one.commands}
    codes = {one.code for one in SECTIONS}
    assert codes - run - named - NOT_RUN.keys() == set()
    assert NOT_RUN.keys() - codes == set()
    assert run & NOT_RUN.keys() == set()


TOLD = """
TABLE: dict[str, str] = {"a": "not this", "b": "nor this"}
def hands_on(code): return [run(one) for one in section(code).commands]
@pytest.mark.parametrize(("code", "other"), [("c", 1), *TABLE.items()])
def test_table(code, other, reader):
    assert other == "only named"
    reader.follows(code)
def test_loop():
    for code in ("d", "e"):
        hands_on(code)
def test_named():
    assert said == "f"
"""


def test_a_code_that_is_only_named_or_whose_call_is_gone_is_not_followed() -> None:
    assert followed(TOLD) == {"a", "b", "c", "d", "e"}
    assert followed(TOLD.replace("reader.follows(code)", "pass")) == {"d", "e"}
    assert followed(TOLD.replace("section(code)", "nothing")) == {"a", "b", "c"}


@pytest.mark.parametrize("code", [code for code, why in NOT_RUN.items() if why == SUITE])
def test_the_suite_that_a_section_names_is_what_make_would_run(code: str) -> None:
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
