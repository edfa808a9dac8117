"""What was done in each week, and how far one came: so that a replay goes on where it was interrupted, and is told."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from artifacts.errors import Damaged
from artifacts.whole_file import write_whole
from ops.replay.plan import Week

# `begun` has the champion that is asked, `asked` what was found and decided before anything landed, `watched` all that
# is found without training: once there is a new champion, or a month more has landed, none can be found again.
Stage = Literal["begun", "asked", "watched", "done"]


@dataclass(frozen=True)
class Training:
    """A candidate that was due: why, and the verdict as the DAG `train_candidate` returned it."""

    why: str
    verdict: dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A week, as far as it came. `findings` are the ids of what `watch_drift` checked; `red` is why it ended red.

    `training_set` was built when `months` had landed.
    """

    start: str
    end: str
    champion: int
    rows: int = 0
    findings: Sequence[str] = ()
    red: str | None = None
    asked_for_training: bool = False
    months: Sequence[str] = ()
    training_set: str | None = None
    trainings: Sequence[Training] = field(default_factory=tuple)
    seconds: float = 0.0

    @property
    def week(self) -> Week:
        """Its days."""
        return Week(date.fromisoformat(self.start), date.fromisoformat(self.end))


def read_done(folder: Path, week: Week, stage: Stage = "done") -> Done | None:
    """The week as it was at the stage; None when it has not come to it. Raises `Damaged` (`replay.journal_damaged`)."""
    path = _path(folder, week, stage)
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
            f"{path} does not say what was done in the week of {week.words} ({error}).",
            next_step="Delete the file and replay again: the week is gone through anew, and nothing is told twice.",
        ) from error
    return done


def write_done(folder: Path, done: Done, stage: Stage = "done") -> None:
    """Keep what was done, whole or not at all."""
    write_whole(_path(folder, done.week, stage), json.dumps(asdict(done), indent=1))


def begin(folder: Path, week: Week, champion: int) -> Done:
    """The week with the champion that it began with: `champion`, unless a kill came after it had begun."""
    begun = read_done(folder, week, "begun")
    if begun is None:
        begun = Done(str(week.start), str(week.end), champion)
        write_done(folder, begun, "begun")
    return begun


def _path(folder: Path, week: Week, stage: Stage) -> Path:
    return folder / (f"{week.end}.json" if stage == "done" else f"{week.end}.{stage}.json")
