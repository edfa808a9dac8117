"""A model version that has been checked and can score."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import xgboost

from artifacts.column import Column
from artifacts.contract import Contract
from artifacts.encoder import Encoder
from artifacts.prediction_log.coding import Shape
from serving.plain import PlainReader
from serving.values import is_decimal

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LoadedVersion:
    """A version of a model with the contract that it was trained under; `training_set` is NAME/VERSION."""

    model: str
    version: int
    run_id: str
    sha256: str
    training_set: str
    contract: Contract
    encoder: Encoder
    booster: xgboost.Booster

    @property
    def id(self) -> str:
        """`MODEL/VERSION`."""
        return f"{self.model}/{self.version}"

    @cached_property
    def columns(self) -> Sequence[Column]:
        """The features in the model's order."""
        return [self.contract.column(name) for name in self.encoder.names]

    @cached_property
    def decimals(self) -> Sequence[Column]:
        """The features that are exact decimals."""
        return [column for column in self.columns if is_decimal(column)]

    @cached_property
    def keys(self) -> Sequence[Column]:
        """The columns that say what a row is about: the entity and `observed_at`."""
        return [self.contract.column(name) for name in (*self.contract.entity, self.contract.observed_at)]

    def prepare(self) -> None:
        """Make now what the first request would have to wait for."""
        _ = self.plain, self.low, self.high, self.nullable

    @cached_property
    def plain(self) -> PlainReader:
        """What reads requests that have nothing odd."""
        return PlainReader(self.columns, self.keys, self.encoder.categories)

    def logged_as(self, key_names: tuple[str, ...] | None) -> Shape:
        """What the log says once of all rows that have these keys."""
        if key_names not in self._shapes:
            about = (self.model, self.version, self.sha256, self.training_set)
            self._shapes[key_names] = (*about, key_names, tuple(self.encoder.names))
        return self._shapes[key_names]

    @cached_property
    def _shapes(self) -> dict[tuple[str, ...] | None, Shape]:
        return {}

    @cached_property
    def low(self) -> Matrix:
        """The least allowed number of each feature."""
        ends = [column.bounds[0] if column.bounds else None for column in self.columns]
        return np.array([-np.inf if end is None else end for end in ends])

    @cached_property
    def high(self) -> Matrix:
        """The greatest allowed number of each feature."""
        ends = [column.bounds[1] if column.bounds else None for column in self.columns]
        return np.array([np.inf if end is None else end for end in ends])

    @cached_property
    def nullable(self) -> npt.NDArray[np.bool_]:
        """Whether the contract allows nulls, of each feature."""
        return np.array([column.null_share > 0 for column in self.columns])
