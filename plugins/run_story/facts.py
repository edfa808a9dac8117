"""What a DAG run was about, by the names that commands take: gathered from what its tasks noted and handed on."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from artifacts.run_evidence import TaskEvidence

# Facts by the name that a command gives them, and where a note has them.
NOTED = {
    "asked": {"name": "name", "as_of": "as_of"},
    "inputs": {"name": "name", "as_of": "as_of"},
    "training_set": {"training_set": "id"},
    "config": {"config": "name", "training_set": "training_set", "model": "model"},
    "trained": {"run_id": "run_id", "model": "model", "version": "version"},
    "candidate": {"run_id": "run_id", "model": "model", "training_set": "training_set"},
    "verdict": {"run_id": "candidate", "model": "model", "version": "version", "training_set": "training_set"},
    "decided": {"run_id": "candidate", "model": "model", "version": "version", "training_set": "training_set"},
    "findings": {"model": "model", "version": "version", "window": "window"},
    "landed": {"source": "source"},
}
# And by the name of a parameter, or of what a task hands on.
SAME = ("name", "as_of", "training_set", "config", "model", "version", "window", "source", "month")
ASKED = {name: name for name in SAME} | {"candidate": "run_id"}
# Airflow also takes parameters that no DAG declares, of any text: what a shell would read in its own way is no name.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/+=@-]*")


def facts_of(
    kept: Sequence[TaskEvidence], culprit: tuple[str, int] | None, home: Path, conf: Mapping[str, Any]
) -> dict[str, str]:
    """The facts for the task `culprit` (its name and map index), else of the DAG run as a whole, which had `conf`."""
    found: dict[str, Any] = {"home": home, **_handed_on(conf, -1)}
    mapped = -1 if culprit is None else culprit[1]
    for one in kept:
        found.update(_handed_on(one.returned, mapped))
    # What a task of the same branch noted counts more than what another branch did.
    for one in sorted(kept, key=lambda one: (one.name.map_index == mapped, one.began)):
        for kind, names in NOTED.items():
            given = one.notes.get(kind, {})
            # What a config says stands a step below.
            given = {**given.get("keys", {}), **given}
            found.update({name: given[key] for name, key in names.items() if given.get(key) is not None})
    told = {name: str(value) for name, value in found.items() if value is not None}
    if "as_of" in told:
        told["as_of"] = told["as_of"].removesuffix("T00:00:00")
    return told


def _handed_on(returned: Any, mapped: int) -> Mapping[str, Any]:
    """What a task handed on by name, or to the branch `mapped`."""
    if isinstance(returned, list) and returned:
        returned = returned[mapped] if 0 <= mapped < len(returned) else returned[0]
    if not isinstance(returned, Mapping):
        return {}
    return {fact: returned[name] for name, fact in ASKED.items() if _is_name(returned.get(name))}


def _is_name(given: Any) -> bool:
    return isinstance(given, str | int) and _NAME.fullmatch(str(given)) is not None
