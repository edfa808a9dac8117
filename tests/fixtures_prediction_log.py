"""Predictions to log, and another process that logs them."""

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from artifacts.places import REPOSITORY
from artifacts.prediction_log import Durability, LogWriter, Prediction
from tests.reading_prediction_log import read_log

NOON = datetime(2013, 10, 1, 12)
ALWAYS = datetime(2013, 1, 1), datetime(2014, 1, 1)


def prediction(**given: Any) -> Prediction:
    facts: dict[str, Any] = {
        "prediction_id": uuid4().hex,
        "request_id": "request-1",
        "model": "late_arrival",
        "version": 3,
        "model_sha256": "ab" * 32,
        "training_set": "late_arrival/2013-10-01.3f9a5b1c2d3e",
        "asked_at": NOON + timedelta(microseconds=1),
        "via": "http",
        "entity": {"carrier": "UA", "flight": 1545, "scheduled_at": datetime(2013, 10, 1, 14, 0)},
        "features": {"distance": 1400, "delay_mean_3h": 2.5, "carrier": "UA", "is_weekend": False, "gust": None},
        "score": 0.1 + 0.2,
        "flags": ("unseen_category:carrier",),
    }
    return Prediction(**(facts | given))


def logged(folder: Path, *records: Prediction) -> Path:
    """A sealed segment of these records, one append a record; its path."""
    before = set(folder.glob("*.log"))
    with LogWriter(folder) as log:
        for one in records:
            log.append([one])
    [made] = set(folder.glob("*.log")) - before
    return made


def ids(folder: Path) -> list[str]:
    return [one.prediction_id for _, one in read_log(folder)]


def bits(value: Any) -> Any:
    """A value, or all values of a mapping or prediction, such that equal means the same type and the same bits."""
    if isinstance(value, Prediction):
        return {name: bits(getattr(value, name)) for name in Prediction.__slots__}
    if isinstance(value, dict):
        return {name: bits(one) for name, one in value.items()}
    return (type(value), struct.pack("<d", value) if isinstance(value, float) else value)


CALLERS = """
import sys, threading
from pathlib import Path
from artifacts.prediction_log import LogSettings, LogWriter
from tests.fixtures_prediction_log import prediction
folder, threads = Path(sys.argv[1]), int(sys.argv[2])
log = LogWriter(folder, LogSettings(segment_bytes=int(sys.argv[3]), durability=sys.argv[4]))
said = threading.Lock()
def call():
    while True:
        records = [prediction() for _ in range(3)]
        log.append(records)
        with said:
            print(*(one.prediction_id for one in records), flush=True)
for _ in range(threads):
    threading.Thread(target=call, daemon=True).start()
threading.Event().wait()
"""


@contextmanager
def callers(
    folder: Path, threads: int = 4, segment_bytes: int = 65_536, durability: Durability = "each"
) -> Iterator[subprocess.Popen[str]]:
    """A process whose threads log three predictions after another and print the ids that were answered."""
    command = [sys.executable, "-c", CALLERS, str(folder), str(threads), str(segment_bytes), durability]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env=_quiet()) as process:
        try:
            yield process
        finally:
            process.kill()


def answered(process: subprocess.Popen[str]) -> list[str]:
    """The ids that a killed process said were answered; half a line was not said."""
    assert process.stdout is not None
    return [one for line in process.stdout.read().splitlines(keepends=True) if line[-1] == "\n" for one in line.split()]


def _quiet() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY)}
