"""Faults of rows that are looked up: planted, named by the service, and gone after what a section says."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from artifacts import publish
from artifacts.manifest import MANIFEST
from artifacts.places import Places
from artifacts.upcoming import KIND, newest_upcoming
from serving.app import create_app
from serving.settings import ServingSettings
from tests.docs.post_home import BUILD, JUDGE, PROMOTE, TRAIN, UPCOMING, Reader, edit, made_home, reader_in
from tests.features.conftest import post
from tests.serving.world import served, wait_for

pytestmark = pytest.mark.slow

PARCEL = {"parcel": "2013-02-36"}
LATER = "2013-02-20T1800"
KEY, SAME_KEY = "    postings.posted_at\nfrom", "    timestamp '2013-01-01' as posted_at\nfrom"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return made_home(tmp_path_factory.mktemp("upcoming"))


@pytest.fixture
def reader(places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reader:
    """A reader of a home with a champion, in which no upcoming row was published."""
    shutil.rmtree(places.upcoming, ignore_errors=True)
    reader = reader_in(places, monkeypatch, capsys)
    if reader.champion() is None:
        assert [reader.runs(one)[0] for one in (BUILD, TRAIN, PROMOTE)] == [0, 0, 0]
    return reader


@contextmanager
def service(reader: Reader) -> Iterator[httpx.Client]:
    with served(create_app(ServingSettings(poll_seconds=0.05), reader.places, "toy")) as client:
        yield client


def asked(client: httpx.Client) -> str:
    """What the service says of a parcel: a refusal's code, or that it answers."""
    return str(client.post("/v1/models/toy/predict", json={"entities": [PARCEL]}).json().get("error", "answered"))


def newest(reader: Reader) -> Path:
    return Path(reader.places.upcoming) / "toy" / newest_upcoming(reader.places.upcoming, "toy")


def grown_old(folder: Path) -> None:
    """The same rows as if they had been published in the year before."""
    away = folder.rename(folder.parents[2] / "away")
    facts = {**publish.read(str(away), KIND).facts, "created_at": "2012-02-20 12:00:00"}

    def fill(fresh: Path) -> dict[str, object]:
        shutil.copytree(away, fresh, dirs_exist_ok=True)
        (fresh / MANIFEST).unlink()
        return facts

    publish.publish(str(folder), KIND, fill)
    shutil.rmtree(away)


def test_a_service_without_rows_answers_from_those_that_the_command_publishes(reader: Reader) -> None:
    with service(reader) as client:
        assert asked(client) == "upcoming.none"
        assert reader.follows("upcoming.none") == [0]
        wait_for(lambda: asked(client) == "answered")


def test_rows_that_grew_too_old_are_replaced_by_those_of_a_later_moment(reader: Reader) -> None:
    reader.runs(UPCOMING)
    grown_old(newest(reader))
    with service(reader) as client:
        assert asked(client) == "upcoming.too_old"
        assert reader.follows("upcoming.too_old") == [0]
        assert asked(client) == "upcoming.too_old"
        reader.values["TIME"] = LATER
        assert reader.follows("upcoming.too_old") == [0]
        wait_for(lambda: asked(client) == "answered")


def test_damaged_rows_without_any_before_are_deleted_and_published_again(reader: Reader) -> None:
    reader.runs(UPCOMING)
    rows = newest(reader) / "data.parquet"
    rows.write_bytes(rows.read_bytes()[:-9] + b"damaged!!")
    with service(reader) as client:
        assert asked(client) == "upcoming.unusable"
        shutil.rmtree(rows.parent)
        assert reader.follows("upcoming.unusable") == [0]
        wait_for(lambda: asked(client) == "answered")


def test_a_key_that_names_two_rows_names_one_once_the_sql_is_mended(reader: Reader) -> None:
    edit(reader.project, "toy_upcoming.sql", KEY, SAME_KEY)
    try:
        assert "upcoming.key_twice: " in reader.runs(UPCOMING)[1]
    finally:
        edit(reader.project, "toy_upcoming.sql", SAME_KEY, KEY)
    assert reader.follows("upcoming.key_twice") == [0]


def test_rows_that_do_not_fit_the_champion_fit_again_once_its_column_is_back(reader: Reader) -> None:
    number = "data_type: {}\n        description: on the scales"
    with service(reader) as client:
        edit(reader.project, "toy.yml", number.format("integer"), number.format("bigint"))
        for file in ("toy.sql", "toy_upcoming.sql"):
            edit(reader.project, file, "    postings.weight_g,", "    postings.weight_g::bigint as weight_g,")
        try:
            assert reader.runs(UPCOMING)[0] == 0
            wait_for(lambda: asked(client) == "upcoming.other_columns")
            assert [reader.runs(one)[0] for one in (BUILD, TRAIN)] == [0, 0]
            assert "judge.column_changed: " in reader.runs(JUDGE)[1]
        finally:
            edit(reader.project, "toy.yml", number.format("bigint"), number.format("integer"))
            for file in ("toy.sql", "toy_upcoming.sql"):
                edit(reader.project, file, "    postings.weight_g::bigint as weight_g,", "    postings.weight_g,")
        reader.values["TIME"] = LATER
        assert reader.follows("upcoming.other_columns", without=" rollback ") == [0]
        wait_for(lambda: asked(client) == "answered")


def test_what_has_no_row_to_score_has_some_as_of_a_later_moment(reader: Reader) -> None:
    for month in ("2013-03", "2013-04"):
        post(reader.places.raw, month)
    score = "python -m serving score --model MODEL --upcoming"
    reader.runs(UPCOMING, TIME="2013-04-01")
    assert "serving.no_rows: " in reader.runs(score)[1]
    reader.values["TIME"] = "2013-04-10T1200"
    assert reader.follows("serving.no_rows") == [0]
    assert reader.runs(score)[0] == 0
