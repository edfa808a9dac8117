"""A published folder is there whole and unchanged, or not at all."""

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest
from fsspec.registry import _registry

from artifacts import object_store, storage
from artifacts import publish as door
from artifacts.errors import BadInput, Damaged, Missing, Unavailable
from artifacts.leftovers import KEPT_SECONDS, remove_leftovers
from artifacts.place_errors import usable


def two_files(folder: Path) -> Mapping[str, Any]:
    (folder / "rows.txt").write_text("one\ntwo\n")
    (folder / "docs").mkdir()
    (folder / "docs" / "page.html").write_text("<p>two rows</p>")
    return {"rows": 2}


@pytest.fixture(params=["local", "object store"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return str(tmp_path / "things") if request.param == "local" else f"memory://{uuid4().hex}"


def test_what_was_published_is_read_again(root: str) -> None:
    made = door.publish(f"{root}/v1", "thing", two_files)
    found = door.read(f"{root}/v1", "thing")
    assert (made.created, found.created) == (True, False)
    assert found.facts == {"rows": 2}
    assert sorted(found.files) == ["docs/page.html", "rows.txt"]
    assert found.file("docs/page.html").read_text() == "<p>two rows</p>"
    assert door.names(root) == ["v1"]


def test_publishing_again_changes_nothing_and_does_not_write(root: str) -> None:
    door.publish(f"{root}/v1", "thing", two_files)

    def never(folder: Path) -> Mapping[str, Any]:
        raise AssertionError(folder)

    assert door.publish(f"{root}/v1", "thing", never).created is False


def test_a_writer_that_fails_leaves_nothing(root: str, tmp_path: Path) -> None:
    def fail(folder: Path) -> Mapping[str, Any]:
        (folder / "half.txt").write_text("half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        door.publish(f"{root}/v1", "thing", fail)
    assert door.names(root) == []
    assert list(tmp_path.rglob("half.txt")) == []


def test_nothing_there_is_missing_and_no_names(root: str) -> None:
    assert door.names(root) == []
    with pytest.raises(Missing, match=r"Nothing is published at .*; wanted: thing") as refusal:
        door.read(f"{root}/v1", "thing")
    assert refusal.value.code == "publish.missing"


def test_a_folder_whose_name_starts_with_a_dot_is_no_version(tmp_path: Path) -> None:
    door.publish(str(tmp_path / "v1"), "thing", two_files)
    shutil.copytree(tmp_path / "v1", tmp_path / ".v1")
    assert door.names(str(tmp_path)) == ["v1"]


def test_another_kind_is_refused(root: str) -> None:
    door.publish(f"{root}/v1", "thing", two_files)
    with pytest.raises(BadInput, match="holds a thing, not a model"):
        door.read(f"{root}/v1", "model")


def test_an_unknown_file_is_missing_and_the_known_ones_are_named(root: str) -> None:
    made = door.publish(f"{root}/v1", "thing", two_files)
    with pytest.raises(Missing, match=r"has docs/page\.html, rows\.txt"):
        made.file("other.txt")


def test_facts_that_json_cannot_hold_are_not_published(root: str) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        door.publish(f"{root}/v1", "thing", lambda _: {"rate": float("nan")})
    assert door.names(root) == []


def test_a_flipped_bit_is_found_when_the_file_is_asked_for_or_published_again(tmp_path: Path) -> None:
    made = door.publish(str(tmp_path / "v1"), "thing", two_files)
    content = bytearray((tmp_path / "v1" / "rows.txt").read_bytes())
    content[2] ^= 1
    (tmp_path / "v1" / "rows.txt").write_bytes(content)
    with pytest.raises(Damaged, match=r"rows\.txt has sha256"):
        made.file("rows.txt")
    with pytest.raises(Damaged, match=r"rows\.txt has sha256"):
        made.verify()
    with pytest.raises(Damaged, match=r"rows\.txt has sha256"):
        door.publish(str(tmp_path / "v1"), "thing", two_files)


def test_a_truncated_file_is_found_at_once(tmp_path: Path) -> None:
    door.publish(str(tmp_path / "v1"), "thing", two_files)
    (tmp_path / "v1" / "rows.txt").write_text("one")
    with pytest.raises(Damaged, match=r"rows\.txt has 3 bytes, but 8 were published"):
        door.read(str(tmp_path / "v1"), "thing")


def test_a_lost_file_is_found_at_once(tmp_path: Path) -> None:
    door.publish(str(tmp_path / "v1"), "thing", two_files)
    (tmp_path / "v1" / "rows.txt").unlink()
    with pytest.raises(Damaged, match=r"rows\.txt is gone"):
        door.read(str(tmp_path / "v1"), "thing")


def test_an_extra_file_is_found_at_once(tmp_path: Path) -> None:
    door.publish(str(tmp_path / "v1"), "thing", two_files)
    (tmp_path / "v1" / "docs" / "new.txt").write_text("hello")
    with pytest.raises(Damaged, match=r"docs/new\.txt is not in the manifest"):
        door.read(str(tmp_path / "v1"), "thing")


@pytest.mark.parametrize("edit", [{"facts": {"rows": 3}}, {"sha256": "0"}, {"kind": "model"}])
def test_an_edited_manifest_is_found_at_once(tmp_path: Path, edit: dict[str, Any]) -> None:
    door.publish(str(tmp_path / "v1"), "thing", two_files)
    manifest = tmp_path / "v1" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **edit}))
    with pytest.raises(Damaged, match=r"manifest\.json is not as it was written"):
        door.read(str(tmp_path / "v1"), "thing")


def test_a_folder_in_the_place_of_the_manifest_is_damage(tmp_path: Path) -> None:
    (tmp_path / "v1" / "manifest.json").mkdir(parents=True)
    with pytest.raises(Damaged, match=r"manifest\.json is not as it was written"):
        door.read(str(tmp_path / "v1"), "thing")


@pytest.mark.parametrize("body", [{}, {"format": 1, "kind": "thing", "facts": {}}])
def test_a_manifest_that_lacks_a_part_is_damage(tmp_path: Path, body: dict[str, Any]) -> None:
    (tmp_path / "v1").mkdir()
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    whole = {**body, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    (tmp_path / "v1" / "manifest.json").write_text(json.dumps(whole))
    with pytest.raises(Damaged, match=r"manifest\.json"):
        door.read(str(tmp_path / "v1"), "thing")


@pytest.mark.parametrize("url", ["foo://bucket/sets", "s3://bucket/sets"])
def test_a_url_that_nothing_here_can_open_is_refused_by_name(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(_registry, "s3", raising=False)  # as before its first use
    with pytest.raises(BadInput, match=f"{url}/v1 is no place") as refusal:
        door.read(f"{url}/v1", "thing")
    assert refusal.value.code == "place.invalid"


def test_a_file_where_the_root_should_be_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="/file/v1 is no place") as refusal:
        door.publish(f"{tmp_path}/file/v1", "thing", two_files)
    assert refusal.value.code == "place.invalid"
    with pytest.raises(BadInput, match="/file/v1 is no place"), storage.locked(f"{tmp_path}/file/v1"):
        pass


def test_where_no_folder_can_be_made_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="/proc/nope/v1 is no place") as refusal:
        door.publish("/proc/nope/v1", "thing", two_files)
    assert refusal.value.code == "place.invalid"


def test_a_full_disk_can_be_tried_again() -> None:
    with pytest.raises(Unavailable, match="sets cannot be written: No space left on device"), usable("sets"):
        Path("/dev/full").write_text("x")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"facts": 1}'])
def test_a_broken_manifest_is_damage(tmp_path: Path, text: str) -> None:
    door.publish(str(tmp_path / "v1"), "thing", two_files)
    (tmp_path / "v1" / "manifest.json").write_text(text)
    with pytest.raises(Damaged, match=r"manifest\.json is not as it was written"):
        door.read(str(tmp_path / "v1"), "thing")


WRITER = """
import sys, time
from artifacts.publish import publish
def write(folder):
    (folder / "rows.txt").write_text("one")
    print("writing", flush=True)
    time.sleep(60)
publish(sys.argv[1], "thing", write)
"""


@contextmanager
def killed_writer(final: Path) -> Iterator[None]:
    """Another process writes `final` while the body runs, and is killed then."""
    command = [sys.executable, "-c", WRITER, str(final)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        yield
        writer.send_signal(signal.SIGKILL)


def test_a_killed_writer_leaves_nothing_that_a_reader_takes_for_a_version(tmp_path: Path) -> None:
    with killed_writer(tmp_path / "v1"):
        pass
    assert door.names(str(tmp_path)) == []
    assert list(tmp_path.glob("*/rows.txt")) == []
    assert door.publish(str(tmp_path / "v1"), "thing", two_files).created is True


def test_what_a_killed_writer_left_is_removed_after_a_day_and_never_while_it_writes(tmp_path: Path) -> None:
    with killed_writer(tmp_path / "v1"):
        [left] = (tmp_path / ".tmp").iterdir()
        remove_leftovers(tmp_path / ".tmp", kept_seconds=-1)
        assert (left / "rows.txt").is_file()
    remove_leftovers(tmp_path / ".tmp")
    assert left.is_dir()
    remove_leftovers(tmp_path / ".tmp", kept_seconds=-1)
    assert list((tmp_path / ".tmp").iterdir()) == []


def test_files_copied_with_an_old_date_make_a_leftover_no_older(tmp_path: Path) -> None:
    left = tmp_path / ".tmp" / f"v1.{uuid4().hex}"
    left.mkdir(parents=True)
    two_files(left)
    for path in [*left.rglob("*"), left]:
        os.utime(path, (0, 0))
    remove_leftovers(tmp_path / ".tmp")
    assert (left / "rows.txt").is_file()


def test_what_no_writer_named_is_no_leftover(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / f"v1.{uuid4().hex}").write_text("a file")
    remove_leftovers(tmp_path, kept_seconds=-1)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_publish_removes_leftovers_under_the_same_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / ".tmp" / f"v0.{uuid4().hex}"
    left.mkdir(parents=True)
    door.publish(str(tmp_path / "v1"), "thing", two_files)
    assert left.is_dir()
    tomorrow = time.time() + KEPT_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    door.publish(str(tmp_path / "v2"), "thing", two_files)
    assert not left.exists()


def test_the_slower_of_two_writers_finds_the_first_ones_version(tmp_path: Path) -> None:
    def overtaken(folder: Path) -> Mapping[str, Any]:
        door.publish(str(tmp_path / "v1"), "thing", two_files)
        return two_files(folder)

    assert door.publish(str(tmp_path / "v1"), "thing", overtaken).created is False
    assert door.names(str(tmp_path)) == ["v1"]


def test_on_an_object_store_a_folder_without_its_manifest_is_not_there() -> None:
    root = f"memory://{uuid4().hex}"
    fsspec.filesystem("memory").pipe_file(f"{root}/v1/rows.txt", b"half a copy")
    assert door.names(root) == []
    assert door.publish(f"{root}/v1", "thing", two_files).created is True
    assert door.read(f"{root}/v1", "thing").file("rows.txt").read_text() == "one\ntwo\n"


def of_now(folder: Path) -> Mapping[str, Any]:
    """As Data Docs are: under another name, with other bytes, each time."""
    (folder / f"{uuid4().hex}.html").write_text(uuid4().hex)
    return two_files(folder)


def test_on_an_object_store_a_writer_that_was_cut_off_half_way_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, store = f"memory://{uuid4().hex}", fsspec.filesystem("memory")
    whole = type(store).put_file

    def breaks(self: Any, lpath: str, rpath: str, **options: Any) -> None:
        if rpath.endswith("rows.txt"):
            raise ConnectionError("reset by peer")
        whole(self, lpath, rpath, **options)

    with monkeypatch.context() as patch, pytest.raises(Unavailable, match="reset by peer"):
        patch.setattr(type(store), "put_file", breaks)
        door.publish(f"{root}/v1", "thing", of_now)
    assert len(store.find(root)) == 2
    assert door.names(root) == []
    assert door.publish(f"{root}/v1", "thing", of_now).created is True
    assert door.read(f"{root}/v1", "thing").facts == {"rows": 2}


def test_of_two_that_publish_at_once_on_an_object_store_one_is_found_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = f"memory://{uuid4().hex}"

    def overtaken(folder: Path) -> Mapping[str, Any]:
        door.publish(f"{root}/v1", "thing", of_now)
        return of_now(folder)

    door.publish(f"{root}/v1", "thing", overtaken)
    assert len(door.read(f"{root}/v1", "thing").verify().files) == 3


def test_what_older_code_published_in_a_store_is_told_as_that_and_read_once_its_files_are_moved() -> None:
    root, store = f"memory://{uuid4().hex}", fsspec.filesystem("memory")
    files = door.publish(f"{root}/v1", "thing", two_files).files_uri
    for name in ("rows.txt", "docs/page.html"):
        store.mv(f"{files}/{name}", f"{root}/v1/{name}")
    with pytest.raises(BadInput, match=f"by older code: .* looks for them in {files}. Nothing is damaged") as refusal:
        door.read(f"{root}/v1", "thing")
    assert refusal.value.code == "publish.layout_old"
    for name in ("rows.txt", "docs/page.html"):
        store.mv(f"{root}/v1/{name}", f"{files}/{name}")
    assert door.read(f"{root}/v1", "thing").verify().facts == {"rows": 2}


def test_files_that_are_gone_from_a_store_are_no_older_layout() -> None:
    root, store = f"memory://{uuid4().hex}", fsspec.filesystem("memory")
    files = door.publish(f"{root}/v1", "thing", two_files).files_uri
    store.rm(files, recursive=True)
    with pytest.raises(Damaged, match="is gone"):
        door.read(f"{root}/v1", "thing")


def test_a_full_disk_here_is_no_outage_of_the_store(tmp_path: Path) -> None:
    root = f"memory://{uuid4().hex}"
    fsspec.filesystem("memory").pipe_file(f"{root}/rows.txt", b"rows")
    with pytest.raises(Unavailable, match="/dev/full cannot be written: No space left") as refusal:
        object_store.copy(root, "rows.txt", Path("/dev/full"))
    assert refusal.value.code == "publish.no_place"


@pytest.mark.parametrize(
    ("number", "mends"),
    [
        (errno.ENOSPC, "Free some space,"),
        (errno.EACCES, "Correct the permissions,"),
        (errno.EROFS, "Its file system is mounted read-only: mount it writable,"),
    ],
)
def test_what_mends_a_place_follows_from_why_it_cannot_be_written(number: int, mends: str) -> None:
    with pytest.raises(Unavailable) as refusal, usable("/sets"):
        raise OSError(number, os.strerror(number))
    assert refusal.value.code == "publish.no_place"
    assert refusal.value.next_step.startswith(mends)


@pytest.mark.parametrize("name", ["late_arrival", "2013-10-01T0600.3f9a", "base-0a"])
def test_a_plain_name_is_kept(name: str) -> None:
    assert door.check_name(name, "version") == name


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".tmp", "Late", "a b", "a\n", "x" * 101, "-a"])
def test_a_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="The version is") as refusal:
        door.check_name(name, "version")
    assert refusal.value.code == "name.invalid"


def test_a_folder_that_lost_its_manifest_is_damage_to_who_publishes_it_again(tmp_path: Path) -> None:
    door.publish(f"{tmp_path}/v1", "thing", two_files)
    (tmp_path / "v1" / "manifest.json").unlink()
    with pytest.raises(Damaged, match=r"its manifest\.json is gone\. Restore it"):
        door.publish(f"{tmp_path}/v1", "thing", two_files)
    with pytest.raises(Damaged, match=r"its manifest\.json is gone\. Restore it"):
        door.read(f"{tmp_path}/v1", "thing")
    assert (tmp_path / "v1" / "rows.txt").exists()
