"""What the service says to a request that is wrong; no part of the request is repeated."""

from artifacts.errors import BadInput

UNNAMED = "(a name that is no identifier)"
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


def shown(name: str) -> str:
    """A field's name as a refusal may repeat it: an identifier, and nothing that could be anything else."""
    return name if name.isascii() and name.isidentifier() and len(name) <= LONGEST_NAME else UNNAMED
