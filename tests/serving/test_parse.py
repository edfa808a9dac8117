"""Strict JSON in, or a refusal that repeats nothing of it; never anything else."""

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from serving.parse import parse
from serving.refused import RequestRefused

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_json_is_read_as_it_was_written_and_floats_keep_their_bits(value: Any) -> None:
    for ascii_only in (True, False):
        assert parse(json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")) == value


@given(st.binary())
@example(b"\xff")
@example(b"")
@example(b"\xef\xbb\xbf{}")
@example(b"[" * 100_000)
@example(b"1" * 5_000)
@example(b'{"a": {"a": 1, "a": 2}}')
def test_any_bytes_are_read_or_refused_with_400(body: bytes) -> None:
    try:
        parse(body)
    except RequestRefused as refused:
        assert refused.status == 400


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"[\xff]", "byte 1 is no UTF-8"), (b"[1,]", "at character 3"), (b"1" * 5_000, "too many digits")],
)
def test_a_refusal_says_where_and_why(body: bytes, why: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        parse(body)
    assert why in str(refused.value)


def test_a_key_twice_is_refused_by_its_places_at_any_depth() -> None:
    with pytest.raises(RequestRefused, match="Fields 1 and 2 of an object, counted from 0,") as refused:
        parse(b'{"rows": [{"place": 1, "hour": 1, "hour": 2}]}')
    assert refused.value.code == "request.key_twice"


def test_a_key_twice_among_very_many_is_found_at_once() -> None:
    many = ",".join(f'"{number}":1' for number in range(60_000))
    before = time.process_time()
    with pytest.raises(RequestRefused, match="Fields 59999 and 60000 "):
        parse(f'{{{many},"59999":2}}'.encode())
    assert time.process_time() - before < 5


@pytest.mark.parametrize("name", ["<script>", "\ud800", "a b", "x" * 101, "", "día", "ssn_123456789"])
def test_a_name_that_was_sent_is_not_repeated(name: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        parse(json.dumps({name: 1})[:-1].encode() + b", " + json.dumps(name).encode() + b": 2}")
    assert name == "" or name not in str(refused.value)


def strictly(body: bytes) -> object:
    """What Python's own parser says, or the code of the refusal."""
    try:
        return repr(json.loads(body.decode(), object_pairs_hook=no_key_twice))
    except RequestRefused as refused:
        return refused.code
    except (ValueError, RecursionError):
        return "request.not_json"


def no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise RequestRefused("request.key_twice", "")
    return dict(pairs)


def parsed(body: bytes) -> object:
    try:
        return repr(parse(body))
    except RequestRefused as refused:
        return refused.code


KEYS = st.sampled_from(['"a"', '"b"', '"a" ', '"a\\t"', '":"', '"\\u0061"', '"a:b"', '" :"', "'a'", "1", '"a"\n'])
SCALARS = st.sampled_from(
    [
        "1",
        "1.5",
        "-0",
        "01",
        "1e999",
        "NaN",
        "-Infinity",
        "null",
        "true",
        '":"',
        '"a:b"',
        '"\\ud800"',
        '""',
        "nul",
        "[[]]",
    ]
) | st.floats().map(json.dumps)
TEXTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]")
        | st.lists(st.tuples(KEYS, st.sampled_from([":", " :", "\n: "]), inner), max_size=3).map(
            lambda found: "{" + ",".join(map("".join, found)) + "}"
        )
    ),
    max_leaves=8,
)


@given(body=TEXTS.map(str.encode) | st.binary(max_size=20))
@settings(max_examples=1000, deadline=None)
def test_whatever_the_body_it_is_read_as_pythons_own_parser_reads_it_and_no_key_twice(body: bytes) -> None:
    assert parsed(body) == strictly(body)


def test_a_key_twice_is_found_wherever_it_hides() -> None:
    for body in (
        b'{"a":1,"a":1}',
        b'{"a" :1,"a":1}',
        b'{"a":{"b":1,"b":"\\":"}}',
        b'{"a":":","a":1}',
        b'{"x":[{"a":1,"a":1}]}',
    ):
        assert parsed(body) == "request.key_twice"
