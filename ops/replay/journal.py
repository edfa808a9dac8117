"""What was done in each week that is finished: so that a replay goes on where it was interrupted, and is told of."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from artifacts.errors import Damaged
from artifacts.whole_file import write_whole
from ops.replay.plan import Week


@dataclass(frozen=True)
class Training:
    """A candidate that was due: why, and the verdict as the DAG `train_candidate` returned it."""

    why: str
    verdict: dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A week that is finished. `findings` are the ids of what `watch_drift` checked; `red` is why it ended red."""

    start: str
    end: str
    champion: int
    rows: int
    findings: Sequence[str]
    red: str | None = None
    asked_for_training: bool = False
    months: Sequence[str] = ()
    trainings: Sequence[Training] = field(default_factory=tuple)
    seconds: float = 0.0

    @property
    def week(self) -> Week:
        """Its days."""
        return Week(date.fromisoformat(self.start), date.fromisoformat(self.end))


def read_done(folder: Path, week: Week) -> Done | None:
    """What was done in the week; None when it is not finished. Raises `Damaged` (`replay.journal_damaged`)."""
    path = _path(folder, week)
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        trainings = tuple(Training(**one) for one in told.pop("trainings"))
        done = Done(**told, trainings=trainings)
        if done.week != week:
            raise ValueError(f"it is about {done.start} to {done.end}")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(
            "replay.journal_damaged",
            f"{path} does not say what was done from {week.start} to {week.end} ({error}).",
            next_step="Delete the file and replay again: the week is gone through anew, and nothing is told twice.",
        ) from error
    return done


def write_done(folder: Path, done: Done) -> None:
    """Keep what was done, whole or not at all."""
    write_whole(_path(folder, done.week), json.dumps(asdict(done), indent=1))


def _path(folder: Path, week: Week) -> Path:
    return folder / f"{week.end}.json"
