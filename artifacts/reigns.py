"""When a version was champion, and which one is by now, told from the lines of the ledger."""

from collections.abc import Sequence
from typing import Any

WHEN = "%Y-%m-%d %H:%M UTC"


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
