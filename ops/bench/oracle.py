"""The environment of Evidently, made from a lock file of its own: it does not start with the product's pandas."""

import subprocess
from pathlib import Path

from filelock import FileLock

from artifacts.places import REPOSITORY

LOCK = REPOSITORY / "requirements-oracle.txt"
FOLDER = REPOSITORY / ".venv-oracle"
# Evidently reports its use over the network unless this is set.
ENVIRON = {"DO_NOT_TRACK": "1"}


def oracle_python() -> str:
    """The interpreter that has Evidently; its environment is made anew when the lock file is another one."""
    stamp, python = FOLDER / "made-from.txt", FOLDER / "bin" / "python"
    with FileLock(REPOSITORY / ".venv-oracle.lock"):
        if not (stamp.is_file() and stamp.read_bytes() == LOCK.read_bytes()):
            uv = str(Path(REPOSITORY / ".venv" / "bin" / "uv"))
            subprocess.run([uv, "venv", "-q", "--clear", str(FOLDER)], check=True)
            install = ["pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(LOCK)]
            subprocess.run([uv, *install, "--python", str(python)], check=True)
            stamp.write_bytes(LOCK.read_bytes())
    return str(python)
