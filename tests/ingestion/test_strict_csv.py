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


ODD = ["0x10", "0X1f", "0b11", "0o17", "1_000", "+5", "1e3", "5.0", " 5", "5 ", "\t5", "5\t", " NA"]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("header", ["faa,alt", "alt,faa", "alt"])
def test_what_is_no_decimal_number_is_none_in_a_column_of_numbers(
    tmp_path: Path, header: str, odd: str, end: str
) -> None:
    file, every = tmp_path / "airports.csv", {"faa": Column(pa.string()), "alt": Column(pa.int32(), nullable=True)}
    good, bad = (header.replace("faa", "LGA").replace("alt", number) for number in ("-22", odd))
    file.write_bytes(f"{header}\n{good}\n{good}\n{bad}{end}".encode())
    with pytest.raises(BadInput) as refused:
        read_rows(file, {name: every[name] for name in header.split(",")})
    assert refused.value.code == "source.value_wrong"
    assert f"airports.csv: line 4: column alt: invalid value {odd!r}, wanted int32" in refused.value.message


def test_blanks_and_hexadecimal_digits_are_text_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "planes.csv"
    file.write_bytes("model,seats\n0x10,1\n 5,2\n5\t,3\né 0X,4\n".encode())
    rows = read_rows(file, {"model": Column(pa.string()), "seats": Column(pa.int32())})
    assert rows.table["model"].to_pylist() == ["0x10", " 5", "5\t", "é 0X"]


@pytest.mark.parametrize(
    ("type_", "padded"), [(pa.float64(), "1.5 "), (pa.decimal128(5, 2), " 1.5"), (pa.date32(), " 2013-01-01")]
)
def test_no_column_but_text_has_blanks_around_its_values(tmp_path: Path, type_: pa.DataType, padded: str) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(f"a\n{padded.strip()}\n{padded}\n")
    with pytest.raises(BadInput, match=r"prices\.csv: line 3: column a: invalid value '.*', wanted"):
        read_rows(file, {"a": Column(type_)})


def test_a_hexadecimal_number_far_into_a_large_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "airports.csv"
    file.write_bytes(b"faa,alt\n" + b"LGA,22\n" * 300_000 + b"EWR,0x10\n" + b"LGA,22\n" * 300_000)
    with pytest.raises(
        BadInput, match=r"line 300002: column alt: invalid value '0x10', wanted int32, in decimal digits"
    ):
        read_rows(file, {"faa": Column(pa.string()), "alt": Column(pa.int32())})


@pytest.mark.parametrize("number", ["0x10", " 5", "5"])
def test_a_carriage_return_alone_is_no_end_of_a_line(tmp_path: Path, number: str) -> None:
    file = tmp_path / "airports.csv"
    file.write_bytes(f"faa,alt\r\nJFK,1\r\nLGA,22\rEWR,{number}\r\n".encode())
    with pytest.raises(BadInput, match=r"line 3: column alt holds the character '\\r', which nobody sees"):
        read_rows(file, {"faa": Column(pa.string()), "alt": Column(pa.int32())})


@pytest.mark.parametrize("ragged", ["New York, NY,5", "LGA,22,3"])
def test_a_line_with_a_comma_too_many_is_ragged_whatever_stands_behind_it(tmp_path: Path, ragged: str) -> None:
    file = tmp_path / "airports.csv"
    file.write_text(f"name,alt\n{ragged}\nEWR, 5\n")
    with pytest.raises(BadInput, match=r"line 2: 3 values, wanted 2") as refused:
        read_rows(file, {"name": Column(pa.string()), "alt": Column(pa.int32())})
    assert refused.value.code == "source.line_ragged"
