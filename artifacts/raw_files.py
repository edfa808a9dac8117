"""Every landed file checked: as it was published, and none that SQL would read although no manifest vouches for it."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import storage
from artifacts.errors import Damaged, Missing
from artifacts.partition import CORRECTION
from artifacts.raw import Partition, verify

REVISION_DEPTH = "SOURCE/TABLE/PERIOD/REVISION".count("/")


def verify_landed(raw: str, sources: Sequence[str] | None = None) -> list[Partition]:
    """Every landed partition of `sources`, or of all, its bytes checked; empty when nothing has landed.

    Raises `Damaged` that names the file: `publish.damaged`, `raw.unpublished`.
    """
    # Listed first: what lands meanwhile is in `landed` and no stranger.
    files = sorted(storage.sizes(raw))
    wanted = storage.children(raw) if sources is None else sources
    landed = [partition for source in wanted for partition in verify(raw, source)]
    _refuse_unpublished(raw, files, wanted, {f"{partition.key}/{partition.revision}" for partition in landed})
    return landed


def verify_source(raw: str, source: str) -> list[Partition]:
    """As `verify_landed` of one source; raises `Missing` (`raw.nothing_landed`) when there is nothing to check."""
    landed = verify_landed(raw, [source])
    if not landed:
        raise Missing(
            "raw.nothing_landed",
            f"Nothing of {source} has landed in {raw}, so that there is nothing to check.",
            next_step=f"Land a month: python -m ingestion land --source {source} --month 2013-01",
        )
    return landed


def _refuse_unpublished(raw: str, files: Sequence[str], sources: Sequence[str], landed: set[str]) -> None:
    """SQL reads every SOURCE/TABLE/PERIOD/REVISION/FACT.parquet, also where no manifest vouches for it."""
    for file in files:
        folder, _, name = file.rpartition("/")
        read = folder.count("/") == REVISION_DEPTH and "/." not in folder and name.endswith(".parquet")
        if read and folder.partition("/")[0] in sources and folder not in landed:
            raise Damaged(
                "raw.unpublished",
                f"{raw}/{file} was never published, or its folder lost its manifest, yet SQL would read it.",
                next_step=f"Delete the folder {folder} and {_again(raw, folder, _facts_in(folder, files))}.",
            )


def _facts_in(folder: str, files: Sequence[str]) -> list[str]:
    inside = [file.rpartition("/") for file in sorted(files)]
    return [name.removesuffix(".parquet") for where, _, name in inside if where == folder and name.endswith(".parquet")]


def _again(raw: str, folder: str, facts: Sequence[str]) -> str:
    source, table, month, revision = folder.split("/")
    if not revision.startswith(CORRECTION):
        return "land that month again"
    given = " ".join(f"--fact {fact}=FILE.csv" for fact in facts)
    return (
        f"publish that correction again: python -m ingestion correct --source {source} --table {table} --month {month} "
        f"--known-at {_known_at(raw, folder, f'{facts[0]}.parquet')} {given}"
    )


def _known_at(raw: str, folder: str, name: str) -> str:
    """The moment that the rows of a correction have, which its name has the month of; TIME when they cannot be read."""
    try:
        rows = pq.read_table(pa.BufferReader(storage.content(f"{raw}/{folder}", name)), columns=["known_at"])
        return str(pc.min(rows["known_at"]).as_py().isoformat())
    except (pa.ArrowException, OSError, KeyError, TypeError, AttributeError):
        return "TIME"
