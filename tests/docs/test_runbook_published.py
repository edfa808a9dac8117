"""Faults of what is published: planted, named by their codes, and gone after what a section says."""

import shutil
from pathlib import Path

import pytest
import s3fs
from moto.server import ThreadedMotoServer

from artifacts import publish
from artifacts.places import Places
from artifacts.published_versions import KIND
from tests.docs.post_home import BUILD, Reader, made_home
from tests.docs.test_runbook_building import built, reader
from tests.ports import free_port

__all__ = ["built", "reader"]

pytestmark = pytest.mark.slow

VALIDATE = "python -m features validate NAME/VERSION"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return made_home(tmp_path_factory.mktemp("published"))


def test_what_cannot_be_written_is_built_once_there_is_a_place(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody may make a folder there, root neither.
    monkeypatch.setenv("PIPELINE_TRAINING_SETS", "/sys/shipshape")
    reader.refused("publish.no_place", BUILD)
    monkeypatch.delenv("PIPELINE_TRAINING_SETS")
    assert reader.follows("publish.no_place") == [0]


def test_what_a_store_that_was_down_did_not_take_is_built_once_it_is_up(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    store = {"ENDPOINT_URL": f"http://127.0.0.1:{port}", "DEFAULT_REGION": "us-east-1", "ACCESS_KEY_ID": "me"}
    for name, value in {**store, "SECRET_ACCESS_KEY": "s3cret", "MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("PIPELINE_TRAINING_SETS", "s3://away/sets")
    monkeypatch.setenv("XDG_CACHE_HOME", str(reader.places.home / "cache"))
    s3fs.S3FileSystem.clear_instance_cache()
    reader.refused("place.unreachable", BUILD)
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    try:
        s3fs.S3FileSystem().mkdir("away")
        assert reader.follows("place.unreachable") == [0]
        assert "s3://away/sets/toy" in reader.runs(BUILD)[1]
    finally:
        server.stop()
        s3fs.S3FileSystem.clear_instance_cache()


def test_a_renamed_version_is_whole_under_its_own_name(built: Reader) -> None:
    folder = Path(built.places.training_sets) / built.values["NAME/VERSION"]
    other = folder.rename(folder.with_name("2013-03-01.0123456789ab"))
    try:
        ended, said = built.runs(VALIDATE, **{"NAME/VERSION": f"toy/{other.name}"})
        assert (ended, "training_set.misnamed: " in said) == (4, True)
    finally:
        other.rename(folder)
    assert built.follows("training_set.misnamed") == [0]


def test_another_content_under_the_same_twelve_digits_is_noticed_and_built_beside_it(
    built: Reader, tmp_path: Path
) -> None:
    identity = built.values["NAME/VERSION"]
    folder = Path(built.places.training_sets) / identity
    away = folder.rename(tmp_path / "away")
    facts = publish.read(str(away), KIND).facts
    other = {**facts, "content": facts["content"][:12] + "f" * 52}
    publish.publish(str(folder), KIND, lambda fresh: (shutil.copy(away / "data.parquet", fresh), other)[1])
    shutil.rmtree(built.places.warehouse / "built")
    try:
        built.refused("training_set.conflict", BUILD)
        built.values["FOLDER"] = str(tmp_path / "beside")
        assert built.follows("training_set.conflict") == [0]
        assert (tmp_path / "beside" / identity / "data.parquet").is_file()
    finally:
        shutil.rmtree(folder)
        away.rename(folder)
