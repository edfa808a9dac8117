"""The words of an error without the SQL statement, its parameters and the link that a database's library adds."""

import re

_STATEMENT = re.compile(r"\s*\[SQL: .*|\s*\(Background on this error at: .*", re.S)


def briefly(message: str) -> str:
    """`message` as one line, up to where the statement begins."""
    cut = _STATEMENT.sub("", message)
    ended = cut if cut == message or cut.endswith(".") else f"{cut}."
    return " ".join(ended.split())
