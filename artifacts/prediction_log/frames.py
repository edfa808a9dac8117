"""Frames of a segment: length, checksum of all so far, JSON; what a kill left unfinished is told from damage."""

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from artifacts.errors import Damaged

# Bytes of JSON, predictions in the segment up to and with this frame, CRC-32 of these two.
_HEAD = struct.Struct("<IQI")
_FIELDS = struct.Struct("<IQ")
# The chained digest, and the bytes of the whole frame, so that the last frame is found from the end.
_TAIL = struct.Struct("<16sI")
AROUND = _HEAD.size + _TAIL.size
MAX_PAYLOAD = 16 * 2**20
START = bytes(16)
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that is whole: where it starts and ends, its JSON, the predictions up to and with it, its digest."""

    offset: int
    end: int
    payload: bytes
    total: int
    digest: bytes


@dataclass
class Tally:
    """What a reading met: `torn_tails` unfinished frames of `torn_bytes` in all, which nobody was answered."""

    segments: int = 0
    predictions: int = 0
    torn_tails: int = 0
    torn_bytes: int = 0


def pack(payload: bytes, total: int, before: bytes) -> tuple[bytes, bytes]:
    """A frame's bytes and its digest, which covers the digest `before` it: none can go, come or change places."""
    fields = _FIELDS.pack(len(payload), total)
    head = fields + zlib.crc32(fields).to_bytes(4, "little")
    digest = _digest(before, head, payload)
    return b"".join((head, payload, _TAIL.pack(digest, AROUND + len(payload)))), digest


def read_frames(stream: BinaryIO, path: Path, *, sealed: bool, tally: Tally) -> Iterator[Frame]:
    """Every frame of a segment from its first byte on, one in memory at a time.

    A tail that a kill or a power cut left unfinished ends a segment that is not sealed, and is counted: a frame that
    stops before its end, sectors of zeros that were never written. Raises `Damaged` (`log.damaged`) on all else.
    """
    offset, before = 0, START
    while head := stream.read(_HEAD.size):
        size, total, crc = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0, -1)
        right_head = crc == zlib.crc32(head[: _FIELDS.size]) and size <= MAX_PAYLOAD
        body = stream.read(size + _TAIL.size) if right_head else b""
        if right_head and len(body) == size + _TAIL.size:
            payload, (digest, whole) = body[:size], _TAIL.unpack(body[size:])
            if digest == _digest(before, head, payload) and whole == AROUND + size:
                end = offset + AROUND + size
                yield Frame(offset, end, payload, total, digest)
                offset, before = end, digest
                continue
            unfinished = _never_written(body, offset + _HEAD.size) and not stream.peek(1)  # type: ignore[attr-defined]
        else:
            unfinished = right_head or len(head) < _HEAD.size or _only_zeros(head, stream)
        if sealed or not unfinished:
            raise damaged(path, offset, "this is no frame that was written here")
        tally.torn_tails += 1
        tally.torn_bytes += os.fstat(stream.fileno()).st_size - offset
        return


def count_at_end(descriptor: int) -> int:
    """The predictions of a segment, from its last whole frame's head: no payload is read and no digest checked."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, _TAIL.size, max(size - _TAIL.size, 0))
    if len(tail) == _TAIL.size and (last := _head_at(descriptor, size - _TAIL.unpack(tail)[1])):
        return last[1]
    offset = count = 0
    while (head := _head_at(descriptor, offset)) and (offset := offset + AROUND + head[0]) <= size:
        count = head[1]
    return count


RESTORE = "Restore the segment from a copy, or move it out of the log and say which predictions are lost."


def damaged(path: Path, offset: int, what: str, step: str = RESTORE) -> Damaged:
    """The refusal for a segment whose bytes are not those that were written."""
    return Damaged("log.damaged", f"Segment {path} is damaged at byte {offset}: {what}.", next_step=step)


def sealed_and_gone(path: Path) -> Damaged:
    """The refusal for a segment of which only its seal is left."""
    return Damaged(
        "log.damaged",
        f"Segment {path} is gone, and its seal is there.",
        next_step=f"Restore the segment from a copy, or move {path.stem}.sealed out of the log and say which "
        "predictions are lost.",
    )


def _digest(before: bytes, head: bytes, payload: bytes) -> bytes:
    digest = hashlib.sha256(before)
    digest.update(head)
    digest.update(payload)
    return digest.digest()[:16]


def _head_at(descriptor: int, offset: int) -> tuple[int, int] | None:
    head = os.pread(descriptor, _HEAD.size, offset) if offset >= 0 else b""
    if len(head) < _HEAD.size:
        return None
    size, total, crc = _HEAD.unpack(head)
    return (size, total) if crc == zlib.crc32(head[: _FIELDS.size]) else None


def _never_written(body: bytes, offset: int) -> bool:
    """Whether a sector of the file, or the end, is all zeros: JSON has no byte 0, so it was never written."""
    first = -offset % _SECTOR
    sectors = (body[at : at + _SECTOR] for at in range(first, len(body) - _SECTOR + 1, _SECTOR))
    return body.endswith(bytes(_TAIL.size)) or any(not any(sector) for sector in sectors)


def _only_zeros(head: bytes, stream: BinaryIO) -> bool:
    return not any(head) and all(not any(piece) for piece in iter(lambda: stream.read(2**20), b""))
