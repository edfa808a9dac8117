"""Make a backup: one published folder of dumps and copies, with the sha256 of every file in its manifest."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.code import read_code
from artifacts.errors import BadInput, Conflict
from artifacts.lost import refuse_lost
from artifacts.places import Places
from artifacts.publish import Published, check_name, publish
from ops.backup import databases
from ops.backup.copying import copy_out, files
from ops.backup.nothing import refuse_nothing
from ops.backup.places import NEVER_GO, Sources, sources

KIND = "backup"


def make_backup(places: Places, folder: Path) -> Published:
    """Publish a backup of these places at `folder`, for its owner alone, while everything runs on.

    A failure, or a kill at any moment, leaves nothing that is taken for a backup. Raises `Conflict` (`backup.exists`,
    `backup.inside`), `Missing` (`home.empty`), `Unavailable` (`backup.file_failed`), and what `refuse_lost`, databases
    and stores do.
    """
    wanted, folder = sources(places), folder.absolute()
    check_name(folder.name, "name of a backup's folder")
    if folder.exists():
        raise Conflict("backup.exists", f"{folder} is there already.", next_step="Name a folder that is not.")
    inside = next((place for place in (str(places.home), *wanted.places.values()) if _holds(place, folder)), None)
    if inside is not None:
        raise Conflict(
            "backup.inside",
            f"{folder} lies in {inside}, which the next backup would copy with it, and a lost disk would take too.",
            next_step="Name a folder elsewhere, best on another disk.",
        )
    refuse_nothing(wanted)
    refuse_lost(places)
    try:
        return publish(str(folder), KIND, lambda draft: _fill(draft, wanted))
    except BadInput as refusal:
        if refusal.code == "place.invalid" and refusal.message.startswith(str(folder)):
            step = "Name a folder elsewhere: make backup TO=FOLDER"
            raise BadInput(refusal.code, refusal.message, next_step=step) from refusal
        raise


def _fill(draft: Path, wanted: Sources) -> Mapping[str, Any]:
    # The dumps hold connections and the home holds keys.
    draft.chmod(0o700)
    (draft / "databases").mkdir()
    dumped = {}
    for name, url in wanted.databases.items():
        cli.say(f"dumping {name}")
        dumped[name] = databases.dump(url, draft / "databases", name)
    copied = {}
    for name, place in wanted.places.items():
        cli.say(f"copying {name}")
        there = files(place)
        # Compaction removes segments whose rows are in a part by then.
        copied[name] = copy_out(place, there, draft / "places" / name, there if name == "predictions" else ())
    rest = files(str(wanted.home), wanted.left_out)
    copied["home"] = copy_out(str(wanted.home), rest, draft / "home", frozenset(rest) - NEVER_GO)
    return {
        "made_at": datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds"),
        "commit": read_code().commit,
        "databases": dumped,
        "places": dict(wanted.places),
        "files": copied,
    }


def _holds(place: str, folder: Path) -> bool:
    return "://" not in place and folder.is_relative_to(Path(place).absolute())
