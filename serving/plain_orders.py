"""The orders of columns that callers send lists of values in, each with what reads a row of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import msgspec

from artifacts.column import Column
from serving.plain_types import Decoder, lists_of

# So many are remembered: a caller sends its frames in the order that it has.
ORDERS = 8
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An order of columns: what reads its rows, the keys that it has, and what takes features and keys out of a row."""

    rows: Decoder
    keys: Sequence[Column]
    features_of: Callable[[Values], Values]
    keys_of: Callable[[Values], Values]


class Orders:
    """Safe for several threads; `features` are in the model's order."""

    def __init__(self, features: Sequence[Column], keys: Sequence[Column]) -> None:
        self._features = [column.name for column in features]
        self._columns = {column.name: column for column in (*features, *keys)}
        self._keys = list(keys)
        self._known: dict[Values, Order] = {}

    def of(self, names: Values) -> Order | None:
        """The order of these columns; None unless they are every feature, and of the keys some, each once."""
        order = self._known.get(names)
        if order is not None:
            return order
        if len(set(names)) < len(names) or not set(self._features) <= set(names) <= set(self._columns):
            return None
        keys = [column for column in self._keys if column.name in names]
        order = Order(
            msgspec.json.Decoder(lists_of([self._columns[name] for name in names])),
            keys,
            _taker([names.index(name) for name in self._features], len(names)),
            _taker([names.index(column.name) for column in keys], len(names)),
        )
        if len(self._known) >= ORDERS:
            self._known.clear()
        self._known[names] = order
        return order


def _taker(places: Sequence[int], width: int) -> Callable[[Values], Values]:
    """What takes the values at `places` out of a row of `width`, in that order."""
    if list(places) == list(range(width)):
        return tuple
    return itemgetter(*places) if len(places) > 1 else lambda row: tuple(row[at] for at in places)
