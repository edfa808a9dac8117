"""What the service says to a request that is wrong; no part of the request is repeated."""

import difflib
from collections.abc import Sequence

from artifacts.errors import BadInput

# The time that it takes to compare names grows with the square of their length.
LONGEST_NAME = 100


class RequestRefused(BadInput):
    """A request that cannot be answered: `status` is HTTP's; `field` and `row`, counted from 0, say where."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        next_step: str = "Correct the request; /openapi.json describes it.",
        status: int = 422,
        field: str | None = None,
        row: int | None = None,
    ) -> None:
        super().__init__(code, message, next_step=next_step)
        self.status, self.field, self.row = status, field, row

    def to_dict(self) -> dict[str, str | int]:
        """The refusal as JSON."""
        where: dict[str, str | int | None] = {"field": self.field, "row": self.row}
        return super().to_dict() | {name: found for name, found in where.items() if found is not None}


def nearest(name: str, known: Sequence[str]) -> str:
    """The name of ours that a caller may have meant, as a question; what was sent may be anything, and is not said."""
    near = difflib.get_close_matches(name, known, 1) if len(name) <= LONGEST_NAME else []
    return f" Did you mean {near[0]}?" if near else ""
