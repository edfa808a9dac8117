"""How many predictions each day had, from the manifests of the parts alone."""

from collections import Counter
from functools import lru_cache

from artifacts.prediction_log.parts import Key, keys, names_of, read_part

# Some three years of a part an hour.
KEPT = 32_768


def counts(into: str, model: str) -> dict[Key, int]:
    """Compacted predictions of `model` by version and day; raises `Damaged` (`publish.damaged`)."""
    found: Counter[Key] = Counter()
    for key in keys(into, model):
        for name in names_of(into, key):
            found[key] += _count(f"{key.uri(into)}/{name}")
    return dict(found)


@lru_cache(maxsize=KEPT)
def _count(uri: str) -> int:
    """Of one part; kept, since a part never changes under its name."""
    return int(read_part(uri).facts["predictions"])
