"""A distribution as eight steps of text, for a table in Markdown."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

BLOCKS = "▁▂▃▄▅▆▇█"
BINS = 10


def charts(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    """Both distributions over the same bins: of numbers ten of equal width, of others the ten commonest values."""
    if "quantiles" in before and "quantiles" in after:
        ends = [*before["quantiles"], *after["quantiles"]]
        low, high = min(ends), max(ends)
        edges = [*(low + (high - low) * step / BINS for step in range(BINS)), high]
        return _bars(_shares(before["quantiles"], edges)), _bars(_shares(after["quantiles"], edges))
    one, two = _values(before), _values(after)
    common = sorted({*one, *two}, key=lambda key: (-one.get(key, 0.0), key))[:BINS]
    return _bars([one.get(key, 0.0) for key in common]), _bars([two.get(key, 0.0) for key in common])


def _values(summary: Mapping[str, Any]) -> Mapping[str, float]:
    if "true" in summary:
        return {"false": 1 - summary["true"], "true": summary["true"]}
    return summary.get("shares") or {}


def _shares(quantiles: Sequence[float], edges: Sequence[float]) -> list[float]:
    """The share of rows in each bin: the quantiles are equally likely, and even between one and the next."""
    found = [0.0] * (len(edges) - 1)
    for low, high in pairwise(quantiles):
        for number, (left, right) in enumerate(pairwise(edges)):
            last = number == len(found) - 1
            if low == high:
                found[number] += float(
                    left <= low < right or (last and left < low == right) or (left == right and number == 0)
                )
            else:
                found[number] += max(0.0, min(high, right) - max(low, left)) / (high - low)
    return [one / (len(quantiles) - 1) for one in found]


def _bars(shares: Sequence[float]) -> str:
    """As high as the square root of the share, so that rare values are seen beside common ones."""
    most = max(shares, default=0.0)
    heights = [(share / most) ** 0.5 if most else 0.0 for share in shares]
    return "".join(BLOCKS[round(height * (len(BLOCKS) - 1))] for height in heights)
