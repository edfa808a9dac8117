"""What a room notes of its work while it works: kept when a task of a DAG run asked for it, else forgotten."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Notes = dict[str, Mapping[str, Any]]

_NOTES: ContextVar[Notes | None] = ContextVar("run_evidence", default=None)


def note(kind: str, facts: Mapping[str, Any]) -> None:
    """Note `facts`, small and as JSON, under `kind`; the last note of a kind counts. On the command line: nothing."""
    notes = _NOTES.get()
    if notes is not None:
        notes[kind] = facts


@contextmanager
def collecting() -> Iterator[Notes]:
    """Collect what the body notes."""
    notes: Notes = {}
    token = _NOTES.set(notes)
    try:
        yield notes
    finally:
        _NOTES.reset(token)
