"""The contract of a training set: its columns, and limits of the set as a whole."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pydantic import ValidationError, model_validator

from artifacts.column import Column
from artifacts.errors import BadInput
from artifacts.lookup import UpcomingLimits
from artifacts.settings import Settings


class Contract(Settings):
    """A training set's columns in order, and what is wanted of the set as a whole.

    `label_rate`: band of the share of true labels. `newest_within_days`: how far before `as_of` the newest row may lie.
    `row_growth`: band of rows against the set's previous version, as a ratio. `gap_days`: how long a label may take to
    become known, hence the gap between fit rows and holdout rows. `upcoming`: which rows without a label a service can
    be asked about; no part of what the set is.
    """

    name: str
    columns: tuple[Column, ...]
    label_rate: tuple[float, float]
    newest_within_days: float
    min_rows: int
    row_growth: tuple[float, float]
    gap_days: float
    upcoming: UpcomingLimits | None = None

    @model_validator(mode="after")
    def _agree(self) -> "Contract":
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"columns: {twice[0]!r} is described twice")
        for role in ("observed_at", "label", "label_known_at"):
            if len(self._having(role)) != 1:
                raise ValueError(f"role: {len(self._having(role))} columns have the role {role!r}, one is wanted")
        if not self._having("entity") or not self._having("feature"):
            raise ValueError("role: at least one column with the role 'entity' and one with 'feature' are wanted")
        if self._having("lookup"):
            raise ValueError("role: 'lookup' is for columns in `upcoming`, not for those of the training set")
        if self.upcoming is not None and (complaint := self.upcoming.complaint(self.columns)) is not None:
            raise ValueError(f"upcoming.{complaint}")
        for key in ("label_rate", "row_growth"):
            low, high = getattr(self, key)
            if not 0 <= low <= high:
                raise ValueError(f"{key}: [{low}, {high}] is not a band [low, high]")
        if self.label_rate[1] > 1 or min(self.newest_within_days, self.gap_days) < 0 or self.min_rows < 1:
            raise ValueError("label_rate is at most 1, newest_within_days and gap_days at least 0, min_rows at least 1")
        return self

    def _having(self, role: str) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.role == role)

    @property
    def entity(self) -> tuple[str, ...]:
        """The columns that name what a prediction is about, in contract order."""
        return tuple(column.name for column in self._having("entity"))

    @property
    def observed_at(self) -> str:
        """The column with the moment of prediction."""
        return self._having("observed_at")[0].name

    @property
    def label(self) -> str:
        """The column with the outcome."""
        return self._having("label")[0].name

    @property
    def label_known_at(self) -> str:
        """The column with the moment at which the outcome became known."""
        return self._having("label_known_at")[0].name

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that a model may read, in contract order."""
        return self._having("feature")

    def column(self, name: str) -> Column:
        """The column `name`, or `BadInput` (`contract.unknown_column`)."""
        for column in self.columns:
            if column.name == name:
                return column
        raise BadInput(
            "contract.unknown_column",
            f"Training set {self.name} has no column {name!r}; it has {', '.join(c.name for c in self.columns)}.",
            next_step="Correct the name, or add the column to the contract and build again.",
        )

    def arrow_schema(self) -> pa.Schema:
        """Names and types in contract order."""
        return pa.schema([(column.name, column.arrow) for column in self.columns])

    def to_dict(self) -> dict[str, Any]:
        """The contract as JSON objects."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Contract":
        """The inverse of `to_dict`; raises `BadInput` (`contract.invalid`) that names the key."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise invalid("The contract", error) from error

    def digest(self) -> str:
        """sha256 over all that a reader of the set relies on: everything but the descriptions and `upcoming`."""
        told = self.to_dict()
        del told["upcoming"]
        for column in told["columns"]:
            del column["description"]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def invalid(where: str, error: Exception) -> BadInput:
    """The refusal for a contract of which pydantic said `error`, naming the key."""
    if not isinstance(error, ValidationError):
        return refuse(f"{where}: {error}.")
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    got = f" (got {first['input']!r})" if key and first["type"] != "missing" else ""
    return refuse(f"{where}: {key + ': ' if key else ''}{said}{got}.")


def refuse(message: str) -> BadInput:
    """The refusal for a contract that is none."""
    return BadInput("contract.invalid", message, next_step="Correct the YAML.")
