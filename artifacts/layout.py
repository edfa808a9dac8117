"""What it takes to write rows down: columns in order, and which of them the rows are sorted by."""

from typing import Protocol

import pyarrow as pa

from artifacts.column import Column


class Layout(Protocol):
    """Columns in order, of rows sorted by (`observed_at`, entity): a training set's, or its upcoming rows'."""

    @property
    def name(self) -> str:
        """What the rows are called in a refusal."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns."""

    @property
    def observed_at(self) -> str:
        """The column with the moment of prediction."""

    @property
    def entity(self) -> tuple[str, ...]:
        """The columns that name what a prediction is about."""

    def arrow_schema(self) -> pa.Schema:
        """Names and types in order."""

    def digest(self) -> str:
        """sha256 over all that a reader relies on."""
