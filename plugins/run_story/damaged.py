"""What makes a damaged folder again that is not restored from a copy, by the name that it was published under."""

import re
import shlex
from pathlib import Path

_PART = re.compile(
    r"^(?P<folder>/\S+/(?P<source>[a-z0-9_]+)/(?P<table>[a-z0-9_]+)/(?P<month>\d{4}-\d{2})/base-[0-9a-f]+) is damaged:"
)
_SET = re.compile(
    r"^(?P<folder>/\S+/(?P<name>[a-z0-9_]+)/(?P<day>\d{4}-\d{2}-\d{2}(?:T\d{4})?)\.[0-9a-f]{12}) is damaged:"
)


def made_again(message: str, home: Path) -> tuple[str, str] | None:
    """The command that moves the folder out of the way, into the `home`, and the one that makes it anew.

    None for what nothing makes again: a correction, and whatever lies in a store.
    """
    if part := _PART.match(message):
        aside = f"damaged-{part['source']}-{part['table']}-{part['month']}"
        again = f"python -m ingestion land --source {part['source']} --month {part['month']}"
        return _moved(part["folder"], home / aside), again
    if found := _SET.match(message):
        aside = f"damaged-{found['name']}-{found['day']}"
        again = f"python -m features build --name {found['name']} --as-of {found['day']}"
        return _moved(found["folder"], home / aside), again
    return None


def _moved(folder: str, to: Path) -> str:
    return f"mv {shlex.quote(folder)} {shlex.quote(str(to))}"
