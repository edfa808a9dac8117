"""A log tells what a kill left unfinished from damage, and never passes damage on."""

import json
import os
import random
import shutil
import struct
import zlib
from pathlib import Path

import pytest

from artifacts.errors import BadInput, Damaged
from artifacts.prediction_log import LogWriter, Prediction, Tally
from artifacts.prediction_log.frames import AROUND, START, pack, read_frames
from artifacts.prediction_log.twice import Twice
from tests.fixtures_prediction_log import ids, logged, prediction
from tests.reading_prediction_log import read_log


def unsealed(folder: Path, *records: Prediction) -> Path:
    segment = logged(folder, *records)
    *_, footer = offsets(segment)
    os.truncate(segment, footer)
    segment.with_suffix(".sealed").unlink()
    return segment


def offsets(segment: Path) -> list[int]:
    """Where the frames of a whole segment start."""
    with segment.open("rb") as stream:
        return [frame.offset for frame in read_frames(stream, segment, sealed=True, tally=Tally())]


def refused(folder: Path, code: str) -> Damaged:
    with pytest.raises(Damaged) as raised:
        ids(folder)
    assert raised.value.code == code
    return raised.value


def refusal(folder: Path) -> str:
    return refused(folder, "log.damaged").message


def test_a_tail_cut_anywhere_is_left_out_and_counted(tmp_path: Path) -> None:
    records = [prediction() for _ in range(3)]
    segment = unsealed(tmp_path, *records)
    whole, start = segment.read_bytes(), offsets(segment)[-1]
    for length in range(start + 1, len(whole)):
        segment.write_bytes(whole[:length])
        tally = Tally()
        assert [one for _, one in read_log(tmp_path, tally)] == records[:2]
        assert (tally.torn_tails, tally.torn_bytes) == (1, length - start)


def test_zeros_that_a_power_cut_left_are_left_out_and_counted(tmp_path: Path) -> None:
    records = [prediction() for _ in range(2)]
    segment = unsealed(tmp_path, *records)
    with segment.open("ab") as stream:
        stream.write(bytes(3_000_000))
    tally = Tally()
    assert [one for _, one in read_log(tmp_path, tally)] == records
    assert (tally.torn_tails, tally.torn_bytes) == (1, 3_000_000)


@pytest.mark.parametrize(("first", "last"), [(1024, 1536), (-100, None)])
def test_a_last_frame_with_sectors_that_were_never_written_is_left_out(
    tmp_path: Path, first: int, last: int | None
) -> None:
    records = [prediction(), prediction(request_id="r" * 4000)]
    segment = unsealed(tmp_path, *records)
    content = bytearray(segment.read_bytes())
    content[first:last] = bytes(len(content[first:last]))
    assert offsets(segment)[-1] < 1024 or first < 0
    segment.write_bytes(content)
    assert ids(tmp_path) == [records[0].prediction_id]


def test_zeros_with_anything_behind_them_are_damage(tmp_path: Path) -> None:
    segment = unsealed(tmp_path, prediction())
    with segment.open("ab") as stream:
        stream.write(bytes(2_000_000) + b"x")
    assert "damaged at byte" in refusal(tmp_path)


def test_zeros_in_the_midst_are_damage(tmp_path: Path) -> None:
    segment = unsealed(tmp_path, prediction(request_id="r" * 4000), prediction())
    content = bytearray(segment.read_bytes())
    content[1024:1536] = bytes(512)
    segment.write_bytes(content)
    assert "damaged at byte" in refusal(tmp_path)


@pytest.mark.parametrize("sealed", [True, False])
def test_any_flipped_bit_is_damage(tmp_path: Path, sealed: bool) -> None:
    segment = logged(tmp_path, *(prediction() for _ in range(3)))
    if not sealed:
        segment.with_suffix(".sealed").unlink()
    whole = segment.read_bytes()
    spots = random.Random(7).sample(range(len(whole) * 8), 150)
    # Every bit of every frame's head and tail besides.
    ends = [*offsets(segment)[1:], len(whole)]
    spots += [bit for at in offsets(segment) for bit in range(at * 8, (at + 16) * 8)]
    spots += [bit for end in ends for bit in range((end - 20) * 8, end * 8)]
    for bit in spots:
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        segment.write_bytes(content)
        assert str(segment) in refusal(tmp_path)


def test_a_frame_that_is_gone_came_twice_or_changed_places_is_damage(tmp_path: Path) -> None:
    segment = logged(tmp_path, *(prediction() for _ in range(4)))
    segment.with_suffix(".sealed").unlink()
    whole, at = segment.read_bytes(), offsets(segment)
    pieces = [whole[start:end] for start, end in zip(at, [*at[1:], len(whole)], strict=True)]
    for order in ([0, 1, 3, 4, 5], [0, 1, 2, 2, 3, 4, 5], [0, 2, 1, 3, 4, 5], [1, 2, 3, 4, 5]):
        segment.write_bytes(b"".join(pieces[number] for number in order))
        assert "is no frame that was written here" in refusal(tmp_path)


def test_a_frame_after_the_footer_is_damage(tmp_path: Path) -> None:
    segment = logged(tmp_path, prediction())
    segment.with_suffix(".sealed").unlink()
    whole = segment.read_bytes()
    digest = whole[-20:-4]
    segment.write_bytes(whole + pack(b'{"shapes":[],"blocks":[]}', 1, digest)[0])
    assert "a frame follows the footer" in refusal(tmp_path)


def test_a_sealed_segment_that_is_too_short_is_damage_wherever_it_was_cut(tmp_path: Path) -> None:
    segment = logged(tmp_path, *(prediction() for _ in range(3)))
    whole = segment.read_bytes()
    for length in [*offsets(segment), len(whole) - 1, len(whole) // 2]:
        segment.write_bytes(whole[:length])
        assert str(segment) in refusal(tmp_path)


def test_a_sealed_segment_with_zeros_behind_it_is_damage(tmp_path: Path) -> None:
    segment = logged(tmp_path, prediction())
    with segment.open("ab") as stream:
        stream.write(bytes(100))
    assert str(segment) in refusal(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"bytes":1,"digest":"00"}', "\\"])
def test_a_changed_seal_is_damage(tmp_path: Path, text: str) -> None:
    logged(tmp_path, prediction()).with_suffix(".sealed").write_text(text)
    assert "its seal" in refusal(tmp_path)


def test_a_sealed_segment_that_is_gone_is_damage(tmp_path: Path) -> None:
    logged(tmp_path, prediction())
    gone = logged(tmp_path, prediction())
    gone.unlink()
    with pytest.raises(Damaged, match=f"Segment {gone} is gone, and its seal is there") as refused:
        ids(tmp_path)
    assert f"or move {gone.stem}.sealed out of the log" in refused.value.next_step


def test_a_renamed_or_copied_segment_is_damage(tmp_path: Path) -> None:
    segment = logged(tmp_path, prediction())
    copy = shutil.copy(segment, tmp_path / "copy.log")
    assert f"the header is that of segment {segment.stem}" in refusal(tmp_path)
    all_of_it = f"Move it and its seal out of the log: {segment.name} holds all of it, so no prediction is lost."
    assert refused(tmp_path, "log.damaged").next_step == all_of_it
    segment.write_bytes(segment.read_bytes()[:-1])
    copy.rename(tmp_path / "0.log")
    said = f"{segment.name} is cut short, and 0.log is as long as the seal says: move {segment.name} out of the log,"
    assert refused(tmp_path, "log.damaged").next_step.startswith(said)
    segment.with_suffix(".sealed").rename(tmp_path / "0.sealed")
    restore = "Restore the segment from a copy, or move it out"
    assert refused(tmp_path, "log.damaged").next_step.startswith(restore)
    (tmp_path / "0.sealed").rename(segment.with_suffix(".sealed"))
    segment.write_bytes(b"another" + segment.read_bytes()[7:])
    assert refused(tmp_path, "log.damaged").next_step.startswith(restore)
    segment.unlink()
    segment.with_suffix(".sealed").rename(tmp_path / "0.sealed")
    again = f"Give it its name again, {segment.name}, and its seal {segment.stem}.sealed."
    assert refused(tmp_path, "log.damaged").next_step == again


def test_a_segment_that_goes_while_its_copy_is_looked_at_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = logged(tmp_path, prediction())
    segment.rename(tmp_path / "0.log")
    segment.with_suffix(".sealed").rename(tmp_path / "0.sealed")
    there = set(tmp_path.iterdir())
    # As it was when it was seen.
    monkeypatch.setattr(Path, "exists", lambda path: path == segment or path in there)
    assert refused(tmp_path, "log.damaged").next_step.startswith(f"Give it its name again, {segment.name}")


def test_an_empty_segment_is_damage(tmp_path: Path) -> None:
    (tmp_path / "20131001T000000000000-1-00000000.log").write_bytes(b"")
    assert "its header is gone" in refusal(tmp_path)


def test_two_predictions_with_one_id_are_damage_in_one_segment_and_in_two(tmp_path: Path) -> None:
    one = prediction()
    segment = logged(tmp_path / "a", one, prediction(), one)
    assert f"{one.prediction_id}: {segment} at" in refusal(tmp_path / "a")
    assert refused(tmp_path / "a", "log.damaged").next_step.startswith("Restore the segment from a copy")
    first, second = logged(tmp_path / "b", one), logged(tmp_path / "b", one)
    twice = refused(tmp_path / "b", "log.duplicate_ids")
    assert str(first) in twice.message
    assert str(second) in twice.message
    assert twice.next_step == "Move the one of both that is a copy out of the log, with its seal."


def test_ids_beyond_what_is_held_in_memory_are_compared_too() -> None:
    with Twice(held=100) as twice:
        for number in range(1000):
            # Every second one differs from the one before in its last digit only.
            twice.add(f"{number // 2 * 2**65 + number % 2:032x}", "segment", number)
        twice.check()
        twice.add(f"{7 * 2**65:032x}", "another", 0)
        with pytest.raises(Damaged, match="segment at 14 and another at 0"):
            twice.check()


def written(folder: Path, *payloads: tuple[object, int]) -> None:
    """A segment with right checksums and any content."""
    header = {"schema": 1, "segment": "s", "begun_at": ""}
    content, before = b"", START
    for payload, total in ((header, 0), *payloads):
        frame, before = pack(json.dumps(payload).encode(), total, before)
        content += frame
    (folder / "s.log").write_bytes(content)


def test_a_frame_count_that_differs_is_damage(tmp_path: Path) -> None:
    written(tmp_path, ({"shapes": [], "blocks": []}, 2))
    assert "0 predictions came up to here, 2 were written" in refusal(tmp_path)


@pytest.mark.parametrize("payload", [[], {}, {"shapes": []}, {"shapes": [], "blocks": [[0, [[1]]]]}, {"shapes": [1]}])
def test_json_that_no_writer_wrote_is_damage(tmp_path: Path, payload: object) -> None:
    written(tmp_path, (payload, 0))
    assert "this is no frame of a prediction log" in refusal(tmp_path)


def test_a_footer_that_does_not_fit_is_damage(tmp_path: Path) -> None:
    written(tmp_path, ({"frames": 9, "predictions": 0, "digest": ""}, 0))
    assert "the footer says" in refusal(tmp_path)


def test_a_segment_of_another_schema_is_refused_and_not_called_damaged(tmp_path: Path) -> None:
    frame, _ = pack(json.dumps({"schema": 2, "segment": "s", "begun_at": ""}).encode(), 0, START)
    (tmp_path / "s.log").write_bytes(frame)
    with pytest.raises(BadInput, match="schema 2; this code reads 1") as raised:
        ids(tmp_path)
    assert raised.value.code == "log.schema_unknown"


def test_a_length_beyond_any_frame_is_damage_and_no_reason_to_read_it(tmp_path: Path) -> None:
    segment = unsealed(tmp_path, prediction())
    fields = struct.pack("<IQ", 2**31, 1)
    with segment.open("ab") as stream:
        stream.write(fields + zlib.crc32(fields).to_bytes(4, "little") + bytes(AROUND))
    assert "damaged at byte" in refusal(tmp_path)


def test_files_that_are_no_segments_are_passed_over(tmp_path: Path) -> None:
    with LogWriter(tmp_path) as log:
        log.append([prediction()])
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".draft.new").write_text("x")
    assert len(ids(tmp_path)) == 1
    assert list(read_log(tmp_path / "nowhere")) == []
