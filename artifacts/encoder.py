"""Turns rows into the numbers that a model reads; the category codes are kept with the model for ever."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from artifacts.column import arrow_type
from artifacts.contract import Contract
from artifacts.errors import BadInput, Damaged

CATEGORIES = "model/categories.json"


@dataclass(frozen=True)
class Encoder:
    """`types`: feature to SQL type, in the model's order. `categories`: varchar feature to its sorted values."""

    types: Mapping[str, str]
    categories: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> list[str]:
        """The features in the model's order."""
        return list(self.types)

    @property
    def feature_types(self) -> list[str]:
        """XGBoost's types: c for categories, q for quantities."""
        return ["c" if name in self.categories else "q" for name in self.types]

    def matrix(self, batch: pa.RecordBatch) -> npt.NDArray[np.float32]:
        """Rows x features, from a batch that has the features as columns, by name.

        A category is its place in the sorted list, one that was never seen while fitting is missing (NaN) as a null
        is. Whole numbers beyond 2**24 lose their last digits in float32, as everywhere in XGBoost.
        """
        out = np.empty((batch.num_rows, len(self.types)), dtype=np.float32)
        for position, name in enumerate(self.types):
            column = batch.column(name)
            if name in self.categories:
                column = pc.index_in(column, value_set=pa.array(self.categories[name], pa.string()))
            out[:, position] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        return out

    def numbers(self, columns: Mapping[str, Sequence[Any]]) -> npt.NDArray[np.float64]:
        """As `matrix` before it is cut to float32, from Python values by feature: a row or a few, many times a second.

        A decimal is a `Decimal`, what is missing is None. As float32 it is `matrix` of the same rows, bit for bit.
        """
        names, coded, exact = self._places
        found = [columns[name] for name in names]
        for at, codes in coded:
            found[at] = [codes.get(value) for value in found[at]]
        # In one go, since a row or a few are mostly the cost of the calls.
        plain = np.array(found, dtype=np.float64).T
        if not exact:
            return plain
        out = np.empty((len(columns[next(iter(self.types))]), len(self.types)), dtype=np.float64)
        out[:, [place for place in range(len(self.types)) if place not in exact]] = plain
        for place, name in exact.items():
            # Arrow's own conversion of a decimal is not always the nearest double, and it is what was trained on.
            column = pa.array(columns[name], arrow_type(self.types[name]))
            out[:, place] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        return out

    @cached_property
    def _places(self) -> tuple[list[str], list[tuple[int, Mapping[str, int]]], dict[int, str]]:
        """The features that are not decimals; where among them a category's code is, and the codes; the decimals."""
        exact = {place: name for place, name in enumerate(self.types) if self.types[name].startswith("decimal")}
        names = [name for name in self.types if name not in exact.values()]
        codes = {name: {value: code for code, value in enumerate(values)} for name, values in self.categories.items()}
        return names, [(at, codes[name]) for at, name in enumerate(names) if name in codes], exact

    def check(self, contract: Contract) -> None:
        """Raise `BadInput` (`encode.column_changed`) unless the set has every feature with the type fitted on."""
        there = {column.name: column.type for column in contract.features}
        for name, kind in self.types.items():
            if there.get(name) != kind:
                got = f"as {there[name]}" if name in there else "nowhere"
                raise BadInput(
                    "encode.column_changed",
                    f"Training set {contract.name} has feature {name!r} {got}; the model was fitted on {kind}.",
                    next_step="Rebuild the set, or train again.",
                )

    def write(self, folder: Path) -> None:
        """Write `model/categories.json` under `folder`."""
        held = {"types": dict(self.types), "categories": {name: list(v) for name, v in self.categories.items()}}
        (folder / CATEGORIES).write_text(json.dumps(held, indent=1), encoding="utf-8")


def read_encoder(path: Path) -> Encoder:
    """Read what `Encoder.write` wrote; raises `Damaged` (`encode.damaged`) when it is anything else."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        categories = {name: tuple(values) for name, values in held["categories"].items()}
        return Encoder(types=dict(held["types"]), categories=categories)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Damaged(
            "encode.damaged",
            f"{path} does not hold categories, though it is what was logged: {error!r}.",
            next_step="Train again.",
        ) from error
