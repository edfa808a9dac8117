"""The story of the replayed weeks as plain facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from artifacts.alerts import Alert
from artifacts.finding import State


@dataclass(frozen=True)
class Cell:
    """A feature in a week: its state by all rules and baselines, how far the farthest is in thresholds, and why."""

    state: State
    far: float | None
    why: str


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

    `red` is what the DAG run that watched refused at the end of the week: of it, or of an earlier one's labels.
    """

    start: date
    end: date
    version: int
    rows: int
    state: State
    why: str
    red: str | None
    features: Mapping[str, Cell]
    metrics: Mapping[str, Metric]


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
    """An alert, and how it ended in the words of the message that told so: resolved, retired; None while it is open."""

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
