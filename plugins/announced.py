"""What the asset events that started a DAG run announce, without those that were answered before."""

from collections.abc import Mapping, Sequence
from typing import Any

ANSWERED = "answered_in_replay"


def announced(triggering: Mapping[Any, Sequence[Any]] | None, asset: Any) -> list[Mapping[str, Any] | None]:
    """The extra of each event of `asset` in `triggering_asset_events`, but for those that a replay answered itself.

    Airflow gives a DAG run all events since the DAG's last that assets triggered, whether or not they are in its queue.
    """
    extras = [event.extra for event in (triggering or {}).get(asset, [])]
    return [extra for extra in extras if ANSWERED not in (extra or {})]
