"""The short way takes plain requests only, and comes to what the long way comes to, bit for bit."""

import json
import struct
from datetime import datetime
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from artifacts.encoder import Encoder
from serving.fresh import Fresh
from serving.loaded import LoadedVersion
from serving.plain import Plain, PlainReader
from serving.plain_orders import ORDERS
from serving.policy import Policy, judge_rows
from serving.predict import logged_rows
from serving.refused import RequestRefused
from serving.request import Asked, read_invocation, read_request
from serving.rows import numbers_of
from tests.fixtures_training_set import PLACES, make_contract
from tests.serving.world import GOOD as BOUNDED

OPEN = {"type": "double", "role": "feature", "description": "No bound, or one.", "unit": "none"}
CONTRACT = make_contract(
    columns=[
        *make_contract().to_dict()["columns"],
        {**OPEN, "name": "reach", "bounds": [None, None], "null_share": 0.1},
        {**OPEN, "name": "depth", "bounds": [0, None]},
    ]
)
GOOD = {**BOUNDED, "reach": -1.5, "depth": 2.0}
TYPES = {column.name: column.type for column in CONTRACT.features}
VERSION = LoadedVersion(
    "toy", 1, "run", "0" * 64, "toy/1", CONTRACT, Encoder(TYPES, {"place": PLACES}), cast(Any, None)
)
ABOUT = {"entity_id": "e:1", "observed_at": "2013-03-01T06:00:00"}
ROW = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in GOOD.items())


def long_way(body: bytes) -> tuple[Asked, Any] | str:
    """What `request` reads, with the flags of its rows; or the code of the refusal."""
    try:
        if b"dataframe_" in body:
            asked = read_invocation(VERSION, body, 1000)
        else:
            asked = read_request(VERSION, body, 1000, cast(Fresh, None), 1)
        return asked, judge_rows(VERSION, asked.rows, Policy())
    except RequestRefused as refusal:
        return refusal.code


def short_way(body: bytes) -> Plain | None:
    return VERSION.plain.invocation(body) if b"dataframe_" in body else VERSION.plain.request(body)


def hold_alike(body: bytes) -> Plain | None:
    """What the short way reads, held against the long way unless it is nothing."""
    plain = short_way(body)
    if plain is None:
        return None
    found = long_way(body)
    assert not isinstance(found, str), f"the long way refuses it: {found}"
    asked, flags = found
    assert (asked.contributions, asked.looked_up, set(flags)) == (False, None, {()})
    columns = dict(zip(VERSION.encoder.names, zip(*plain.rows, strict=True), strict=True))
    assert bits(numbers_of(VERSION, columns)) == bits(asked.rows.numbers)
    assert repr([list(row) for row in plain.rows]) == repr([list(row) for row in logged_rows(VERSION, asked.rows)])
    keys = [dict(zip(plain.key_names, row, strict=True)) for row in plain.keys] if plain.key_names else [{}]
    assert keys == list(asked.rows.keys) or (keys == [{}] and not any(asked.rows.keys))
    return plain


def bits(numbers: Any) -> list[bytes]:
    return [struct.pack("<f", value) for value in np.asarray(numbers, dtype=np.float32).ravel()]


def split(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"dataframe_split": {"columns": [*rows[0]], "data": [[*row.values()] for row in rows], **more}}


@pytest.mark.parametrize(
    "asked",
    [
        {"rows": [GOOD]},
        {"rows": [GOOD, {**GOOD, "delay_mean": None}], "contributions": False},
        {"rows": [{**GOOD, **ABOUT}, {**GOOD, **ABOUT}]},
        {"rows": [{**ABOUT, **dict(reversed(GOOD.items()))}]},
        {"dataframe_records": [GOOD, GOOD]},
        split(GOOD, {**GOOD, "delay_mean": None}),
        split({**dict(reversed(GOOD.items())), **ABOUT}, index=[5]),
    ],
)
def test_what_is_plain_is_read_at_once(asked: dict[str, Any]) -> None:
    for text in (json.dumps(asked), json.dumps(asked, separators=(",", ":")), json.dumps(asked, indent=1)):
        assert hold_alike(text.encode()) is not None


@pytest.mark.parametrize(
    "body",
    [
        '{"rows": [{ROW, "hour": 7}]}',
        '{"rows": [{ROW}], "rows": [{ROW}]}',
        '{"rows": [{ROW, "entity_id": "a:b", "entity_id": "ab"}]}',
        '{"rows": [{ROW, "entity_id": "a\\u003ab", "hour": 7}]}',
        '{"rows": [{ROW, "entity_id": "a"}, {ROW}]}',
        '{"rows": [{ROW}, {ROW, "entity_id": "a"}]}',
        '{"rows": [{ROW, "observed_at": "2013-03-01T06:00:00+01:00"}]}',
        '{"rows": [{ROW}], "contributions": true}',
        '{"rows": []}',
        '{"rows": [{ROW}]} x',
        '{"dataframe_split": {"columns": ["hour", "hour"], "data": [[1, 2]]}}',
        '{"dataframe_split": {"columns": [], "data": []}}',
    ],
)
def test_what_may_not_be_plain_goes_the_long_way(body: str) -> None:
    assert short_way(body.replace("ROW", ROW).encode()) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hour", "7"),
        ("hour", 24),
        ("hour", True),
        ("hour", None),
        ("load", 0.0001),
        ("load", 101),
        ("load", "1"),
        ("place", "moon"),
        ("place", None),
        ("delay_mean", float("nan")),
        ("delay_mean", 1e30),
        ("is_holiday", 1),
        ("more", 1),
    ],
)
def test_what_is_odd_or_wrong_goes_the_long_way(name: str, value: Any) -> None:
    for asked in ({"rows": [{**GOOD, name: value}]}, split({**GOOD, name: value})):
        assert short_way(json.dumps(asked).encode()) is None


LARGEST = 2**128 - 2**104
WIDE = (
    st.sampled_from([2**53 + 1, 2**63, 2**64, 10**25, LARGEST, LARGEST + 1, 2**128 - 1, 2**128, 10**309])
    | st.integers(2**62, 2**129)
    | st.integers(-(2**129), -(2**62))
).map(str)
NUMBERS = st.sampled_from(["7", "7.0", "-0", "-0.0", "1e1", "12.125", "1e-400", "99.9995", "1E2", "23", "0", "01"]) | (
    st.floats(-60, 100).map(repr) | st.integers(-1, 24).map(str) | st.floats(0, 23).map(lambda x: f"{x:.3f}")
)
OTHERS = st.sampled_from(["null", "true", "false", '"hill"', '"mar\\u006bet"', '"moon"', "NaN", "[]", '"7"', '""'])
NAMES = st.sampled_from([*GOOD, *ABOUT])
KEYS = st.sampled_from(['"e1"', '"a:b"', '"\\t"', '"2013-03-01T06:00:00"', '"2013-03-01 06:00"', "5", "null"])


@given(
    odd=st.lists(st.tuples(NAMES, NUMBERS | WIDE | OTHERS | KEYS), max_size=3),
    twice=st.booleans(),
    form=st.sampled_from(["rows", "records", "split"]),
)
@example(odd=[("delay_mean", "-0")], twice=False, form="rows")
@example(odd=[("reach", str(2**63))], twice=False, form="rows")
@example(odd=[("reach", str(-(10**25))), ("depth", str(LARGEST + 1))], twice=False, form="split")
@settings(max_examples=600, deadline=None)
def test_whatever_is_taken_the_long_way_reads_alike(odd: list[tuple[str, str]], twice: bool, form: str) -> None:
    fields = [(name, json.dumps(value)) for name, value in GOOD.items()]
    changed = dict(odd)
    if not twice:
        fields = [(name, text) for name, text in fields if name not in changed]
    fields += odd if twice else list(changed.items())
    inner = ", ".join(f'"{name}": {text}' for name, text in fields)
    names, values = ", ".join(f'"{name}"' for name, _ in fields), ", ".join(text for _, text in fields)
    body = {
        "rows": f'{{"rows": [{{{inner}}}, {{{ROW}}}]}}',
        "records": f'{{"dataframe_records": [{{{inner}}}]}}',
        "split": f'{{"dataframe_split": {{"columns": [{names}], "data": [[{values}]]}}}}',
    }[form]
    hold_alike(body.encode())
    if not odd:
        assert short_way(body.encode()) is not None


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**25, LARGEST])
def test_a_whole_number_beyond_64_bits_is_a_double_by_both_ways(number: int) -> None:
    plain = hold_alike(json.dumps({"rows": [{**GOOD, "reach": number}, GOOD]}).encode())
    assert plain is not None and plain.rows[0][-2] == float(number)


@pytest.mark.parametrize("number", [2**128, -(2**128), 10**309])
def test_a_whole_number_that_no_single_precision_holds_is_refused_by_both_ways(number: int) -> None:
    body = json.dumps({"rows": [{**GOOD, "reach": number}]}).encode()
    assert (short_way(body), long_way(body)) == (None, "request.field_type")


def test_a_time_is_logged_as_naive_utc() -> None:
    plain = short_way(json.dumps({"rows": [{**GOOD, **ABOUT}]}).encode())
    assert plain is not None
    assert (plain.key_names, plain.keys) == (("entity_id", "observed_at"), [("e:1", datetime(2013, 3, 1, 6))])


def test_only_so_many_orders_of_columns_are_remembered() -> None:
    reader, names = PlainReader(VERSION.columns, VERSION.keys, VERSION.encoder.categories), [*GOOD]
    for turn in range(20):
        order = names[turn % 8 :] + names[: turn % 8]
        order = order[:2][:: 1 if turn < 8 else -1] + order[2:]
        body = json.dumps(split({name: GOOD[name] for name in order})).encode()
        plain = reader.invocation(body)
        assert plain is not None and plain.rows == [tuple(GOOD.values())]
        assert len(reader._orders._known) <= ORDERS
