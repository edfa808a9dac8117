"""Why the log does not take a prediction now."""

import errno
from pathlib import Path

from artifacts.errors import Unavailable

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_ROOM = {*_FULL, errno.EFBIG}


def is_full(error: Exception) -> bool:
    """Whether the disk is full: then a segment can go on as soon as there is room, and another one could not."""
    return isinstance(error, OSError) and error.errno in _FULL


def refused(folder: Path, error: Exception) -> Unavailable:
    """The refusal for a prediction that could not be written: `log.no_room` or `log.unwritable`."""
    refusal = _why(folder, error)
    refusal.__cause__ = error
    return refusal


def closed(folder: Path, process: int) -> Unavailable:
    """The refusal of a writer that was closed, or is used in a fork of the process that made it."""
    return Unavailable(
        "log.closed",
        f"The prediction log in {folder} was closed by process {process}, or belongs to it.",
        next_step="Ask another process of the service.",
    )


def ended(folder: Path) -> Unavailable:
    """The refusal of a writer whose thread has failed."""
    return Unavailable(
        "log.ended",
        f"What writes the prediction log in {folder} has failed, and this process logs nothing any more; its log has "
        "the traceback.",
        next_step="The service ends itself, so that what supervises it starts it again; by hand: "
        "python -m serving run --model MODEL",
    )


def _why(folder: Path, error: Exception) -> Unavailable:
    why = getattr(error, "strerror", None) or repr(error)
    if getattr(error, "errno", None) in _NO_ROOM:
        return Unavailable(
            "log.no_room",
            f"The prediction log in {folder} has no room: {why}.",
            next_step="Free some space; predictions are refused until then. With a little room, finished segments, and "
            "not the one that is being written, are made smaller by: python -m serving compact",
        )
    return Unavailable(
        "log.unwritable",
        f"The prediction log in {folder} cannot be written: {why}.",
        next_step="Mend the disk, the folder or its permissions; predictions are refused until then.",
    )
