"""Faults of the stack's start, in a copy of the work tree: planted, named by their codes, gone after their sections."""

from pathlib import Path

import pytest

from ci.mutants.run import copy_tree
from tests.docs import runbook
from tests.docs.making import made, start

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the work tree, without a .env."""
    tree = tmp_path_factory.mktemp("stack") / "tree"
    copy_tree(tree)
    return tree


def test_a_missing_env_file_is_written_and_then_the_stack_may_start(tree: Path) -> None:
    assert "stack.env_incomplete: " in start(tree, "make env-check")[1]
    wrote, up = runbook.section("stack.env_incomplete").commands
    ended, said = start(tree, wrote)
    assert (ended, "wrote SERVING_API_KEY" in said) == (0, True), said
    # Of the start what comes before docker, which says whether it may be.
    assert made(up) == made("make env-check")
    assert start(tree, "make env-check")[0] == 0


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("stack.compose_invalid", "services:\n", "services:\nservices:\n"),
        ("stack.compose_rules", "  read_only: true\n", "  read_only: false\n"),
    ],
)
def test_a_compose_file_that_is_wrong_passes_once_it_is_corrected(code: str, old: str, new: str, tree: Path) -> None:
    path = tree / "docker-compose.yaml"
    whole = path.read_text()
    [command] = runbook.section(code).commands
    path.write_text(whole.replace(old, new))
    ended, said = start(tree, command)
    assert (ended != 0, f"{code}: " in said) == (True, True), said
    path.write_text(whole)
    assert start(tree, command)[0] == 0


def test_mlflows_database_is_migrated_once_it_is_named_in_place_of_its_server(tree: Path, tmp_path: Path) -> None:
    home = {"PIPELINE_HOME": str(tmp_path)}
    ended, said = start(tree, "PIPELINE_MLFLOW=http://127.0.0.1:5000 python -m ops prepare", **home)
    assert (ended, "registry.no_database: " in said) == (2, True), said
    [command] = runbook.section("registry.no_database").commands
    ended, said = start(tree, runbook.filled(command, {"URL": f"sqlite:///{tmp_path}/mlflow.db"}), **home)
    assert (ended, said.splitlines()[-1], (tmp_path / "mlflow.db").is_file()) == (0, "prepared", True), said
