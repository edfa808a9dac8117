"""How many predictions each day had, from the manifests of the parts alone."""

from collections import Counter
from functools import lru_cache

from artifacts.prediction_log.parts import Key, keys, read_part, stamps_of
from artifacts.stamps import Stamp

# Some three years of a part an hour.
KEPT = 32_768


def counts(into: str, model: str) -> dict[Key, int]:
    """Compacted predictions of `model` by version and day; raises `Damaged` (`publish.damaged`)."""
    found: Counter[Key] = Counter()
    for key in keys(into, model):
        for name, stamp in stamps_of(into, key).items():
            found[key] += _count(f"{key.uri(into)}/{name}", stamp)
    return dict(found)


@lru_cache(maxsize=KEPT)
def _count(uri: str, _: Stamp) -> int:
    """Of one part; kept while the stamp is that of the part as it was read."""
    return int(read_part(uri).facts["predictions"])
