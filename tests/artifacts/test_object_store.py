"""A store that does not answer is an outage: nothing in it is taken for absent."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import s3fs

from artifacts import object_store, publish, storage
from artifacts.errors import Unavailable
from ops.backup.copying import copy_in, copy_out, files
from tests.fixtures_postgres import free_port


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a bucket in a store that is down."""
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    # A file system is kept by its arguments, and the environment is none of them.
    s3fs.S3FileSystem.clear_instance_cache()
    yield "s3://pipeline"
    s3fs.S3FileSystem.clear_instance_cache()


def fill(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")


def never(folder: Path) -> dict[str, int]:
    raise AssertionError(folder)


@pytest.mark.parametrize(
    "ask",
    [
        lambda root, into: storage.children(root),
        lambda root, into: storage.children(f"{root}/sets"),
        lambda root, into: storage.exists(f"{root}/sets/v1", "manifest.json"),
        lambda root, into: storage.content(f"{root}/sets/v1", "manifest.json"),
        lambda root, into: storage.sizes(f"{root}/sets/v1"),
        lambda root, into: storage.fetch(f"{root}/sets/v1", "rows.parquet", "0" * 64),
        lambda root, into: storage.put(f"{root}/sets/v1", fill, last="manifest.json"),
        lambda root, into: publish.read(f"{root}/sets/v1", "training set"),
        lambda root, into: publish.publish(f"{root}/sets/v1", "training set", never),
        lambda root, into: publish.names(root),
        lambda root, into: object_store.upload(f"{root}/sets/v1", "rows.parquet", into / "kept"),
        lambda root, into: object_store.sha256(f"{root}/sets/v1", "rows.parquet"),
        lambda root, into: object_store.make_bucket(root),
        lambda root, into: files(root),
        lambda root, into: copy_out(root, ["rows.parquet"], into / "out", ["rows.parquet"]),
        lambda root, into: copy_in(into / "in", f"{root}/sets"),
    ],
)
def test_each_verb_names_the_store_and_what_to_check(
    ask: Callable[[str, Path], object], gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("kept", "in/rows.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("rows")
    with pytest.raises(Unavailable, match=f"The object store of {gone}") as refusal:
        ask(gone, tmp_path)
    assert refusal.value.code == "place.unreachable"
    assert "AWS_ENDPOINT_URL" in refusal.value.next_step
    assert "s3cret" not in str(refusal.value)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {"kept", "rows.parquet", ".swept"}
    assert not (tmp_path / "out" / "rows.parquet").exists()
