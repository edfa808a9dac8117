"""Literal evidence of one DAG run, and the story of it."""

from datetime import datetime, timedelta

from artifacts.run_evidence import Refused, TaskEnd, TaskEvidence, TaskName, keep_task
from plugins.run_story.seen import Seen
from plugins.run_story.story import tell

BEGAN = datetime(2026, 11, 25, 17)
RUN = "manual__2026-11-25T17:00:00+00:00"
FINDINGS = {
    "state": "OK", "worst": [], "model": "m", "version": 1, "window": "2013-12-01..2013-12-08", "rows": 3, "not_ok": 0,
}  # fmt: skip
NO = Refused("set.bad", "Set a has 3 rows; 10 are wanted.", "Land more: python -m ingestion land --source a --month b")


def evidence(task="build", attempt=1, map_index=-1, minute=0, **given):
    began = BEGAN + timedelta(minutes=minute)
    name = TaskName("dag", RUN, task, map_index, attempt)
    return TaskEvidence(name, given.pop("outcome", "passed"), began, began, **given)


def refused(**given):
    return evidence(outcome="refused", **{"refused": NO, **given})


def told(home, *kept, ends=None, state="failed", **given):
    for one in kept:
        keep_task(home, one)
    names = [one.name for one in kept]
    states = {"passed": "success", "refused": "failed", "broke": "failed", "skipped": "skipped"}
    seen = [TaskEnd(n.task, n.map_index, n.attempt, states[one.outcome]) for n, one in zip(names, kept, strict=True)]
    return tell(home, Seen("dag", RUN, state, tuple(ends or seen), **given))
