"""Run evidence: what the tasks of a DAG run left behind for whoever is on call, as small JSON, one file a try."""

from artifacts.run_evidence.forgetting import forget_old_runs
from artifacts.run_evidence.good import keep_run_end, last_good, last_good_of
from artifacts.run_evidence.notes import Notes, collecting, note
from artifacts.run_evidence.records import DagRunEnd, Handed, Outcome, Refused, TaskEnd, TaskEvidence, TaskName
from artifacts.run_evidence.store import (
    Kept,
    keep_task,
    read_run_end,
    read_tasks,
    readable_tasks,
)

__all__ = [
    "DagRunEnd",
    "Handed",
    "Kept",
    "Notes",
    "Outcome",
    "Refused",
    "TaskEnd",
    "TaskEvidence",
    "TaskName",
    "collecting",
    "forget_old_runs",
    "keep_run_end",
    "keep_task",
    "last_good",
    "last_good_of",
    "note",
    "read_run_end",
    "read_tasks",
    "readable_tasks",
]
