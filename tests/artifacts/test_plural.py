"""One thing is told in the singular, any other number in the plural."""

import pytest

from artifacts.plural import many


@pytest.mark.parametrize(
    ("count", "words", "told"),
    [
        (1, ("day",), "1 day"),
        (0, ("day",), "0 days"),
        (2, ("entity", "entities"), "2 entities"),
        (1, ("row has", "rows have"), "1 row has"),
    ],
)
def test_a_word_follows_its_number(count, words, told):
    assert many(count, *words) == told
