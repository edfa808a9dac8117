"""A DAG run as Airflow saw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from artifacts.run_evidence import Refused, TaskEnd


@dataclass(frozen=True)
class Answer:
    """What a person chose who was asked, who that was, and why; `reason` is None where none was given."""

    chosen: tuple[str, ...]
    by: str
    reason: str | None


@dataclass(frozen=True)
class Seen:
    """Its names, its state, how its tasks ended, and by task and map index what refusals came through Airflow.

    `conf` are the parameters that it was given, `answers` by map index what persons answered, `began` is when it began
    (UTC), or when it was queued, `tasks_began` that of each task by name and map index, and `at` when it was looked at.
    """

    dag: str
    run: str
    state: str
    ends: tuple[TaskEnd, ...]
    handed: Mapping[tuple[str, int], Refused] = field(default_factory=dict)
    conf: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[int, Answer] = field(default_factory=dict)
    began: datetime | None = None
    tasks_began: Mapping[tuple[str, int], datetime] = field(default_factory=dict)
    at: datetime | None = None
