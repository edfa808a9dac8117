"""The list of published parts, kept beside the segments: a part whose whole folder is gone is still known of."""

import os
import re
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

from artifacts.errors import Damaged
from artifacts.plural import many, plural
from artifacts.prediction_log.frames import damaged
from artifacts.prediction_log.part import Key, Part
from artifacts.prediction_log.parts import keys, names_of, parts
from artifacts.whole_file import write_whole

LIST = "published-parts"
_LINE = re.compile(rb"model=[^/=]+/version=\d+/day=\d{4}-\d\d-\d\d/[^/=]+")


def remember(folder: Path, published: Iterable[Part]) -> None:
    """Have the names of these parts on the disk, in the list of the log `folder`; raises OSError as the system does.

    One process at a time may. A line that a kill cut off is written again: its segments are still there.
    """
    path = folder / LIST
    known = _lines(path)
    new = [line for part in published if (line := _line(part)) not in known]
    if new:
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o640)
        try:
            end = sum(len(line) + 1 for line in known)
            os.ftruncate(descriptor, end)
            os.lseek(descriptor, end, os.SEEK_SET)
            with os.fdopen(descriptor, "wb", closefd=False) as stream:
                stream.writelines(line + b"\n" for line in new)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def refuse_list_gone(log: Path, into: str, segments: Collection[str]) -> None:
    """Raise `Damaged` (`log.list_gone`) when there are parts, and no list of them beside the log.

    What was published a moment ago may be listed a moment later: then its first segment is still among the `segments`.
    """
    if (log / LIST).exists():
        return
    for key in keys(into):
        for name in names_of(into, key):
            if name.rsplit(".", 1)[0] not in segments:
                raise Damaged(
                    "log.list_gone",
                    f"{log / LIST} is not there, and {into} has parts, such as {key.uri('').removeprefix('/')}/{name}: "
                    "whether a part or a segment is gone is not known.",
                    next_step="Restore the folder of the log from a copy, or correct PIPELINE_PREDICTIONS or "
                    "PIPELINE_PREDICTION_PARTS, which belong together. Without a copy note that predictions may be "
                    "lost, and begin an empty list, which the next compaction fills with what is there: "
                    f"touch {log / LIST}",
                )


def adopt(folder: Path, into: str) -> None:
    """Have every part that is there in an empty list of the log `folder`, as who lost it begins one."""
    path = folder / LIST
    if path.exists() and not path.stat().st_size:
        write_whole(path, "".join(f"{_line(part).decode()}\n" for part in parts(into)))


def listed(folder: Path, model: str) -> set[tuple[Key, str]]:
    """The parts of `model` that the list of the log `folder` says were published; raises `Damaged` (`log.damaged`)."""
    return {(key, name) for key, name in map(_read, _lines(folder / LIST)) if key.model == model}


def refuse_gone(log: Path, into: str, found: Iterable[Part], segments: Collection[str], model: str) -> None:
    """Raise `Damaged` (`log.part_gone`) for a listed part of `model` that is neither among those `found` nor to be
    made again: its first segment, which its name begins with, is in no other part and not among the `segments`.
    """
    known = list(found)
    there = {_line(part) for part in known}
    held = {(part.key, segment) for part in known for segment in part.segments}
    gone = []
    for line in _lines(log / LIST):
        key, name = _read(line)
        first = name.rsplit(".", 1)[0]
        if key.model == model and line not in there and first not in segments and (key, first) not in held:
            gone.append(line.decode())
    if gone and not known:
        _refuse_all_gone(log, into, model, gone)
    if gone:
        left = len(gone) - 1
        more = f", and {left} more of {model} {plural(left, 'is', 'are')} gone" if left else ""
        raise Damaged(
            "log.part_gone",
            f"{into}/{gone[0]} is gone: the log's {LIST} says that it was published{more}.",
            next_step=f"Restore it from a copy, under its own name; without one, take its line out of {log / LIST} "
            "and note that its predictions are lost.",
        )


def _refuse_all_gone(log: Path, into: str, model: str, gone: list[str]) -> None:
    """Raise `Damaged` (`log.part_gone`) when the whole place of the parts is gone, or all of it that is the model's."""
    if keys(into, model):
        return
    where = f"{into}/model={model}" if keys(into) else into
    raise Damaged(
        "log.part_gone",
        f"{where} is gone as a whole, or has no part any more: the log's {LIST} says that {many(len(gone), 'part')} of "
        f"{model} {plural(len(gone), 'was', 'were')} published there, such as {gone[0]}.",
        next_step="Restore the whole folder from a backup, or correct PIPELINE_PREDICTION_PARTS. Without a backup take "
        f"the lines of model={model} out of {log / LIST} and note that its predictions are lost.",
    )


def _read(line: bytes) -> tuple[Key, str]:
    """Of a line that `_LINE` matches: what the part is about, and its name."""
    model, version, day, name = (one.rpartition("=")[2] for one in line.decode().split("/"))
    return Key(model, int(version), date.fromisoformat(day)), name


def _line(part: Part) -> bytes:
    return f"{part.key.uri('')}/{part.published.uri.rsplit('/', 1)[-1]}".removeprefix("/").encode()


def _lines(path: Path) -> list[bytes]:
    """The lines that are whole; raises `Damaged` (`log.damaged`) for one that names no part."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    lines = content.split(b"\n")[:-1]
    for number, line in enumerate(lines):
        if _LINE.fullmatch(line) is None:
            raise damaged(path, sum(len(one) + 1 for one in lines[:number]), "this line names no part")
    return lines
