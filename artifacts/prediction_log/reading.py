"""Read segments: in order, every checksum verified, what nobody was answered cut off and counted."""

from collections.abc import Iterator
from pathlib import Path

from artifacts.errors import BadInput
from artifacts.prediction_log.coding import Shape, decode, parsed
from artifacts.prediction_log.frames import RESTORE, Frame, Tally, damaged, read_frames, sealed_and_gone
from artifacts.prediction_log.record import Prediction
from artifacts.prediction_log.segment import LOG, SCHEMA, SEAL, found, seal_of

BLOCK = 2**20
_FOOTER = {"frames", "predictions", "digest"}


def segments_of(folder: Path) -> list[Path]:
    """The segments of a log by begin; raises `Damaged` (`log.damaged`) when a seal has lost its segment."""
    seals = sorted(folder.glob(f"[!.]*{SEAL}"))
    there = found(folder)
    lost = {path.stem for path in seals} - {path.stem for path in there}
    if lost:
        raise sealed_and_gone(folder / f"{min(lost)}{LOG}")
    return there


def read_segment(path: Path, tally: Tally) -> Iterator[tuple[int, Prediction]]:
    """Stream the predictions of a segment, each with the byte at which its frame starts.

    The last predictions of a live segment may be still unanswered. `tally` counts. Raises `Damaged` (`log.damaged`,
    naming segment and byte) on any other end than that of a kill.
    """
    seal = seal_of(path)
    shapes: list[Shape] = []
    last, count, frames, closed = None, 0, 0, False
    with path.open("rb") as stream:
        for frame in read_frames(stream, path, sealed=seal is not None, tally=tally):
            if closed:
                raise damaged(path, frame.offset, "a frame follows the footer")
            try:
                content = parsed(frame.payload)
                if frames == 0:
                    _check_header(path, content)
                    found_here: list[Prediction] = []
                elif content.keys() == _FOOTER:
                    _check_footer(content, frames, count, last)
                    closed, found_here = True, []
                else:
                    found_here = decode(content, shapes)
            except (KeyError, IndexError, TypeError, ValueError, BadInput) as error:
                if isinstance(error, BadInput) and error.code == "log.schema_unknown":
                    raise
                raise damaged(path, frame.offset, f"this is no frame of a prediction log ({error})") from error
            last, frames, count = frame, frames + 1, count + len(found_here)
            if frame.total != count:
                raise damaged(path, frame.offset, f"{count} predictions came up to here, {frame.total} were written")
            for one in found_here:
                yield frame.offset, one
    end, digest = (0, "") if last is None else (last.end, last.digest.hex())
    if last is None:
        raise damaged(path, 0, "its header is gone")
    if seal is not None and (not closed or seal != {"bytes": end, "digest": digest}):
        raise damaged(path, end, "it is not what its seal says: the segment or the seal was changed")
    tally.segments += 1
    tally.predictions += count


def _check_header(path: Path, header: dict[str, object]) -> None:
    if header["schema"] != SCHEMA:
        raise BadInput(
            "log.schema_unknown",
            f"Segment {path} has schema {header['schema']}; this code reads {SCHEMA}.",
            next_step="Use the code that wrote it.",
        )
    segment = str(header["segment"])
    if segment != path.stem:
        raise damaged(path, 0, f"the header is that of segment {segment}", _mend_name(path, segment))


def _mend_name(path: Path, segment: str) -> str:
    """What brings a segment that has the name of none, and is `segment`, back at the least loss."""
    own = path.with_name(f"{segment}{LOG}")
    try:
        # It may be removed at any time, by a compaction that published it.
        whole = own.open("rb")
    except FileNotFoundError:
        return f"Give it its name again, {own.name}, and its seal {own.stem}{SEAL}."
    with whole, path.open("rb") as copy:
        while block := copy.read(BLOCK):
            if (there := whole.read(len(block))) != block:
                is_cut = len(there) < len(block) and block.startswith(there)
                return _mend_cut(path, own) if is_cut else RESTORE
    return f"Move it and its seal out of the log: {own.name} holds all of it, so no prediction is lost."


def _mend_cut(path: Path, own: Path) -> str:
    """Of a segment that is shorter than its copy: without a seal it may be under way, and cut since."""
    seal = seal_of(own)
    if seal is None or seal.get("bytes") != path.stat().st_size:
        return RESTORE
    return (
        f"{own.name} is cut short, and {path.name} is as long as the seal says: move {own.name} out of the log, and "
        f"{path.stem}{SEAL} if it is there, and give {path.name} the name {own.name}."
    )


def _check_footer(footer: dict[str, object], frames: int, count: int, last: Frame | None) -> None:
    wanted = {"frames": frames, "predictions": count, "digest": "" if last is None else last.digest.hex()}
    if footer != wanted:
        raise ValueError(f"the footer says {footer}, read were {wanted}")
