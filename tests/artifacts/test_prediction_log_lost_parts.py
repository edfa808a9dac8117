"""A part of the log that is not whole is damage: what is left of the log is never taken for all of it."""

import shutil
from datetime import timedelta
from pathlib import Path

import fsspec
import pytest

from artifacts.errors import BadInput, Damaged
from artifacts.prediction_log import Log, compact, counts, find, tables
from tests.fixtures_prediction_log import NOON, logged, prediction


def read(log: Log) -> int:
    with tables(log, None, None, None) as files:
        return len(files)


def test_a_part_on_a_disk_that_lost_its_manifest_is_damage_and_never_passed_over(tmp_path: Path) -> None:
    log, one = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival"), prediction()
    logged(log.folder, one, prediction(asked_at=NOON + timedelta(days=1)))
    lost, _ = compact(log.folder, log.into).parts
    assert read(log) == 2
    (Path(lost) / "manifest.json").unlink()
    with pytest.raises(Damaged, match=r"its manifest\.json is gone"):
        read(log)
    with pytest.raises(Damaged, match=r"its manifest\.json is gone"):
        counts(log)
    with pytest.raises(Damaged, match=r"its manifest\.json is gone"):
        find(log.folder, log.into, log.model, one.prediction_id)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda part: (part / "manifest.json").write_text("{}"), "is not as it was written"),
        (lambda part: (part / "predictions.parquet").unlink(), "is gone"),
        (lambda part: (part / "predictions.parquet").write_bytes(b""), "has 0 bytes"),
    ],
)
def test_a_part_that_is_harmed_after_it_was_counted_is_told_as_damaged(tmp_path: Path, harm, said) -> None:  # type: ignore[no-untyped-def]
    log = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    logged(log.folder, prediction())
    [part] = compact(log.folder, log.into).parts
    assert [*counts(log).values()] == [1]
    harm(Path(part))
    with pytest.raises(Damaged, match=said):
        counts(log)


def test_what_was_published_and_is_gone_with_its_folder_is_not_counted_as_a_quiet_day(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    logged(log.folder, prediction(), prediction(asked_at=NOON + timedelta(days=1)))
    first, _ = compact(log.folder, log.into).parts
    compact(log.folder, log.into)
    assert [*counts(log).values()] == [1, 1]
    assert counts(Log(log.folder, log.into, "other")) == {}
    shutil.move(first, tmp_path / "away")
    with pytest.raises(Damaged, match=r"is gone: the log's published-parts says that it was published") as refused:
        counts(log)
    assert refused.value.code == "log.part_gone"
    shutil.move(tmp_path / "away", first)
    (log.folder / "published-parts").unlink()
    with pytest.raises(Damaged) as refused:
        counts(log)
    assert refused.value.code == "log.list_gone"


def test_in_a_store_a_part_without_manifest_is_damage_unless_its_segment_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    log = Log(tmp_path / "log", f"memory://{tmp_path.name}", "late_arrival")
    segment = logged(log.folder, prediction())
    kept = {path: path.read_bytes() for path in (segment, segment.with_suffix(".sealed"))}
    [part] = compact(log.folder, log.into).parts
    store, root = fsspec.core.url_to_fs(part)
    store.rm(f"{root}/manifest.json")
    with pytest.raises(Damaged, match=r"its manifest\.json is gone, and segment"):
        read(log)
    # As a killed upload leaves it: compaction does it again, and nothing is lost.
    for path, content in kept.items():
        path.write_bytes(content)
    assert read(log) == 1
    assert compact(log.folder, log.into).predictions == 1
    assert read(log) == 1


def test_a_part_whose_whole_folder_is_gone_is_damage_for_its_model_alone(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    logged(log.folder, prediction(), prediction(asked_at=NOON + timedelta(days=1)))
    lost, _ = compact(log.folder, log.into).parts
    shutil.move(lost, tmp_path / "kept")
    with pytest.raises(Damaged, match=r"is gone: the log's published-parts says"):
        read(log)
    assert read(Log(log.folder, log.into, "cancellation")) == 0
    shutil.move(tmp_path / "kept", lost)
    assert read(log) == 2


@pytest.mark.parametrize("lost", ["parts", "parts/model=late_arrival"])
def test_with_all_parts_gone_a_log_is_damaged_and_not_empty_and_the_whole_folder_is_named(
    tmp_path: Path, lost: str
) -> None:
    log = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    elsewhere = prediction(model="cancellation")
    logged(log.folder, prediction(), prediction(asked_at=NOON + timedelta(days=1)), elsewhere)
    compact(log.folder, log.into)
    shutil.rmtree(tmp_path / lost)
    said = f"{lost} is gone as a whole, or has no part any more: .* that 2 parts of late_arrival were published"
    for ask in (read, counts):
        with pytest.raises(Damaged, match=said) as no:
            ask(log)
        assert no.value.code == "log.part_gone" and no.value.next_step.startswith("Restore the whole folder")


def test_of_several_parts_that_are_gone_one_is_named_and_the_others_are_counted(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    logged(log.folder, *(prediction(asked_at=NOON + timedelta(days=at)) for at in range(3)))
    for part in compact(log.folder, log.into).parts[:2]:
        shutil.rmtree(part)
    with pytest.raises(Damaged, match="says that it was published, and 1 more of late_arrival is gone"):
        read(log)


@pytest.mark.parametrize("lost", ["the list", "the folder"])
def test_parts_beside_a_log_without_their_list_are_no_whole_log_until_a_list_is_begun(
    tmp_path: Path, lost: str
) -> None:
    log = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    logged(log.folder, prediction())
    compact(log.folder, log.into)
    listed = log.folder / "published-parts"
    listed.unlink() if lost == "the list" else shutil.rmtree(log.folder)
    for _ in range(2):
        for ask in (lambda: read(log), lambda: compact(log.folder, log.into)):
            with pytest.raises(Damaged, match="whether a part or a segment is gone is not known") as refused:
                ask()
            assert refused.value.code == "log.list_gone"
        # What is logged from now on is no sign that the rest is whole.
        logged(log.folder, prediction())
    listed.touch()
    assert read(log) == 2
    assert compact(log.folder, log.into).predictions == 2
    assert read(log) == 2
    # What was there when the list was begun is in it.
    shutil.rmtree(min(Path(log.into).rglob("manifest.json")).parent)
    with pytest.raises(Damaged, match="is gone: the log's published-parts says"):
        read(log)


def test_a_first_part_that_is_not_listed_yet_is_no_loss(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    segment = logged(log.folder, prediction())
    kept = {path: path.read_bytes() for path in (segment, segment.with_suffix(".sealed"))}
    compact(log.folder, log.into)
    for path, content in kept.items():
        path.write_bytes(content)
    (log.folder / "published-parts").unlink()
    assert read(log) == 1
    compact(log.folder, log.into)
    assert read(log) == 1 and (log.folder / "published-parts").exists()


def test_a_file_where_the_log_should_be_is_no_empty_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x")
    with pytest.raises(BadInput, match="is no place to keep anything: it is a file"):
        read(Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival"))


def test_a_line_of_the_list_that_a_kill_cut_off_is_written_again_and_an_altered_one_is_damage(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", str(tmp_path / "parts"), "late_arrival")
    segment = logged(log.folder, prediction())
    kept = {path: path.read_bytes() for path in (segment, segment.with_suffix(".sealed"))}
    compact(log.folder, log.into)
    listed = log.folder / "published-parts"
    whole = listed.read_bytes()
    listed.write_bytes(whole[:-9])
    for path, content in kept.items():
        path.write_bytes(content)
    compact(log.folder, log.into)
    assert listed.read_bytes() == whole
    listed.write_bytes(b"zork\n" + whole)
    with pytest.raises(Damaged, match="this line names no part"):
        read(log)
