"""Every DAG tells of its failures, and of DAG runs that take too long, by the one wiring in plugins/."""

import ast

import pytest

from artifacts.places import REPOSITORY
from ops.dag_runs import load_dags
from plugins.run_story.overdue import named

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


def test_no_task_has_a_name_by_which_airflow_would_tell_it_as_part_of_a_mapped_one():
    dags = load_dags(REPOSITORY / "dags")
    tasks = {task for dag in dags.values() for task in dag.task_ids}
    assert set(dags) == {path.stem for path in FILES} and tasks
    assert {task: named(task) for task in tasks} == {task: (task, -1) for task in tasks}


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
