"""What asset events name: each is to say what it announces, also one that a person made."""

from collections.abc import Mapping, Sequence
from typing import Any

from artifacts.errors import BadInput


def named_in(announced: Sequence[Mapping[str, Any] | None], key: str) -> list[str]:
    """The sorted, different texts under `key` of the events' extras; raises `BadInput` (`train.event_incomplete`)."""
    names = [(extra or {}).get(key) for extra in announced]
    for extra, name in zip(announced, names, strict=True):
        if not isinstance(name, str) or not name:
            raise BadInput(
                "train.event_incomplete",
                f"An asset event names no {key}: its extra has {', '.join(sorted(extra or {})) or 'nothing'}.",
                next_step=f"Trigger this DAG with its parameter {key} instead, or make the event with it.",
            )
    return sorted({str(name) for name in names})
