"""One try of a task, and the end of a DAG run, as they are kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, NaiveDatetime
from pydantic.dataclasses import dataclass

from artifacts.errors import Refusal, Unavailable
from artifacts.finding import CLOSED

Outcome = Literal["passed", "skipped", "refused", "broke"]


@dataclass(frozen=True, config=CLOSED)
class TaskName:
    """A try of a task of a DAG run; `map_index` is -1 for a task that is not mapped, `attempt` counts from 1."""

    dag: str
    run: str
    task: str
    map_index: int = -1
    attempt: Annotated[int, Field(ge=0)] = 1


@dataclass(frozen=True, config=CLOSED)
class Refused:
    """What a task said no with: the code that the runbook knows, a sentence, and the one next step."""

    code: str
    message: str
    next_step: str
    may_pass_later: bool = False

    @classmethod
    def of(cls, refusal: Refusal) -> "Refused":
        """A refusal as it is kept."""
        return cls(refusal.code, refusal.message, refusal.next_step, isinstance(refusal, Unavailable))


@dataclass(frozen=True, config=CLOSED)
class TaskEvidence:
    """What one try left behind; times are UTC. `notes` are those of the rooms, `returned` what the task handed on."""

    name: TaskName
    outcome: Outcome
    began: NaiveDatetime
    ended: NaiveDatetime
    refused: Refused | None = None
    said: str | None = None
    returned: Any = None
    notes: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)


@dataclass(frozen=True, config=CLOSED)
class TaskEnd:
    """How Airflow saw a task end, whether or not it left evidence; `state` is Airflow's word."""

    task: str
    map_index: int
    attempt: int
    state: str | None


@dataclass(frozen=True, config=CLOSED)
class Handed:
    """What said no in a task that left no word of it itself, by Airflow's database, which is not asked for it again."""

    task: str
    map_index: int
    refused: Refused


@dataclass(frozen=True, config=CLOSED)
class DagRunEnd:
    """How a DAG run ended; `since` is the last DAG run of the same DAG that had ended well before it.

    `began` (UTC) orders DAG runs, since one may be marked success long after; None in one from before it was kept.

    `about` names the models and training sets; where it names any, `since` was about one of the same, and `since_of`
    has the last good one about each. `unread` is why it could not be read which ones these are.
    """

    dag: str
    run: str
    state: str
    ended: NaiveDatetime
    tasks: tuple[TaskEnd, ...]
    since: str | None
    conf: Mapping[str, Any] = Field(default_factory=dict)
    about: tuple[str, ...] = ()
    unread: str | None = None
    handed: tuple[Handed, ...] = ()
    began: NaiveDatetime | None = None
    since_of: Mapping[str, str] = Field(default_factory=dict)

    @property
    def at(self) -> datetime:
        """When it began; of one from before that was kept, when it ended."""
        return self.began or self.ended

    def good_before(self, one: str | None) -> str | None:
        """The last good one before it, of all, or of those about `one`; in one from before that was kept, of any."""
        return self.since_of.get(one) if one is not None and self.since_of else self.since
