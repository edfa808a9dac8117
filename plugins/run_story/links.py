"""Where a task's extra links lead: its MLflow run, its training set and that set's Data Docs, on the on-call pages."""

from collections.abc import Mapping
from typing import Any

from artifacts.errors import Refusal
from artifacts.places import read_places
from artifacts.run_evidence import TaskEvidence, readable_tasks
from plugins.on_call.address import address_of

MLFLOW, SET, DOCS = "MLflow run", "Training set", "Data Docs"
# The note and the fact in it that name the thing, the most telling first.
RUNS = (("decided", "candidate"), ("verdict", "candidate"), ("trained", "run_id"))
SETS = (("training_set", "id"), ("config", "training_set"), ("verdict", "training_set"), ("decided", "training_set"))


def link_of(name: str, key: Any) -> str | None:
    """The address of a link of the task instance `key`; None, which Airflow shows as no link, when it made no such."""
    try:
        tasks = readable_tasks(read_places().home, key.dag_id, key.run_id).tasks
    except Refusal:
        return None
    own = [one for one in tasks if (one.name.task, one.name.map_index) == (key.task_id, key.map_index)]
    found = _noted(own, RUNS if name == MLFLOW else SETS)
    if found is None and name == DOCS:
        return next((link for one in own if (link := failed_docs_of(one.notes.get("expectations", {})))), None)
    if found is None:
        return None
    if name == MLFLOW:
        return address_of("mlflow-runs", found)
    parts = ("docs", "index.html") if name == DOCS else ()
    return address_of("training-sets", *found.split("/"), *parts)


def failed_docs_of(expectations: Mapping[str, Any]) -> str | None:
    """The address of the Data Docs of rows that failed, from the note about it; None where none failed."""
    if not expectations.get("failed") or not expectations.get("attempt"):
        return None
    return address_of("audits", str(expectations["set"]), str(expectations["attempt"]), "docs", "index.html")


def _noted(own: list[TaskEvidence], where: tuple[tuple[str, str], ...]) -> str | None:
    given = (one.notes.get(kind, {}).get(fact) for one in own for kind, fact in where)
    return next((str(one) for one in given if one), None)
