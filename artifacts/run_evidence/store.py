"""Where run evidence stands, `HOME/runs/DAG/RUN/`: written in one step, and read only as it was written."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from pydantic import TypeAdapter, ValidationError

from artifacts.errors import Damaged
from artifacts.place_errors import usable
from artifacts.run_evidence.records import DagRunEnd, Refused, TaskEvidence, TaskName
from artifacts.whole_file import write_whole

FORMAT = 1
END = "end.json"
_TASK = re.compile(r"task\.(.+)\.(-?\d+)\.(\d+)\.json")
_EVIDENCE, _END = TypeAdapter(TaskEvidence), TypeAdapter(DagRunEnd)
T = TypeVar("T")


def keep_task(home: Path, evidence: TaskEvidence) -> None:
    """Keep what a try left behind; the same try again replaces it. Raises as `usable` does."""
    name = evidence.name
    file = f"task.{safe(name.task)}.{name.map_index}.{name.attempt}.json"
    _write(folder_of(home, name.dag, name.run) / file, _EVIDENCE.dump_python(evidence, mode="json"))


@dataclass(frozen=True)
class Kept:
    """What the newest tries of a DAG run's tasks left: by when they began, and of what cannot be read, why."""

    tasks: tuple[TaskEvidence, ...]
    damaged: Mapping[TaskName, Refused]


def readable_tasks(home: Path, dag: str, run: str) -> Kept:
    """The newest try of each task of a DAG run that left evidence, whole or damaged."""
    found: list[TaskEvidence] = []
    damaged: dict[TaskName, Refused] = {}
    for name, path in _newest(home, dag, run):
        try:
            one = _read(path, _EVIDENCE)
        except Damaged as refusal:
            damaged[name] = Refused.of(refusal)
        else:
            found += [one] if one else []
    return Kept(tuple(sorted(found, key=lambda one: (one.began, one.name.task, one.name.map_index))), damaged)


def read_tasks(home: Path, dag: str, run: str) -> tuple[TaskEvidence, ...]:
    """The newest try of each task of a DAG run that left evidence, by when it began.

    Raises `Damaged` (`run_evidence.damaged`).
    """
    kept = readable_tasks(home, dag, run)
    for one in kept.damaged.values():
        raise Damaged(one.code, one.message, next_step=one.next_step)
    return kept.tasks


def read_run_end(home: Path, dag: str, run: str) -> DagRunEnd | None:
    """How a DAG run ended; None while nobody wrote it down. Raises `Damaged` (`run_evidence.damaged`)."""
    return read_end(folder_of(home, dag, run) / END)


def _newest(home: Path, dag: str, run: str) -> Iterator[tuple[TaskName, Path]]:
    newest: dict[tuple[str, int], tuple[int, Path]] = {}
    folder = folder_of(home, dag, run)
    for path in sorted(folder.glob("task.*.json")) if folder.is_dir() else ():
        match = _TASK.fullmatch(path.name)
        if match is not None:
            key, attempt = (unquote(match[1]), int(match[2])), int(match[3])
            newest[key] = max(newest.get(key, (-1, path)), (attempt, path))
    for (task, map_index), (attempt, path) in newest.items():
        yield TaskName(dag, run, task, map_index, attempt), path


def folder_of(home: Path, *names: str) -> Path:
    """Where what a DAG, or one of its DAG runs, left stands."""
    return home.joinpath("runs", *map(safe, names))


def safe(name: str) -> str:
    """A name as one part of a path: run ids hold colons and plus signs, and a person may choose any."""
    text = quote(name, safe="+:")
    return text if not text.startswith(".") else "%2E" + text[1:]


def write_end(path: Path, end: DagRunEnd) -> None:
    """Write how a DAG run ended into a file."""
    _write(path, _END.dump_python(end, mode="json"))


def read_end(path: Path) -> DagRunEnd | None:
    """How a DAG run ended, by a file; None where there is none. Raises `Damaged` (`run_evidence.damaged`)."""
    return _read(path, _END)


def _write(path: Path, told: dict[str, Any]) -> None:
    body = {"format": FORMAT, **told}
    text = json.dumps({**body, "sha256": _digest(body)}, indent=1, allow_nan=False)
    with usable(str(path)):
        write_whole(path, text)


def _read(path: Path, adapter: TypeAdapter[T]) -> T | None:
    try:
        told = json.loads(path.read_bytes())
        sha256 = told.pop("sha256")
        if sha256 != _digest(told) or told.pop("format") != FORMAT:
            raise _damaged(path, "it is not as it was written")
        return adapter.validate_json(json.dumps(told))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, AttributeError, TypeError, ValidationError) as error:
        raise _damaged(path, f"it does not hold run evidence ({type(error).__name__})") from error


def _digest(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _damaged(path: Path, what: str) -> Damaged:
    return Damaged(
        "run_evidence.damaged",
        f"{path} is damaged: {what}.",
        next_step="Delete the file; the task's log has what it said, and clearing the task writes it again.",
    )
