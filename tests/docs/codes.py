"""Every code by which a task, gate or alert can say no, read from the source, with its exit codes."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from artifacts import errors
from artifacts.finding import Rule
from artifacts.places import REPOSITORY
from serving.policy import WORDS

ROOMS = ("artifacts", "ci", "dags", "features", "ingestion", "monitoring", "ops", "plugins", "serving", "training")
DOTTED = re.compile(r"[a-z_]+\.[a-z0-9_]+")
FILES = re.compile(
    r"\.(arrow|cfg|css|csv|db|dump|duckdb|gz|html|ini|js|json|jsonl|lock|log|md|npy|parquet|png|py|sql|sqlite|svg|txt|ubj|yaml|yml)$"
)
# Dotted text that is no code: fields of a request, a key of a config, modules, and the beginning of two codes.
NO_CODES = {
    "dataframe_split.columns",
    "dataframe_split.data",
    "dataframe_split.index",
    "features.all_but",
    "serving.trial",
    "serving.trial_child",
    "shipshape.arrival",
    "shipshape.newest_version",
    "shipshape.skipped",
    "http.request",
    "websocket.close",
    "training.refit",
    "xgboost.train",
    "compare.rows_",
}
# What monitoring says when all is as it should be.
GOOD = {"labels.came", "performance.kept", "skew.equal"}
# Codes that are put together from parts which no reading of one call finds.
EXPANDED = {
    "{what}.unavailable": ["ledger.unavailable", "alerts.unavailable"],
    "{what}.damaged": ["ledger.damaged", "alerts.damaged"],
    "{what}.url_invalid": ["ledger.url_invalid", "alerts.url_invalid"],
    "drift.{rule}": [f"drift.{rule}" for rule in get_args(Rule)[: get_args(Rule).index("skew")]],
    "compare.rows_{verb}": ["compare.rows_lost", "compare.rows_gained"],
    "odd.{kind}": [f"odd.{kind}" for kind in WORDS],
    "http.{status}": ["http.404", "http.405", "http.500"],
}
# Patterns of other things: columns, keys and attributes.
OTHER_PATTERNS = {
    "upcoming.{complaint}",
    "entity.{moment}",
    "features.{name}",
    "window.{name}",
    "xgboost.{one}",
}
KINDS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)} | {
    "RequestRefused": errors.BadInput
}


@dataclass
class Code:
    """The exit codes that a code is raised with (None: said, or raised out of sight), and the files that have it."""

    exit_codes: set[int | None] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def codes() -> dict[str, Code]:
    """Every code in the source."""
    found: dict[str, Code] = defaultdict(Code)
    for path in files():
        tree, name = ast.parse(path.read_text()), path.relative_to(REPOSITORY).as_posix()
        for code in said(tree):
            found[code].files.add(name)
        for code, exit_code in raised(tree):
            found[code].exit_codes.add(exit_code)
            found[code].files.add(name)
    return {code: about for code, about in found.items() if code not in NO_CODES | GOOD}


def said(tree: ast.AST) -> Iterator[str]:
    """Whatever looks like a code, and what patterns stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and DOTTED.fullmatch(str(node.value)) and not FILES.search(node.value):
            yield node.value
    for one in patterns(tree):
        yield from EXPANDED.get(one, [])


def files() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((REPOSITORY / room).rglob("*.py"))


def raised(tree: ast.AST) -> Iterator[tuple[str, int | None]]:
    """Codes with their exit code: a class of refusals called by name, or a function of the module that returns one."""
    makers = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func).rpartition(".")[2]
            maker = makers.get(name)
            kind = KINDS.get(name if maker is None else ast.unparse(maker.returns or ast.Constant(None)))
            exit_code = None if kind is None else kind.exit_code
            for text in texts(node.args[0]):
                if DOTTED.fullmatch(text) and not FILES.search(text):
                    yield text, exit_code
                elif text in EXPANDED:
                    yield from ((code, exit_code) for code in EXPANDED[text])
                elif maker is not None:
                    yield from ((one.replace("{code}", text), exit_code) for one in patterns(maker) if "{code}" in one)


def texts(node: ast.expr) -> list[str]:
    """The constants that an expression can be, and an f-string as its pattern."""
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return [pattern(node)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def pattern(node: ast.JoinedStr) -> str:
    """`f"source.{code}"` as `source.{code}`; what is more than a name is `{}`."""
    parts = []
    for one in node.values:
        if isinstance(one, ast.FormattedValue):
            parts.append(f"{{{one.value.id}}}" if isinstance(one.value, ast.Name) else "{}")
        elif isinstance(one, ast.Constant):
            parts.append(str(one.value))
    return "".join(parts)


def patterns(tree: ast.AST) -> set[str]:
    """The patterns in a piece of source that may be those of codes: one part is a name that is put in."""
    found = {pattern(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    return {one for one in found if re.fullmatch(r"[a-z_]+\.[a-z_]*\{[a-z]+\}|\{[a-z]+\}\.[a-z_]+", one)}


def next_steps() -> set[str]:
    """Every next step that stands in the source as text, with `{name}` or `{}` for what is put in."""
    trees = [ast.parse(path.read_text()) for path in files()]
    given = [one for tree in trees for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "next_step"]
    return {text for one in given for text in texts(one.value)}


def verdict_reasons() -> set[str]:
    """What the rule of the judge says no by; they stand in the verdict, without a dot."""
    tree = ast.parse((REPOSITORY / "training" / "rules.py").read_text())
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and ast.unparse(one.func) == "Reason"]
    said = {text for call in calls for text in texts(call.args[0])}
    parts = {one.replace("{}", part) for one in said for part in ("guard", "slice")}
    return parts - {"first_champion", "better"}
