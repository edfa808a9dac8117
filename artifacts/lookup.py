"""What a training set's YAML says about its upcoming rows: for how long they are, and the key by which one is found."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import pyarrow as pa
from pydantic import BeforeValidator, Discriminator, Tag

from artifacts.column import Column
from artifacts.errors import BadInput
from artifacts.settings import Settings

if TYPE_CHECKING:
    from artifacts.contract import Contract


def _with_role(given: Any) -> Any:
    return {"role": "lookup", **given} if isinstance(given, Mapping) else given


def _kind(given: Any) -> str:
    return "name" if isinstance(given, str) else "column"


_Named = Annotated[str, Tag("name")] | Annotated[Column, BeforeValidator(_with_role), Tag("column")]


class UpcomingLimits(Settings):
    """`within_days`: how long before `as_of` a row without a label is still upcoming.

    `lookup`: the columns that callers know an entity by, each the name of a training set's column, or a column of its
    own with `name`, `type`, `description`.
    """

    within_days: float
    lookup: tuple[Annotated[_Named, Discriminator(_kind)], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the lookup key, in its order."""
        return tuple(each if isinstance(each, str) else each.name for each in self.lookup)

    def complaint(self, columns: tuple[Column, ...]) -> str | None:
        """What does not go together with the `columns` of the training set, if anything."""
        of = {column.name: column for column in columns}
        named = [each for each in self.lookup if isinstance(each, str)]
        own = [each for each in self.lookup if not isinstance(each, str)]
        rules = [
            (self.within_days > 0, f"within_days: {self.within_days} is not above 0"),
            (bool(self.lookup), "lookup: names no column"),
            (len(set(self.names)) == len(self.names), "lookup: names a column twice"),
            (all(name in of for name in named), "lookup: names a column that the training set has not; describe it"),
            (not any(each.name in of for each in own), "lookup: describes a column of the training set again"),
            (all(each.role == "lookup" for each in own), "lookup: a column of its own has no other role"),
            (not any("label" in of[name].role for name in named if name in of), "lookup: is known before the label"),
        ]
        return next((complaint for holds, complaint in rules if not holds), None)


@dataclass(frozen=True)
class UpcomingColumns:
    """The columns of upcoming rows: the training set's without the label's, then those of the lookup key alone."""

    contract: "Contract"
    limits: UpcomingLimits

    @property
    def name(self) -> str:
        """Of the dbt model that makes the rows."""
        return f"{self.contract.name}_upcoming"

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in order."""
        kept = [column for column in self.contract.columns if column.role not in ("label", "label_known_at")]
        return (*kept, *(each for each in self.limits.lookup if not isinstance(each, str)))

    @property
    def observed_at(self) -> str:
        """The column with the moment of prediction."""
        return self.contract.observed_at

    @property
    def entity(self) -> tuple[str, ...]:
        """The columns that name what a prediction is about."""
        return self.contract.entity

    @property
    def keys(self) -> tuple[tuple[Column, ...], ...]:
        """The keys that a row can be found by: its entity, and the lookup key."""
        of = {column.name: column for column in self.columns}
        return tuple(tuple(of[name] for name in names) for names in (self.entity, self.limits.names))

    def arrow_schema(self) -> pa.Schema:
        """Names and types in order."""
        return pa.schema([(column.name, column.arrow) for column in self.columns])

    def digest(self) -> str:
        """sha256 over all that a reader relies on: everything but the descriptions."""
        told = [column.model_dump(mode="json", exclude={"description"}) for column in self.columns]
        return hashlib.sha256(json.dumps([told, self.limits.names], sort_keys=True).encode()).hexdigest()


def upcoming_columns(contract: "Contract") -> UpcomingColumns:
    """The columns of the upcoming rows of a training set; raises `BadInput` (`contract.no_upcoming`)."""
    if contract.upcoming is None:
        raise BadInput(
            "contract.no_upcoming",
            f"Training set {contract.name} does not say which of its rows are upcoming, nor by which key one is found.",
            next_step=f"Add `upcoming` to the meta of training_sets/{contract.name}.yml, and models/upcoming/"
            f"{contract.name}_upcoming.sql.",
        )
    return UpcomingColumns(contract, contract.upcoming)
