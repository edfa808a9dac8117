"""Strict JSON in, or a refusal that repeats nothing of it; never anything else."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serving.parse import parse
from serving.refused import RequestRefused, shown

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


def test_a_key_twice_is_refused_by_name_at_any_depth() -> None:
    with pytest.raises(RequestRefused) as refused:
        parse(b'{"rows": [{"hour": 1, "hour": 2}]}')
    assert (refused.value.code, refused.value.field) == ("request.key_twice", "hour")


@pytest.mark.parametrize("name", ["<script>", "\ud800", "a b", "x" * 101, "", "día"])
def test_a_name_that_is_no_plain_identifier_is_not_repeated(name: str) -> None:
    assert shown(name) == "(a name that is no identifier)"
    with pytest.raises(RequestRefused) as refused:
        parse(json.dumps({name: 1})[:-1].encode() + b", " + json.dumps(name).encode() + b": 2}")
    assert name == "" or name not in str(refused.value)
