"""In these rooms every section's commands are run in a test, or it is said here why they are not."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY
from tests.docs import runbook

ROOMS = (
    "The world has moved",
    "Cannot judge what was answered",
    "Telling people",
    "Merging a change",
    "The stack and its backups",
    "Running it all",
)
IMPACT = "make impact smokes two commits, for minutes; tests/ci/test_impact.py runs it, for what one edit can plant"
BUILD = "features build runs the whole dbt project on landed months, for a minute; tests/features run it on toy ones"
HOME = "what is run replays the months of a home, for minutes"
NOT_RUN = {
    "baseline.too_few_days": BUILD,
    "labels.none": BUILD,
    "skew.no_truth": BUILD,
    "skew.too_few": BUILD,
    **dict.fromkeys(
        (
            "compare.set_changed",
            "compare.rows_gained",
            "compare.holdout_moved",
            "compare.feature_gone",
            "compare.too_good",
            "impact.base_refused",
        ),
        IMPACT,
    ),
    "compare.feature_constant": "make dbt becomes dbt on a home's landed months; tests/dbt_project run its models",
    "compare.metric_unguarded": "ci noise trains twelve times; tests/ci measure its noise on small runs",
    "backup.no_program": "the programs of Postgres would have to be uninstalled",
    "restore.unequal": "no disk gives other bytes back on demand; tests/ops/test_backup.py spoils what is written",
    "run.dag_failed": f"{HOME}; tests/ops/test_replay.py lets one fail",
    "run.interrupted": f"{HOME}; tests/ops/test_signals.py interrupts it",
    "run.dag_broken": "the tests of all DAGs take a minute, and are the command",
    "up.not_ended": "no process can be made that outlives SIGKILL",
    "up.unhealthy": "make up starts Airflow, for a minute: tests/ops/test_up.py does, whole",
}
FILES = [path for path in Path(__file__).parent.glob("test_runbook_*.py") if path != Path(__file__)]
FILES += [REPOSITORY / "tests" / name for name in ("ci/test_impact.py", "ops/test_replay_weeks.py")]
SECTIONS = [one for one in runbook.sections() if one.room in ROOMS]


def words() -> Iterator[str]:
    """What the tests of the runbook name."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_section_is_followed_in_a_test_or_is_told_with_the_reason_and_never_both() -> None:
    followed = set(words()) & {one.code for one in SECTIONS}
    assert followed | NOT_RUN.keys() == {one.code for one in SECTIONS}
    assert followed & NOT_RUN.keys() == set()


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_is_one(room: str) -> None:
    assert room in runbook.rooms()
