"""What a compaction did."""

from dataclasses import dataclass, field


@dataclass
class Compacted:
    """What a compaction did: URIs of parts to tell of, predictions that it published, segments removed, and left.

    `parts` it published itself, or an earlier one did that failed and told nobody, or that had to leave the segments
    there: those may be told twice. `left` segments are published and
    stay until nobody reads the log; `torn_tails` were cut off.
    """

    parts: list[str] = field(default_factory=list)
    predictions: int = 0
    removed: int = 0
    left: int = 0
    torn_tails: int = 0
