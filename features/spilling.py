"""What is said when DuckDB finds no room on a disk, or the warehouse is in another process's hands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from artifacts.errors import Unavailable
from artifacts.place_errors import no_place, why_no_place

DATABASE = "shipshape.duckdb"
_NO_ROOM_TO_SPILL = "failed to offload data block"
_LOCKED = "Could not set lock on file"


@contextmanager
def spilling(folder: Path) -> Iterator[None]:
    """Say in our words that DuckDB, which writes or spills into `folder`, found no room there while the body runs.

    Raises `Unavailable`: `publish.no_place`, or `features.warehouse_in_use`.
    """
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        refusal = no_room(folder, str(error))
        if refusal is None:
            raise
        raise refusal from error


def refuse_if_open(warehouse: Path) -> None:
    """Raise `Unavailable` (`features.warehouse_in_use`) when another program has the warehouse's file open."""
    try:
        duckdb.connect(str(warehouse / DATABASE)).close()
    except duckdb.IOException as error:
        refusal = no_room(warehouse, str(error))
        if refusal is not None:
            raise refusal from error


def no_room(folder: Path, message: str) -> Unavailable | None:
    """The refusal for DuckDB's `message` about `folder`, if it is one that trying again can help."""
    flat = " ".join(message.split()).rstrip(".")
    if _LOCKED in flat:
        return Unavailable(
            "features.warehouse_in_use",
            f"The warehouse is open in another process: {flat}.",
            next_step="Wait for it, or close the program that has it open.",
        )
    why = "no room to spill" if _NO_ROOM_TO_SPILL in flat else why_no_place(flat)
    return no_place(str(folder), f"{why} ({flat:.300})") if why else None
