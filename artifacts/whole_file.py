"""One small text file that is written over: a reader, and whoever looks after a kill, finds it whole or as it was."""

import os
import uuid
from pathlib import Path

FOR_ALL, FOR_ITS_OWNER = 0o666, 0o600


def write_whole(path: Path, text: str, mode: int = FOR_ALL) -> None:
    """Put `text` at `path` in one step, on the disk before it is there; makes the folder.

    `mode` is that of the file, less the process's umask, from its first byte on. What fails leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
