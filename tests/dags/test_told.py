"""Every DAG tells of its failures, and of DAG runs that take too long, by the one wiring in plugins/."""

import ast

import pytest

from artifacts.places import REPOSITORY

FILES = sorted((REPOSITORY / "dags").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_dag_and_task_is_wired_in_one_place(path):
    tree = ast.parse(path.read_text())
    names = {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }  # fmt: skip
    assert (names["dag"], names["fails_once"]) == ("plugins.wiring", "plugins.wiring")
    tasks = [
        [ast.unparse(one) for one in node.decorator_list]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    bodies = [names for names in tasks if any(name.split("(")[0] == "task" for name in names)]
    assert bodies
    assert all(names[-1] == "fails_once" for names in bodies)


def test_the_wiring_names_both_callbacks():
    from plugins.run_story.telling import tell_failure
    from plugins.wiring import dag

    @dag(schedule=None)
    def nothing():
        pass

    made = nothing()
    assert made.on_failure_callback == [tell_failure] or made.on_failure_callback is tell_failure
    [deadline] = made.deadline
    assert deadline.callback.path == "plugins.run_story.telling.tell_late"
