"""How a prediction log is written: when an answer is durable, and when a segment is full."""

from typing import Literal

from pydantic import Field

from artifacts.settings import Settings

Durability = Literal["each", "interval"]


class LogSettings(Settings):
    """Read by whoever writes the log, under its own prefix.

    `durability` `each`: a prediction is on the disk before its answer is sent. `interval`: it is with the operating
    system, and on the disk within `sync_seconds`; the predictions that were answered in these last seconds are lost in
    a power cut, none when the process is killed. A segment is sealed after `segment_bytes` or `segment_seconds`,
    whichever comes first; only then is it compacted, so these bound how far behind the Parquet files are.
    """

    durability: Durability = "each"
    sync_seconds: float = Field(default=1.0, ge=0.001, le=60)
    segment_bytes: int = Field(default=64 * 2**20, ge=4096, le=4 * 2**30)
    segment_seconds: float = Field(default=3600.0, ge=1, le=86_400)
