"""A large shift is found in a week of 2,000 rows; how large which shift must be stands in docs/noise.md."""

import pytest

from tests.monitoring.power import rates


@pytest.mark.parametrize("name", ["number + 0.5 spreads", "category + 20 % of rows", "score times 1.5"])
def test_a_large_shift_is_found_in_every_week_of_two_thousand_rows(name: str) -> None:
    assert rates(1, (2000,), (name,)) == {name: [1.0]}
