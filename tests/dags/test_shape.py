"""A DAG file is wiring: short, documented for its operator, and free of business code."""

import ast
import re

import pytest

from artifacts.places import REPOSITORY

FILES = sorted((REPOSITORY / "dags").glob("*.py"))
ROOMS = {"ingestion", "features", "training", "serving", "monitoring", "artifacts"}


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def runbook(code):
    text = (REPOSITORY / "docs" / "runbook.md").read_text()
    return text.partition(f"### {code}\n")[2].partition("\n### ")[0]


def is_task(function):
    return any("task" in ast.unparse(d) for d in function.decorator_list)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_dag_file_has_at_most_80_lines_and_3_to_7_tasks(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 80
    assert 3 <= sum(is_task(f) for f in functions(ast.parse(text))) <= 7


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_dag_files_docstring_is_the_operators_manual(path):
    manual = ast.get_docstring(ast.parse(path.read_text()))
    assert manual.startswith(f"# {path.stem}\n")
    assert "When" in manual and "so that" in manual and "**When it fails**" in manual


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_task_body_is_at_most_five_statements_and_imports_one_rooms_function(path):
    for task in filter(is_task, functions(ast.parse(path.read_text()))):
        body = [s for s in task.body if not isinstance(s, ast.ImportFrom)]
        rooms = [s.module for s in task.body if isinstance(s, ast.ImportFrom) and not s.module.startswith("artifacts")]
        assert len(body) <= 5, task.name
        assert len(rooms) <= 1, task.name


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_rooms_are_imported_inside_task_bodies_only(path):
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.ImportFrom):
            assert statement.module.split(".")[0] not in ROOMS
        if isinstance(statement, ast.Import):
            assert not ROOMS & {name.name.split(".")[0] for name in statement.names}


def test_the_runbook_names_the_tasks_that_airflow_does_not_try_again():
    rollback = {f.name for f in functions(ast.parse((REPOSITORY / "dags" / "rollback.py").read_text())) if is_task(f)}
    every = [f for path in FILES for f in functions(ast.parse(path.read_text())) if is_task(f)]
    again = {f.name for f in every if any("retries=" in ast.unparse(d) for d in f.decorator_list)}
    groups = {f.name for f in every if any("task_group" in ast.unparse(d) for d in f.decorator_list)}
    named = re.search(r"but not (.*?) and those of `rollback`: clear", runbook("ledger.unavailable"), re.S)[1]
    assert set(re.findall(r"`(\w+)`", named)) == {f.name for f in every} - again - groups - rollback


def test_the_runbook_names_each_dag_that_may_take_longer_than_the_others():
    longer = {path.stem for path in FILES if "too_long=" in path.read_text()}
    assert longer and longer == set(re.findall(r"`(\w+)`", runbook("run.late")))


def row_of(dag):
    (row,) = re.findall(rf"^\| `{dag}` \|(.*)\|$", (REPOSITORY / "docs" / "dags.md").read_text(), re.M)
    return row.split("|")


def assets(path):
    named = {node.args[0].value: node for node in ast.walk(ast.parse(path.read_text())) if is_call(node, "Asset")}
    starting = next(
        k.value
        for n in ast.walk(ast.parse(path.read_text()))
        if is_call(n, "dag")
        for k in n.keywords
        if k.arg == "schedule"
    )
    constants = {n.id.lower() for n in ast.walk(starting) if isinstance(n, ast.Name)}
    return set(named), {name for name in named if {name, name.partition("_")[0]} & constants}


def is_call(node, name):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_page_of_the_dags_names_the_assets_and_tasks_of_each(path):
    starts, tasks, tells = row_of(path.stem)
    every = [f for f in functions(ast.parse(path.read_text())) if is_task(f)]
    groups = {f.name for f in every if any("task_group" in ast.unparse(d) for d in f.decorator_list)}
    again = {f.name for f in every if any("retries=" in ast.unparse(d) for d in f.decorator_list)}
    people = {"approve"} if "ApprovalOperator" in path.read_text() else set()
    assert set(re.findall(r"`(\w+)`", tasks)) == {f.name for f in every} - groups | people
    assert set(re.findall(r"\*`(\w+)`\*", tasks)) == again
    named, starting = assets(path)
    assert set(re.findall(r"`(\w+)`", starts)) == starting
    assert set(re.findall(r"`(\w+)`", tells)) == named - starting


def test_the_page_of_the_dags_has_every_one():
    listed = re.findall(r"^\| `(\w+)` \|", (REPOSITORY / "docs" / "dags.md").read_text(), re.M)
    assert sorted(listed) == [path.stem for path in FILES]
