"""Every code of an alert, or of a refusal of monitoring, has its section in the runbook, and no other has one."""

import ast
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import get_args

from artifacts import errors
from artifacts.finding import Rule
from artifacts.places import REPOSITORY
from artifacts.runbook import runbook_link

RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text()
SECTIONS = re.findall(r"^### (.*)$", RUNBOOK, re.M)
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
# What is as it should be.
GOOD = {"labels.came", "performance.kept", "skew.equal"}
SOURCES = [*(REPOSITORY / "monitoring").glob("*.py"), *(REPOSITORY / "artifacts" / "alerts").glob("*.py")]
ROOM = REPOSITORY / "plugins" / "run_story"
SOURCES += [
    ROOM / "leaving.py",
    ROOM / "message.py",
    ROOM / "story.py",
    *(REPOSITORY / "artifacts" / "run_evidence").glob("*.py"),
]
STACK = [*(REPOSITORY / "ops" / "stack").glob("*.py"), *(REPOSITORY / "ops" / "backup").glob("*.py")]
STACK += [REPOSITORY / "ops" / "__main__.py", REPOSITORY / "artifacts" / "registry" / "migrate.py"]
READ = [*(REPOSITORY / "artifacts" / "prediction_log").glob("*.py"), REPOSITORY / "artifacts" / "publish.py"]


def constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z_]+", str(node.value)):
            yield str(node.value)


def damages(path: Path) -> Iterator[str]:
    """A check says a damaged log, or part of it, in the words of the refusal."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Damaged":
            yield from constants(node.args[0])


def refusals(path: Path) -> Iterator[str]:
    """The codes that a module refuses with, which are those of no other room."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in KINDS:
            yield from (code for code in constants(node.args[0]) if code not in {"registry.unavailable"})


def codes() -> set[str]:
    found = {code for path in SOURCES for code in constants(ast.parse(path.read_text()))}
    found |= {code for path in STACK for code in refusals(path)}
    found |= {code for path in READ for code in damages(path)}
    found |= {f"drift.{rule}" for rule in takewhile(lambda rule: rule != "skew", get_args(Rule))}
    found |= {f"alerts.{what}" for what in ("damaged", "unavailable", "url_invalid")} | {"findings.damaged"}
    return {code for code in found if not code.endswith((".json", ".md", ".css"))} - GOOD


def test_every_code_has_one_section_and_every_section_a_code():
    assert sorted(SECTIONS) == sorted(codes())


def test_each_section_says_something():
    for section in re.split(r"^### ", RUNBOOK, flags=re.M)[1:]:
        assert len(section.split("\n\n")[0].split()) > 5, section


def test_a_link_leads_to_the_heading_as_a_viewer_names_it():
    assert runbook_link("docs/runbook.md", "drift.null_share") == "docs/runbook.md#driftnull_share"
