"""Parts whose segments are gone, of a compaction that failed afterwards: the next one that ends well tells of them."""

from collections.abc import Iterable
from pathlib import Path

from artifacts.whole_file import write_whole

LIST = "untold-parts"


def keep(folder: Path, into: str, parts: Iterable[str]) -> None:
    """Have the URIs of these parts under `into` on the disk, in the log `folder`, in place of those kept before."""
    write_whole(folder / LIST, "".join(f"{uri.removeprefix(into + '/')}\n" for uri in parts))


def kept(folder: Path, into: str) -> list[str]:
    """The URIs that were kept."""
    try:
        return [f"{into}/{name}" for name in (folder / LIST).read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return []


def forget(folder: Path) -> None:
    """Keep none; a kill right before is told as it was kept, a second time."""
    (folder / LIST).unlink(missing_ok=True)
