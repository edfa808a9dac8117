"""One alert from its opening to its end, and the events that are told of it; all times are those of windows."""

from typing import Annotated, Literal

from pydantic import Field, NaiveDatetime
from pydantic.dataclasses import dataclass

from artifacts.finding import CLOSED, Finding

Kind = Literal["DRIFT", "UNKNOWN"]
# `resolved`: it is found no more; `settled`: nor is it, but the trailing window, which it was held against, may have
# taken up its days, so that this does not say that it is as it was.
Ending = Literal["resolved", "settled", "retired"]
Step = Literal["escalated", "opened", "reminded", "accepted"] | Ending
# What the log alone tells, of the newest days, and what a training set tells later, once labels are known.
Stream = Literal["log", "truth"]


def stream_of(finding: Finding) -> Stream:
    """Whether the finding needed a training set to be held against."""
    return "truth" if finding.baseline in ("truth", "holdout") else "log"


@dataclass(frozen=True, config=CLOSED)
class Alert:
    """The `incident`-th time (from 1) that `key` of `version` was DRIFT or, as an alert of its own, UNKNOWN.

    `opened` and `closed` are ends of windows, `closed` None while it is open; `seen` is the end of the newest window
    that was so, and `told` of the newest one that was told. Rows of since <= time < until may be bad (`until` None:
    no end is known). `finding` is the newest one of the alert's own kind, `first` the start of the window that opened
    it. `ended` says how it was closed (None also where that was before this was kept), and `ended_by` is the finding of
    the window that closed it, where there was one. `accepted_by` says that it is meant to be so, because of
    `accepted_because`: it is told no more until it ends. `shown` is the id of the findings that `finding` is of (None
    where they were not kept yet).
    """

    model: str
    version: Annotated[int, Field(ge=1)]
    kind: Kind
    key: str
    incident: Annotated[int, Field(ge=1)]
    opened: NaiveDatetime
    since: NaiveDatetime
    seen: NaiveDatetime
    told: NaiveDatetime
    finding: Finding
    escalated: bool = False
    until: NaiveDatetime | None = None
    closed: NaiveDatetime | None = None
    first: NaiveDatetime | None = None
    accepted_by: str | None = None
    accepted_because: str | None = None
    ended_by: Finding | None = None
    ended: Ending | None = None
    shown: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has seen it end."""
        return self.closed is None


@dataclass(frozen=True, config=CLOSED)
class Event:
    """A step of an alert that a person is told, with the alert as it was after it; `at` is the end of the window."""

    step: Step
    at: NaiveDatetime
    alert: Alert

    @property
    def id(self) -> str:
        """The same whenever and however often it is told: which alert, which incident, which step, at which window."""
        alert = self.alert
        incident = f"{alert.model}/v{alert.version}/{alert.kind}/{alert.key}/{alert.incident}"
        return f"{incident}/{self.step}@{self.at.isoformat()}"


@dataclass(frozen=True, config=CLOSED)
class Watch:
    """What is known of one model version in one stream: the newest findings taken, and each key's newest alert.

    `start` and `end` are their window, `good` the keys that were OK in it. `began` is the start of the first window
    taken, where others had been checked before it: of these nothing is known. None where it is known from the start.
    """

    model: str
    version: Annotated[int, Field(ge=1)]
    stream: Stream
    start: NaiveDatetime | None = None
    end: NaiveDatetime | None = None
    findings: str | None = None
    good: frozenset[str] = frozenset()
    alerts: tuple[Alert, ...] = ()
    began: NaiveDatetime | None = None
