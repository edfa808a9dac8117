"""The story of the replayed weeks as plain facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from artifacts.alerts import Alert, Stream
from artifacts.finding import State
from monitoring.asked import BADNESS


@dataclass(frozen=True)
class Cell:
    """A feature in a week: its state by all rules and baselines, how far the farthest is in thresholds, and why.

    `in_part`: it is OK by some of them only, and others could not be judged.
    """

    state: State
    far: float | None
    why: str
    in_part: bool = False


@dataclass(frozen=True)
class Metric:
    """A metric of a week's rows, once labelled, with its interval; what the holdout promised, and the worst allowed."""

    state: State
    value: float | None
    low: float | None
    high: float | None
    promised: float | None
    limit: float | None
    why: str


@dataclass(frozen=True)
class Told:
    """A week: who answered, what was found of it and why, and once its labels were known, how well.

    `moved` is the state by the rows that were asked, `labelled` by what labels showed of them, None before they came;
    `pages` are the ids of the findings behind both. `red` is what the DAG run that watched refused at the end of the
    week: of it, or of an earlier one's labels.
    """

    start: date
    end: date
    version: int
    rows: int
    moved: State
    labelled: State | None
    why: str
    why_labelled: str
    red: str | None
    pages: Mapping[Stream, str]
    features: Mapping[str, Cell]
    metrics: Mapping[str, Metric]

    @property
    def state(self) -> State:
        """The worse of both: a week is fine when nothing that is known of it says otherwise."""
        return min((one for one in (self.moved, self.labelled) if one), key=BADNESS.index)


@dataclass(frozen=True)
class Candidate:
    """A candidate that was judged on a day: why it was due, and what came of it."""

    on: date
    version: int
    training_set: str
    due: str
    outcome: str
    said: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Incident:
    """An alert, and how it ended in the words of the message that told so: resolved, settled, retired.

    None while it is open.
    """

    alert: Alert
    ended: str | None


@dataclass(frozen=True)
class Story:
    """All of it, in order of time; `messages` is how many a receiver took."""

    model: str
    start: date
    end: date
    weeks: Sequence[Told]
    incidents: Sequence[Incident]
    candidates: Sequence[Candidate]
    messages: int
    champion: int
