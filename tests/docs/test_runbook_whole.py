"""Every section of these rooms is followed in a test after its fault was planted, or has here the reason why not."""

import ast
from pathlib import Path

from tests.docs import runbook

ROOMS = ("Landing", "What is published", "Building training sets", "Upcoming rows", "Training", "Judging")
NOT_RUN = {
    "not_compared": "Whatever a rule names is compared; only other code of the judge would leave it out.",
}


def test_every_section_is_followed_in_a_test_or_says_why_not():
    files = [path for path in Path(__file__).parent.glob("test_runbook_*.py") if path != Path(__file__)]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    told = {node.value for node in nodes if isinstance(node, ast.Constant)}
    wanted = {one.code for one in runbook.sections() if one.room in ROOMS}
    assert wanted - told == NOT_RUN.keys()
