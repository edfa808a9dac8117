"""When a version was champion, and which one is by now, told from the lines of the ledger."""

import re
from collections.abc import Sequence
from typing import Any

WHEN = "%Y-%m-%d %H:%M UTC"
_CHAMPION = re.compile(r"Version (\d+) is champion of (.+), since line \d+ of the ledger\.")


def told_champion(model: str, version: int, line: int) -> str:
    """What a task returns of the champion that it made or found, by its line of the ledger."""
    return f"Version {version} is champion of {model}, since line {line} of the ledger."


def champion_in(returned: Any) -> tuple[str, int] | None:
    """Model and version of what `told_champion` said; None of all else that a task returns."""
    made = _CHAMPION.fullmatch(returned) if isinstance(returned, str) else None
    return None if made is None else (made[2], int(made[1]))


def since_replaced(lines: Sequence[Any], version: int) -> str | None:
    """That `version` was champion, from when to when, and what is since; None while it is, or where it never was.

    `lines` are all of the model, oldest first, each with `version`, `kind` and `decided_at`, as in `Promotion`. Of
    a version that was champion more than once the last time is told.
    """
    began = max((at for at, line in enumerate(lines) if line.version == version), default=None)
    if began is None or lines[-1].version == version:
        return None
    how = "gone back to" if lines[-1].kind == "rollback" else "promoted"
    return (
        f"Version {version} was champion from {lines[began].decided_at:{WHEN}} to "
        f"{lines[began + 1].decided_at:{WHEN}}; version {lines[-1].version} is champion since "
        f"{lines[-1].decided_at:{WHEN}}, when it was {how}."
    )
