"""Which sections a test file follows: what it hands to `section` or `follows`, itself or by a function that does."""

import ast
from collections.abc import Iterable, Iterator, Mapping

Function = ast.FunctionDef
BASE = frozenset({"section", "follows"})


def followed(source: str, following: frozenset[str] = BASE) -> set[str]:
    """The texts that reach a call of a following function, directly, or by parametrize, a loop or a name."""
    tree = ast.parse(source)
    following = functions([source], following)
    known = _assigned(tree.body)
    tests = [node for node in ast.walk(tree) if isinstance(node, Function) and node.name.startswith("test_")]
    return {text for test in tests for call in _calls(test, following) for text in _texts_of(call, test, known)}


def functions(sources: Iterable[str], following: frozenset[str] = BASE) -> frozenset[str]:
    """The names of functions that follow a section: those known, and what hands a parameter on to one of them."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]
    while True:
        found = {node.name for node in nodes if _hands_on(node, following)}
        if found <= following:
            return following
        following |= found


def _hands_on(function: Function, following: frozenset[str]) -> bool:
    if function.name.startswith("test_"):
        return False
    given = {one.arg for one in function.args.args}
    names = {node.id for call in _calls(function, following) for node in call.args[:1] if isinstance(node, ast.Name)}
    return bool(names & given)


def _calls(inside: ast.AST, following: frozenset[str]) -> Iterator[ast.Call]:
    for node in ast.walk(inside):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if name in following:
                yield node


def _texts_of(call: ast.Call, test: Function, known: Mapping[str, list[ast.expr]]) -> set[str]:
    own = _bound(test)
    texts: set[str] = set()
    waiting: list[ast.AST] = list(call.args)
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
        elif isinstance(node, ast.Name) and node.id not in seen:
            seen.add(node.id)
            waiting += own.get(node.id) or known.get(node.id, [])
        # What a table says of a code is not what is followed.
        waiting += [key for key in node.keys if key] if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
    return texts


def _bound(test: Function) -> dict[str, list[ast.expr]]:
    """By name what it is in a test: of parametrize, of a loop, or assigned."""
    found = _assigned(list(ast.walk(test)))
    for node in ast.walk(test):
        if isinstance(node, ast.For | ast.comprehension):
            for name in _names(node.target):
                found.setdefault(name, []).append(node.iter)
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "parametrize":
            for name in ast.walk(mark.args[0]):
                if isinstance(name, ast.Constant):
                    found.setdefault(name.value, []).append(mark.args[1])
    return found


def _assigned(nodes: list[ast.AST]) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in _names(target):
                    found.setdefault(name, []).append(node.value)
    return found


def _names(target: ast.AST) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]
