"""Every landed file checked: as it was published, and none that SQL would read although no manifest vouches for it."""

from collections.abc import Sequence

from artifacts import shelf
from artifacts.errors import Damaged, Missing
from artifacts.raw import Partition, verify

REVISION_DEPTH = "SOURCE/TABLE/PERIOD/REVISION".count("/")


def verify_landed(raw: str, sources: Sequence[str] | None = None) -> list[Partition]:
    """Every landed partition of `sources`, or of all, its bytes checked; empty when nothing has landed.

    Raises `Damaged` that names the file: `publish.damaged`, `raw.unpublished`.
    """
    # Listed first: what lands meanwhile is in `landed` and no stranger.
    files = sorted(shelf.sizes(raw))
    wanted = shelf.children(raw) if sources is None else sources
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
                next_step=f"Delete the folder {folder} and land that month again.",
            )
