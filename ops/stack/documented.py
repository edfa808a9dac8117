"""The table of settings in docs/stack.md: a row for each variable of the stack, with the default that it has."""

import re
from collections.abc import Iterator

from ops.stack.variables import VARIABLES, Variable

PAGE = "docs/stack.md"
_ROW = re.compile(r"\|\s*`(?P<name>[A-Z][A-Z0-9_]*)`\s*\|(?P<default>[^|]*)\|")
_KNOWN = {variable.name: variable for variable in VARIABLES}


def documented(text: str) -> Iterator[str]:
    """Each variable has a row, each row a variable, and its default is the variable's."""
    rows = [(number, row) for number, line in enumerate(text.splitlines(), start=1) if (row := _ROW.match(line))]
    for number, row in rows:
        name, told = row["name"], row["default"].strip()
        if name not in _KNOWN:
            yield f"{PAGE}:{number}: {name} is no variable of docker-compose.yaml"
        elif not _tells(told, _KNOWN[name]):
            yield f"{PAGE}:{number}: {name} has the default {told or 'of no text'}; {_default(_KNOWN[name])} is wanted"
    for name in sorted(_KNOWN.keys() - {row["name"] for _, row in rows}):
        yield f"{name} has no row in {PAGE}"


def _tells(told: str, variable: Variable) -> bool:
    """Of one that may be empty the page may say after a colon what that means."""
    return _default(variable) == (told.partition(":")[0] if variable.optional else told)


def _default(variable: Variable) -> str:
    return "required" if variable.secret else "empty" if variable.optional else variable.value
