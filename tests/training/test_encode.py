"""A category has one code for ever; what was never seen is missing."""

import json
import math

import pyarrow as pa
import pytest

from artifacts.encoder import Encoder, read_encoder
from artifacts.errors import BadInput, Damaged
from tests.fixtures_training_set import make_contract
from training.encode import learn_encoder

CONTRACT = make_contract()
COLUMNS = tuple(CONTRACT.column(name) for name in ("place", "hour"))


def batch(place: list[str | None], hour: list[int | None]) -> pa.RecordBatch:
    return pa.record_batch({"hour": pa.array(hour, pa.int32()), "place": pa.array(place, pa.string())})


def encoded(encoder: Encoder, place: str | None) -> float:
    return float(encoder.matrix(batch([place], [1]))[0, 0])


def test_categories_are_sorted_whatever_the_order_in_which_they_came():
    one = learn_encoder(COLUMNS, [batch(["b", "a"], [1, 2]), batch(["c", None], [3, 4])])
    other = learn_encoder(COLUMNS, [batch(["c", "b", "a"], [1, 2, 3])])
    assert one == other == Encoder({"place": "varchar", "hour": "integer"}, {"place": ("a", "b", "c")})
    assert [encoded(one, place) for place in "abc"] == [0, 1, 2]


def test_an_unseen_category_and_a_null_are_missing():
    encoder = learn_encoder(COLUMNS, [batch(["b", "a"], [1, 2])])
    assert math.isnan(encoded(encoder, "z"))
    assert math.isnan(encoded(encoder, None))


def test_columns_are_taken_by_name_and_numbers_keep_their_value():
    encoder = learn_encoder(COLUMNS, [batch(["a"], [7])])
    assert encoder.matrix(batch(["a", "a"], [7, None]))[0].tolist() == [0, 7]
    assert math.isnan(encoder.matrix(batch(["a"], [None]))[0, 1])
    assert encoder.feature_types == ["c", "q"]


def test_what_is_written_is_read_back_and_anything_else_is_damaged(tmp_path):
    encoder = learn_encoder(COLUMNS, [batch(["b", "a"], [1, 2])])
    (tmp_path / "model").mkdir()
    encoder.write(tmp_path)
    path = tmp_path / "model" / "categories.json"
    assert read_encoder(path) == encoder
    for other in ("[]", "{", json.dumps({"types": {}})):
        path.write_text(other)
        with pytest.raises(Damaged):
            read_encoder(path)


def test_a_set_without_a_feature_or_with_another_type_is_refused():
    Encoder({"hour": "integer"}, {}).check(CONTRACT)
    for types in ({"hour": "double"}, {"gone": "double"}, {"is_late": "boolean"}):
        with pytest.raises(BadInput) as refused:
            Encoder(types, {}).check(CONTRACT)
        assert refused.value.code == "encode.column_changed"
