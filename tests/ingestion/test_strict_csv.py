"""Reading strictly: a refusal ends the reading, whatever of the file is still to come."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest

from artifacts.errors import BadInput
from ingestion.strict_csv import Column, read_rows

READ = """
import sys
from pathlib import Path
import pyarrow as pa
from artifacts.errors import BadInput
from ingestion.strict_csv import Column, read_rows
try:
    read_rows(Path(sys.argv[1]), {"faa": Column(pa.string()), "alt": Column(pa.int32())})
except BadInput as refusal:
    sys.exit(str(refusal))
"""


def test_a_refusal_waits_for_no_byte_that_is_still_to_come(tmp_path: Path) -> None:
    file = tmp_path / "airports.csv"
    os.mkfifo(file)
    reading = subprocess.Popen([sys.executable, "-c", READ, str(file)], stderr=subprocess.PIPE, text=True)
    try:
        with file.open("wb", buffering=0) as pipe:
            with suppress(BrokenPipeError):
                pipe.write(b"faa,alt\nEWR,high\n" + b"LGA,22\n" * 500_000)
            _, said = reading.communicate(timeout=20)
    finally:
        reading.kill()
    assert reading.returncode == 1
    assert "airports.csv: line 2: column alt: invalid value 'high'" in said


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "airlines.csv"
    file.write_bytes(b"carrier,name\n" + b"U" * (4 << 20))
    with pytest.raises(BadInput, match=r"airlines\.csv: from line 2 on, a line has no end within 1,048,576 bytes"):
        read_rows(file, {"carrier": Column(pa.string()), "name": Column(pa.string())})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_of_another_encoding_is_named_as_such(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "airlines.csv"
    file.write_bytes("carrier,name\nUA,United\n".encode(encoding))
    with pytest.raises(BadInput, match=r"airlines\.csv: line 1: it is no UTF-8 text, but looks like UTF-16"):
        read_rows(file, {"carrier": Column(pa.string()), "name": Column(pa.string())})


def test_a_last_line_without_a_line_break_counts(tmp_path: Path) -> None:
    file = tmp_path / "airlines.csv"
    file.write_bytes(b"carrier,name\r\nUA,United\r\nAA,American")
    rows = read_rows(file, {"carrier": Column(pa.string()), "name": Column(pa.string())})
    assert rows.table.to_pydict() == {"carrier": ["UA", "AA"], "name": ["United", "American"], "line": [2, 3]}
