"""A file that is not what it should be lands nothing, and the refusal names file, line or column."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from artifacts.errors import BadInput
from tests.ingestion.small_source import (
    AIRLINE,
    AIRLINES,
    AIRPORTS,
    CALM,
    CALM_LAST_DAY,
    CANCELLED,
    FLIGHTS,
    IN_FEBRUARY,
    LAST_DAY,
    NEWARK,
    ON_TIME,
    PLANE,
    PLANES,
    WEATHER,
    Example,
)


def refused(example: Example, code: str, *said: str, month: str = "2013-01") -> None:
    with pytest.raises(BadInput) as refusal:
        example.land(month)
    assert refusal.value.code == code
    for words in said:
        assert words in str(refusal.value)
    assert not example.raw.exists()


FILES = {
    "flights.csv.zip": (FLIGHTS, ON_TIME),
    "weather.csv": (WEATHER, CALM),
    "planes.csv": (PLANES, PLANE),
    "airlines.csv": (AIRLINES, AIRLINE),
    "airports.csv": (AIRPORTS, NEWARK),
}
each_file = pytest.mark.parametrize("file", FILES)


@each_file
def test_a_missing_column(example: Example, file: str) -> None:
    header, row = (line.rpartition(",")[0] for line in FILES[file])
    gone = FILES[file][0].rpartition(",")[2]
    refused(
        example.write(file, header, row),
        "source.columns_wrong",
        file,
        "line 1",
        f": missing columns ['{gone}']; wanted",
    )


@each_file
def test_an_extra_column(example: Example, file: str) -> None:
    header, row = FILES[file]
    refused(
        example.write(file, f"{header},colour", f"{row},red"),
        "source.columns_wrong",
        file,
        "line 1: unknown columns ['colour']; wanted",
    )


@each_file
def test_a_renamed_column(example: Example, file: str) -> None:
    header, row = FILES[file]
    first, _, rest = header.partition(",")
    refused(example.write(file, f"first,{rest}", row), "source.columns_wrong", file, f"['{first}']", "['first']")


@each_file
def test_columns_in_another_order(example: Example, file: str) -> None:
    header, row = FILES[file]
    refused(
        example.write(file, ",".join(reversed(header.split(","))), row), "source.columns_wrong", file, "another order"
    )


@each_file
def test_a_column_that_comes_twice(example: Example, file: str) -> None:
    header, row = FILES[file]
    first, second, *rest = header.split(",")
    said = f"line 1: columns ['{first}'] come twice, missing columns ['{second}'];"
    refused(example.write(file, ",".join([first, first, *rest]), row), "source.columns_wrong", file, said)


def test_a_column_that_comes_twice_and_none_that_is_missing(example: Example) -> None:
    said = "line 1: columns ['name'] come twice; wanted carrier,name"
    refused(example.write("airlines.csv", f"{AIRLINES},name", f"{AIRLINE},x"), "source.columns_wrong", said)


@each_file
def test_a_byte_order_mark(example: Example, file: str) -> None:
    header, row = FILES[file]
    said = "line 1: it begins with a byte order mark (U+FEFF), wanted UTF-8 without one"
    refused(example.write(file, f"\ufeff{header}", row), "source.columns_wrong", file, said)


@each_file
@pytest.mark.parametrize("change", [lambda row: f"{row},1", lambda row: row.rpartition(",")[0]])
def test_a_ragged_line(example: Example, file: str, change: Callable[[str], str]) -> None:
    header, row = FILES[file]
    refused(example.write(file, header, row, change(row)), "source.line_ragged", file, "line 3", "values, wanted")


@each_file
def test_a_blank_line(example: Example, file: str) -> None:
    header, row = FILES[file]
    code = "source.value_missing" if file == "airlines.csv" else "source.value_wrong"
    refused(example.write(file, header, row, ""), code, file, "line 3: column")


def test_a_quote_holds_nothing_together(example: Example) -> None:
    example.write("airlines.csv", AIRLINES, 'UA,"United, Inc."')
    refused(example, "source.line_ragged", "airlines.csv", "line 2: 3 values, wanted 2")


def test_an_empty_text(example: Example) -> None:
    refused(example.flights(ON_TIME, ON_TIME.replace("N14228", "")), "source.value_missing", "line 3: column tailnum")


@each_file
def test_an_empty_file(example: Example, file: str) -> None:
    refused(example.write(file), "source.file_empty", file, "it is empty")


@each_file
def test_a_file_with_a_header_only(example: Example, file: str) -> None:
    refused(example.write(file, FILES[file][0]), "source.file_empty", file, "no rows")


@each_file
def test_a_file_that_is_not_there(example: Example, file: str) -> None:
    (example.folder / file).unlink()
    refused(example, "source.file_missing", file)


@each_file
def test_no_value_where_one_is_needed(example: Example, file: str) -> None:
    header, row = FILES[file]
    first = header.partition(",")[0]
    refused(
        example.write(file, header, row, f"NA,{row.partition(',')[2]}"),
        "source.value_missing",
        file,
        f"line 3: column {first}",
    )


@pytest.mark.parametrize(
    ("got", "bad", "column"),
    [
        (",515,", ",5:15,", "sched_dep_time"),
        (",227,", ",227.5,", "air_time"),
        ("2013,", "99999999999,", "year"),
        (",1400,", ",,", "distance"),
        ("2013-01-01T10:00:00Z", "2013-02-30T10:00:00Z", "time_hour"),
        ("2013-01-01T10:00:00Z", "2013-01-01T25:00:00Z", "time_hour"),
        ("2013-01-01T10:00:00Z", "2013-01-01T10:00:00", "time_hour"),
    ],
)
def test_a_value_of_the_wrong_type(example: Example, got: str, bad: str, column: str) -> None:
    example.flights(ON_TIME, IN_FEBRUARY, ON_TIME.replace(got, bad, 1))
    refused(example, "source.value_wrong", "flights.csv.zip", f"line 4: column {column}", "wanted")


def test_a_line_of_another_month_is_checked_too(example: Example) -> None:
    example.flights(ON_TIME, IN_FEBRUARY.replace(",515,", ",early,"))
    refused(example, "source.value_wrong", "line 3: column sched_dep_time", "'early'")


def test_the_line_is_right_far_into_a_large_file(example: Example) -> None:
    example.flights(*[ON_TIME] * 50_000, f"{ON_TIME},1")
    refused(example, "source.line_ragged", "line 50002: 20 values, wanted 19")


def test_a_value_of_the_wrong_type_far_into_a_large_file(example: Example) -> None:
    example.flights(*[ON_TIME] * 50_000, ON_TIME.replace(",515,", ",early,"))
    refused(example, "source.value_wrong", "line 50002: column sched_dep_time", "'early'")


def test_a_value_missing_far_into_a_large_file(example: Example) -> None:
    example.flights(*[ON_TIME] * 50_000, ON_TIME.replace(",515,", ",NA,"))
    refused(example, "source.value_missing", "line 50002: column sched_dep_time")


def test_bytes_that_are_not_utf8(example: Example) -> None:
    (example.folder / "airlines.csv").write_bytes(b"carrier,name\nUA,Caf\xe9\n")
    refused(example, "source.value_wrong", "airlines.csv", "line 2: column name", "UTF8")


@pytest.mark.parametrize(
    ("byte", "shown"), [("\0", "'\\x00'"), ("\x1b", "'\\x1b'"), ("\x7f", "'\\x7f'"), ("\ufeff", "'\\ufeff'")]
)
def test_a_character_that_nobody_sees(example: Example, byte: str, shown: str) -> None:
    example.weather(CALM, CALM.replace("EWR", "JFK"), CALM.replace("EWR", f"E{byte}R"))
    refused(example, "source.value_wrong", f"weather.csv: line 4: column origin holds the character {shown}")


def test_a_character_that_nobody_sees_far_into_a_large_file(example: Example) -> None:
    example.flights(*[ON_TIME] * 50_000, ON_TIME.replace("N14228", "N14228\0"))
    refused(example, "source.value_wrong", r"line 50002: column tailnum holds the character '\x00'")


def test_a_truncated_archive(example: Example) -> None:
    file = example.folder / "flights.csv.zip"
    file.write_bytes(file.read_bytes()[:-40])
    refused(example, "source.archive_damaged", "flights.csv.zip")


@pytest.mark.parametrize("place", [60, 100, 150])
def test_a_flipped_bit_in_the_archive(example: Example, place: int) -> None:
    file = example.folder / "flights.csv.zip"
    content = bytearray(file.read_bytes())
    content[place] ^= 4
    file.write_bytes(content)
    refused(example, "source.archive_damaged", "flights.csv.zip")


@pytest.mark.parametrize("other", [b"N14229", b"N1422\0"])
def test_a_flipped_bit_that_is_another_value_or_a_wrong_line(example: Example, other: bytes) -> None:
    file = example.folder / "flights.csv.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("flights.csv", "\n".join([FLIGHTS, *[ON_TIME] * 50_000]))
    file.write_bytes(file.read_bytes().replace(b"N14228", other, 1))
    refused(example, "source.archive_damaged", "flights.csv.zip", "the archive is damaged")


def test_an_archive_of_two_files(example: Example) -> None:
    with zipfile.ZipFile(example.folder / "flights.csv.zip", "a") as archive:
        archive.writestr("more.csv", "")
    refused(example, "source.archive_damaged", "['flights.csv', 'more.csv'], wanted one .csv file")


def test_an_encrypted_archive(example: Example) -> None:
    file = example.folder / "flights.csv.zip"
    content = file.read_bytes()
    flags = content.index(b"PK\x01\x02") + 8
    file.write_bytes(content[:flags] + b"\x01" + content[flags + 1 :])
    refused(example, "source.archive_damaged", "not encrypted")


def test_a_folder_where_a_file_should_be(example: Example) -> None:
    (example.folder / "planes.csv").unlink()
    (example.folder / "planes.csv").mkdir()
    refused(example, "source.file_unreadable", "planes.csv", "Is a directory")


def test_an_archive_that_is_no_archive(example: Example) -> None:
    (example.folder / "flights.csv.zip").write_text(f"{FLIGHTS}\n{ON_TIME}\n")
    refused(example, "source.archive_damaged", "flights.csv.zip", "not a zip file")


@pytest.mark.parametrize("bad", ["2460", "2401", "-5", "1275"])
@pytest.mark.parametrize(("got", "column"), [(",517,", "dep_time"), (",830,", "arr_time"), (",819,", "sched_arr_time")])
def test_a_clock_time_that_no_clock_shows(example: Example, got: str, column: str, bad: str) -> None:
    example.flights(CANCELLED, ON_TIME.replace(got, f",{bad},", 1))
    said = f"{example.folder}/flights.csv.zip: line 3: column {column} is {bad}, wanted a clock time from 0 to 2400, "
    refused(example, "source.time_impossible", f"{said}minutes from 0 to 59")


@pytest.mark.parametrize(
    "row",
    [
        ON_TIME.replace("2013,1,1,", "2013,1,31,"),
        ON_TIME.replace("2013,1,1,", "2013,1,32,"),
        ON_TIME.replace("T10:00", "T10:30"),
        ON_TIME.replace("2013-01-01T10", "2031-01-01T10"),
        ON_TIME.replace("2013,1,1,", "2012,13,1,"),
        ON_TIME.replace(",515,", ",516,"),
        ON_TIME.replace(",5,15,", ",6,15,").replace(",515,", ",615,"),
    ],
)
def test_a_departure_time_that_contradicts_itself(example: Example, row: str) -> None:
    refused(example.flights(CANCELLED, row), "source.time_impossible", "flights.csv.zip", "line 3")


def test_an_hour_of_weather_that_contradicts_itself(example: Example) -> None:
    example.weather(CALM, CALM.replace("2013,1,1,1,", "2013,1,1,2,"))
    refused(example, "source.time_impossible", f"{example.folder}/weather.csv: line 3: ", "hour 2 in New York")


NO_MONTH = [
    ("2013,13,", "column month is 13, wanted 1 to 12"),
    ("2013,0,", "column month is 0, wanted 1 to 12"),
    ("0,1,", "column year is 0, wanted 1 to 9999"),
    ("1913,1,", "columns year and month are 1913-01, but time_hour 2013-01-01"),
    ("2012,1,", "columns year and month are 2012-01, but time_hour 2013-01-01"),
    ("2013,2,", "columns year and month are 2013-02, but time_hour 2013-01-01"),
    ("-357913941,1,", "column year is -357913941, wanted 1 to 9999"),
]


@pytest.mark.parametrize(("year_and_month", "said"), NO_MONTH)
def test_a_flight_of_no_month_is_not_dropped(example: Example, year_and_month: str, said: str) -> None:
    example.flights(ON_TIME, CANCELLED.replace("2013,1,", year_and_month, 1))
    refused(example, "source.time_impossible", "flights.csv.zip", f"line 3: {said}")


@pytest.mark.parametrize(("year_and_month", "said"), NO_MONTH)
def test_an_hour_of_weather_of_no_month_is_not_dropped(example: Example, year_and_month: str, said: str) -> None:
    example.weather(CALM, CALM.replace("2013,1,", year_and_month, 1))
    refused(example, "source.time_impossible", "weather.csv", f"line 3: {said}")


def test_a_time_of_another_month_under_this_months_name_is_refused(example: Example) -> None:
    example.flights(ON_TIME, IN_FEBRUARY.replace("2013-02-01T10", "1907-02-01T10"))
    refused(example, "source.time_impossible", "line 3: columns year and month are 2013-02, but time_hour 1907-02-01")


def test_a_row_of_the_future(example: Example) -> None:
    example.flights(ON_TIME, ON_TIME.replace("2013,1,", "2099,1,").replace("2013-01", "2099-01"))
    refused(example, "source.time_in_future", "flights.csv.zip", "line 3", "2099-01")


def test_a_month_that_the_source_does_not_hold(example: Example) -> None:
    refused(example, "source.month_missing", "2014-05; it holds 2013-01 only.", month="2014-05")
    for lines in ([ON_TIME, IN_FEBRUARY], [IN_FEBRUARY, ON_TIME]):
        example.weather(CALM.replace("2013,1,1,1,", "2014,5,1,2,").replace("2013-01", "2014-05")).flights(*lines)
        refused(example, "source.month_missing", "2014-05; its months are from 2013-01 to 2013-02.", month="2014-05")


def test_a_month_whose_rows_end_before_it_does(example: Example) -> None:
    early = [("flights.csv.zip", [ON_TIME], [CALM_LAST_DAY]), ("weather.csv", [LAST_DAY], [CALM])]
    for file, flights, weather in early:
        example.flights(*flights).weather(*weather)
        with pytest.raises(BadInput, match=f"{file} has rows of 2013-01 up to day 1 of 31; wanted up to day 30") as one:
            example.land(days_short=1)
        assert one.value.code == "source.month_unfinished"
        assert one.value.next_step.endswith("INGESTION_NYCFLIGHTS13_MAX_DAYS_SHORT=30")
        assert not example.raw.exists()
    example.flights(ON_TIME, LAST_DAY.replace("1,31,", "1,30,", 1).replace("01-31", "01-30")).weather(CALM_LAST_DAY)
    assert len(example.land(days_short=1)) == 5


def test_a_month_that_is_not_over(example: Example) -> None:
    refused(
        example,
        "ingestion.month_not_over",
        "2099-01 is not over on every clock until 2099-02-01 12:00 UTC",
        month="2099-01",
    )


@pytest.mark.parametrize("month", ["2013-13", "2013", "January", "2013-01-01", "../2013-01"])
def test_a_month_that_is_none(example: Example, month: str) -> None:
    refused(example, "period.invalid", month, month=month)


def test_a_setting_that_does_not_exist(tmp_path: Path) -> None:
    from ingestion.land import land_month

    with pytest.raises(BadInput, match="INGESTION_NYCFLIGHTS13_FOLDR"):
        land_month(str(tmp_path), "nycflights13", "2013-01", {"INGESTION_NYCFLIGHTS13_FOLDR": "x"})
