"""Whether two predictions have one id, however many there are: ids beyond a million go to temporary files."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np

from artifacts.errors import Damaged
from artifacts.leftovers import temporary_folder
from artifacts.prediction_log.frames import RESTORE

_HELD = 1_000_000
_FILES = 64
_ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("place", "<u4"), ("offset", "<u8")])


class Twice:
    """Takes ids with where they were read; `check` names the first two places that share one. Holds up to 28 MB."""

    def __init__(self, held: int = _HELD) -> None:
        self._entries = np.empty(held, _ENTRY)
        self._count = 0
        self._places: dict[str, int] = {}
        self._spill: Path | None = None
        self._end = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()

    def add(self, prediction_id: str, place: str, offset: int) -> None:
        """A prediction (32 hex digits) was read in `place`, at byte or row `offset`."""
        if self._count == len(self._entries):
            self._spill_all()
        number = self._places.setdefault(place, len(self._places))
        self._entries[self._count] = int(prediction_id[:16], 16), int(prediction_id[16:], 16), number, offset
        self._count += 1

    def check(self) -> None:
        """Raise `Damaged` when any id was added twice: `log.damaged` in one place, `log.duplicate_ids` in two."""
        for entries in self._groups():
            entries.sort(order=["high", "low", "place", "offset"])
            same = (entries["high"][1:] == entries["high"][:-1]) & (entries["low"][1:] == entries["low"][:-1])
            if same.any():
                at = int(np.flatnonzero(same)[0])
                raise self._found(entries[at], entries[at + 1])

    def _groups(self) -> Iterator[Any]:
        """The entries so divided that those of one id are together."""
        if self._spill is None:
            yield self._entries[: self._count]
            return
        self._spill_all()
        for path in sorted(self._spill.iterdir()):
            yield np.fromfile(path, _ENTRY)

    def _spill_all(self) -> None:
        if self._spill is None:
            self._spill = self._end.enter_context(temporary_folder("prediction-ids"))
        entries = self._entries[: self._count]
        files = entries["high"] % _FILES
        for number in range(_FILES):
            with (self._spill / f"{number:02}").open("ab") as stream:
                stream.write(entries[files == number].tobytes())
        self._count = 0

    def _found(self, one: Any, other: Any) -> Damaged:
        names = list(self._places)
        first, second = (f"{names[entry['place']]} at {entry['offset']}" for entry in (one, other))
        said = f"Two predictions have the id {int(one['high']):016x}{int(one['low']):016x}: {first} and {second}."
        if one["place"] == other["place"]:
            # Nothing was copied: moving it away would lose what else it holds.
            return Damaged("log.damaged", said, next_step=RESTORE)
        return Damaged(
            "log.duplicate_ids", said, next_step="Move the one of both that is a copy out of the log, with its seal."
        )
