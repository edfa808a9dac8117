"""A training set's column: its role, type, unit, bounds and description, and which of these go together."""

import math
import re
from collections.abc import Callable
from typing import Literal

import pyarrow as pa
from pydantic import ConfigDict, model_validator

from artifacts.settings import Settings

Role = Literal["entity", "observed_at", "label", "label_known_at", "feature", "lookup"]

_ARROW: dict[str, pa.DataType] = {
    "varchar": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}
LONGEST_DECIMAL = 38
_DECIMAL = re.compile(r"^decimal\((\d{1,2}),(\d{1,2})\)$")
TYPES = ", ".join((*_ARROW, "decimal(p,s)"))
_TYPES_OF: dict[str, Callable[["Column"], bool]] = {
    "entity": lambda column: column.type in ("varchar", "integer", "bigint"),
    "observed_at": lambda column: column.type == "timestamp",
    "label_known_at": lambda column: column.type == "timestamp",
    "label": lambda column: column.type == "boolean",
    "lookup": lambda column: column.type in ("varchar", "integer", "bigint", "timestamp"),
    "feature": lambda column: column.is_numeric or column.type in ("varchar", "boolean"),
}


class Column(Settings):
    """One column: `unit` in words, `bounds` inclusive with None for an open end, `null_share` the largest allowed."""

    # What is wanted of an end of the bounds is said below.
    model_config = ConfigDict(allow_inf_nan=True)

    name: str
    role: Role
    type: str
    description: str
    unit: str | None = None
    bounds: tuple[float | None, float | None] | None = None
    null_share: float = 0.0
    categories: tuple[str, ...] | Literal["any"] | None = None

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type; a decimal keeps its precision and scale."""
        return arrow_type(self.type)

    @property
    def is_numeric(self) -> bool:
        """Whether bounds and a unit make sense: integer, bigint, double and decimal."""
        return self.type in ("integer", "bigint", "double") or _decimal(self.type) is not None

    @model_validator(mode="after")
    def _agree(self) -> "Column":
        low, high = self.bounds or (None, None)
        is_feature = self.role == "feature"
        rules = [
            (self.type in _ARROW or bool(_decimal(self.type)), f"data_type: {self.type!r} is none of {TYPES}"),
            (_TYPES_OF[self.role](self), f"data_type: {self.type!r} cannot have the role {self.role!r}"),
            (bool(self.description.strip()), "description: is missing"),
            (0 <= self.null_share <= 1, f"null_share: {self.null_share} is not between 0 and 1"),
            (is_feature or self.null_share == 0, f"null_share: a column with the role {self.role!r} has no nulls"),
            (
                not (is_feature and self.is_numeric and self.bounds is None),
                "bounds: a numeric feature needs them",
            ),
            (not (is_feature and self.is_numeric and not self.unit), "unit: a numeric feature needs one"),
            (self.bounds is None or self.is_numeric, f"bounds: make no sense for {self.type}"),
            (all(end is None or math.isfinite(end) for end in (low, high)), "bounds: an open end is null"),
            (low is None or high is None or low <= high, f"bounds: {low} is above {high}"),
            (
                not (is_feature and self.type == "varchar" and not self.categories),
                "categories: a list, or any",
            ),
            (self.categories is None or self.type == "varchar", f"categories: make no sense for {self.type}"),
        ]
        for holds, complaint in rules:
            if not holds:
                raise ValueError(complaint)
        return self


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of a column's type; a decimal keeps its precision and scale."""
    decimal = _decimal(kind)
    return pa.decimal128(*decimal) if decimal else _ARROW[kind]


def _decimal(kind: str) -> tuple[int, int] | None:
    found = _DECIMAL.match(kind)
    precision, scale = (int(found[1]), int(found[2])) if found else (0, 0)
    return (precision, scale) if 0 < precision <= LONGEST_DECIMAL and scale <= precision else None
