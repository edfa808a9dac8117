"""The verdict of a DAG run, or of one task of it, in a word."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from artifacts.run_evidence import Refused, TaskEnd, TaskEvidence

State = Literal["OK", "KEPT", "WAITS", "DRIFT", "UNKNOWN", "FAILED", "SKIPPED", "RUNNING"]
ENDED = {"success", "failed"}
RUNNING = {None, "none", "queued", "scheduled", "running", "up_for_retry", "deferred", "restarting", "awaiting_input"}


def of_task(ends: Sequence[TaskEnd]) -> str:
    """The state of one task, in the words of a DAG run."""
    states = {end.state for end in ends}
    return "failed" if "failed" in states else "running" if states & RUNNING else "success"


def verdict_of(state: str, kept: Sequence[TaskEvidence], ends: Sequence[TaskEnd], cause: Refused | None) -> State:
    """The verdict of a DAG run in `state`, by what said no, if anything did, else by what was found and decided."""
    states = {end.state for end in ends}
    if state not in ENDED and (cause is None or "up_for_retry" in states):
        return "RUNNING"
    if cause is not None:
        unknown = {"monitoring.cannot_judge", *(() if state == "failed" else ("run_evidence.damaged",))}
        return "UNKNOWN" if cause.code in unknown else "FAILED"
    found = {one.notes["findings"]["state"] for one in kept if "findings" in one.notes}
    if found & {"DRIFT", "UNKNOWN"}:
        return "DRIFT" if "DRIFT" in found else "UNKNOWN"
    outcomes = {one.outcome for one in kept} | {"skipped" for state in states if state == "skipped"}
    if outcomes == {"skipped"} or not (kept or "success" in states) or ("skipped" in outcomes and not _did(kept)):
        return "SKIPPED"
    return _decided([one.notes[kind] for one in kept for kind in ("decided", "answered") if kind in one.notes])


def _did(kept: Sequence[TaskEvidence]) -> bool:
    """Whether any task noted or handed on something; of a mapping, as of how many messages went out, any value."""
    return any(one.notes or _any(one.returned) for one in kept)


def _any(returned: Any) -> bool:
    return any(returned.values()) if isinstance(returned, Mapping) else bool(returned)


def _decided(decided: Sequence[Mapping[str, Any]]) -> State:
    if any(one.get("waits", False) for one in decided):
        return "WAITS"
    return "OK" if not decided or any(one["promoted"] for one in decided) else "KEPT"
