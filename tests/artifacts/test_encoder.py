"""A row given as Python values becomes the very numbers that the same row in a table becomes."""

from decimal import Decimal

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from artifacts.encoder import Encoder
from tests.fixtures_training_set import make_contract

CONTRACT = make_contract()
FEATURES = CONTRACT.features
ENCODER = Encoder({column.name: column.type for column in FEATURES}, {"place": ("harbour", "hill")})
VALUES = {
    "integer": st.integers(-(2**31), 2**31 - 1),
    "double": st.floats(-3.4e38, 3.4e38),
    "decimal(9,3)": st.integers(-(10**9) + 1, 10**9 - 1).map(lambda thousandths: Decimal(thousandths).scaleb(-3)),
    "boolean": st.booleans(),
    "varchar": st.sampled_from(["harbour", "hill", "moon", ""]),
}
ROWS = st.lists(st.tuples(*(st.none() | VALUES[column.type] for column in FEATURES)), min_size=1, max_size=20)


@given(ROWS)
def test_python_values_and_arrow_columns_become_the_same_bits(rows: list[tuple[object, ...]]) -> None:
    columns = dict(zip(ENCODER.names, map(list, zip(*rows, strict=True)), strict=True))
    batch = pa.record_batch({column.name: pa.array(columns[column.name], column.arrow) for column in FEATURES})
    assert ENCODER.numbers(columns).astype("float32").tobytes() == ENCODER.matrix(batch).tobytes()
