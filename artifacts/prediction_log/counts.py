"""How many predictions each day had, from the manifests of the parts alone."""

from collections import Counter
from functools import lru_cache

from artifacts.prediction_log.part import Key, read_part
from artifacts.prediction_log.parts import keys, parts, stamps_of
from artifacts.prediction_log.published_list import listed, refuse_gone, refuse_list_gone
from artifacts.prediction_log.reading import segments_of
from artifacts.prediction_log.tables import Log
from artifacts.stamps import Stamp

# Some three years of a part an hour.
KEPT = 32_768


def counts(log: Log) -> dict[Key, int]:
    """Compacted predictions of the model by version and day.

    Raises `Damaged` (`publish.damaged`, `log.part_gone`, `log.list_gone`, `log.damaged`): what is gone is no quiet day.
    """
    segments = {path.stem for path in segments_of(log.folder)}
    refuse_list_gone(log.folder, log.into, segments)
    missing = listed(log.folder, log.model)
    found: Counter[Key] = Counter()
    for key in keys(log.into, log.model):
        for name, stamp in stamps_of(log.into, key).items():
            found[key] += _count(f"{key.uri(log.into)}/{name}", stamp)
            missing.discard((key, name))
    if missing:
        # Most often its segments are in a part that took its place.
        refuse_gone(log.folder, log.into, parts(log.into, model=log.model), segments, log.model)
    return dict(found)


@lru_cache(maxsize=KEPT)
def _count(uri: str, _: Stamp) -> int:
    """Of one part; kept while the stamp is that of the part as it was read."""
    return int(read_part(uri).facts["predictions"])
