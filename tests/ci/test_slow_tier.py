"""`TEST_SLOW` leaves out slow tests by turns, and never a quick one."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY
from tests.slow_tier import SECONDS, choose

SLOW_FILE = "import pytest\n@pytest.mark.slow\ndef test_slow(): pass\ndef test_quick(): pass\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty files, each with a slow and a quick test, in a repository without a commit."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "tests").mkdir()
    shutil.copy(REPOSITORY / "tests" / "slow_tier.py", folder / "tests" / "conftest.py")
    seconds = {f"test_{number}.py": 10 for number in range(30)}
    (folder / "tests" / SECONDS.name).write_text(json.dumps(seconds))
    for number in range(30):
        (folder / "tests" / f"test_{number}.py").write_text(SLOW_FILE)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    _git(folder, "init", "-q")
    return folder


def _git(folder: Path, *arguments: str) -> None:
    named = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True)


def _collected(folder: Path, share: str | None) -> tuple[set[str], str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "PYTEST_"))}
    environment |= {"TEST_SLOW": share} if share else {}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return {line for line in done.stdout.splitlines() if "::" in line}, done.stdout + done.stderr


def test_without_it_every_test_runs(project: Path) -> None:
    assert len(_collected(project, None)[0]) == 60


def test_a_third_of_the_slow_tier_runs_and_another_third_with_another_commit(project: Path) -> None:
    shares = []
    for message in ("one", "two"):
        _git(project, "commit", "-q", "--allow-empty", "-m", message)
        tests, told = _collected(project, "1/3")
        quick = {name for name in tests if name.endswith("test_quick")}
        assert len(quick) == 30
        assert f"{60 - len(tests)} deselected" in told
        shares.append(tests - quick)
    assert [len(share) for share in shares] == [10, 10]
    assert shares[0] != shares[1]


@pytest.mark.parametrize("share", ["0.5", "1/0", "2/3", "half", "1/3\n"])
def test_a_share_that_is_none_is_refused_and_runs_nothing(project: Path, share: str) -> None:
    tests, told = _collected(project, share)
    assert tests == set()
    assert "wanted 1/N with N of 1 to 99, like 1/3" in told


def test_what_is_drawn_fits_unless_it_is_the_first_and_each_file_is_drawn_some_time() -> None:
    seconds = {"long": 900.0, "new": None, **{f"short {number}": 30.0 for number in range(40)}}
    drawn = [choose(seconds, 200, str(commit)) for commit in range(300)]
    assert set().union(*drawn) == set(seconds)
    # A file of which nothing is known counts as the others do on average, 51 s.
    spent = [sum(seconds[name] or 51.2 for name in one) for one in drawn]
    assert {spent[at] for at, one in enumerate(drawn) if "long" in one} == {900}
    assert all(140 < one <= 200 for one, names in zip(spent, drawn, strict=True) if "long" not in names)


def test_how_long_each_slow_file_takes_is_known() -> None:
    root = REPOSITORY / "tests"
    marks = re.compile(r"pytest\.mark\.slow\b")
    slow = {path.relative_to(root).as_posix() for path in root.rglob("test_*.py") if marks.search(path.read_text())}
    assert set(json.loads(SECONDS.read_text())) == slow - {"ci/test_slow_tier.py"}
