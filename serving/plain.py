"""Reads plain requests at once: rows that are just as the contract has them, with nothing odd; `request` reads others.

What is taken here `request` would take too, with the same rows; whatever is not is left to it, which says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from artifacts.column import Column
from serving.plain_orders import Orders, Values
from serving.plain_types import Decoder, decoder_of, objects_of, split_type
from serving.refused import RequestRefused
from serving.values import check_type, decimals, is_decimal, naive


@dataclass(frozen=True, slots=True)
class Plain:
    """Rows without a flag: the features in the model's order, as they are logged, and the keys where they are given."""

    rows: Sequence[Values]
    key_names: tuple[str, ...] | None = None
    keys: Sequence[Values] = ()


class PlainReader:
    """Reads requests for one version: its `features` in the model's order, and their categories by name."""

    def __init__(
        self, features: Sequence[Column], keys: Sequence[Column], categories: Mapping[str, Sequence[str]]
    ) -> None:
        self._features, self._keys = list(features), list(keys)
        known = {at: frozenset(categories[one.name]) for at, one in enumerate(features) if one.name in categories}
        self._known = list(known.items())
        # Where no text that is there has one, there is none to count.
        self._colons = [at for at, there in known.items() if any(":" in text for text in there)]
        self._may_be_all_null = all(column.null_share > 0 for column in features)
        self._decimals = [(at, one) for at, one in enumerate(features) if is_decimal(one)]
        rows = objects_of(features, keys)
        self._of_request = decoder_of(rows=rows, contributions=bool | UnsetType)
        self._of_records = decoder_of(dataframe_records=rows)
        self._of_split = decoder_of(dataframe_split=split_type())
        self._orders = Orders(features, keys)

    def request(self, body: bytes) -> Plain | None:
        """The rows of the service's own form, without contributions; None when they are not plain."""
        asked = _decoded(self._of_request, body)
        if asked is None or asked.contributions is True:
            return None
        return self._of_objects(body, asked.rows, 1 if asked.contributions is UNSET else 2)

    def invocation(self, body: bytes) -> Plain | None:
        """The rows of MLflow's forms; None when they are not plain."""
        asked = _decoded(self._of_split, body)
        if asked is not None:
            return self._of_lists(body, asked.dataframe_split)
        asked = _decoded(self._of_records, body)
        return None if asked is None else self._of_objects(body, asked.dataframe_records, 1)

    def _of_objects(self, body: bytes, objects: Sequence[Any], keys_around: int) -> Plain | None:
        rows = [msgspec.structs.astuple(one) for one in objects]
        count = len(self._features)
        if not rows or rows[0][count:].count(UNSET) == len(self._keys):
            return self._checked(body, [row[:count] for row in rows], [], [], keys_around)
        given = [at for at in range(count, count + len(self._keys)) if rows[0][at] is not UNSET]
        keys = [tuple(row[at] for at in given) for row in rows]
        return self._checked(
            body, [row[:count] for row in rows], [self._keys[at - count] for at in given], keys, keys_around
        )

    def _of_lists(self, body: bytes, split: Any) -> Plain | None:
        order = self._orders.of(tuple(split.columns))
        found = None if order is None else _decoded(order.rows, split.data)
        if order is None or found is None:
            return None
        if split.index is not UNSET and len(split.index) != len(found):
            return None
        lists = [msgspec.structs.astuple(one) for one in found]
        rows = [order.features_of(one) for one in lists]
        keys = [order.keys_of(one) for one in lists] if order.keys else []
        # No row has a key of JSON in it.
        around = (3 if split.index is UNSET else 4) - len(rows) * (len(self._features) + len(order.keys))
        return self._checked(body, rows, order.keys, keys, around)

    def _checked(
        self, body: bytes, rows: Sequence[Values], key_columns: Sequence[Column], keys: Sequence[Values], around: int
    ) -> Plain | None:
        """The rows; None for an unseen category, a row of nulls, or a key that is there twice, or in some rows only."""
        count = len(self._features)
        if not rows or (self._may_be_all_null and any(row.count(None) == count for row in rows)):
            return None
        if any(not {row[at] for row in rows} - {None} <= known for at, known in self._known):
            return None
        texts = [row[at] or "" for at in self._colons for row in rows]
        texts += [value for of_row in keys for value in of_row if type(value) is str]
        # The parser keeps the last of two equal keys. Every key has a colon, and so has many a text; a text that spells
        # one otherwise has a backslash.
        colons = around + len(rows) * (count + len(key_columns)) + "".join(texts).count(":")
        if b"\\" in body or body.count(b":") != colons:
            return None
        try:
            of_keys = [_key(column, [row[at] for row in keys]) for at, column in enumerate(key_columns)]
            for at, column in self._decimals:
                decimals(column, [row[at] for row in rows])
        except RequestRefused:
            return None
        names = tuple(column.name for column in key_columns) or None
        return Plain(self._logged(rows), names, list(zip(*of_keys, strict=True)))

    def _logged(self, rows: Sequence[Values]) -> Sequence[Values]:
        if not self._decimals:
            return rows
        places = {at for at, _ in self._decimals}
        return [tuple(float(v) if at in places and v is not None else v for at, v in enumerate(row)) for row in rows]


def _key(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """A key's values as they are logged; a row that lacks it has none of its type."""
    check_type(column, values, nulls=False)
    return naive(column, values)


def _decoded(decoder: Decoder, body: bytes | msgspec.Raw) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
