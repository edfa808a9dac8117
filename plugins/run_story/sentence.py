"""The verdict of a DAG run in one sentence."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from artifacts.plural import many, plural
from artifacts.run_evidence import Refused, TaskEnd, TaskEvidence
from plugins.on_call.briefly import briefly
from plugins.run_story.about import about_window
from plugins.run_story.cause import FAILED, GONE

SHOWN = 3
_COMMAND = re.compile(r": python -m .*$")


def sentence_of(
    state: str, culprit: str | None, cause: Refused | None, kept: Sequence[TaskEvidence], ends: Sequence[TaskEnd]
) -> str:
    """Who said what: the first task that said no, else what each part came to, of what does not run any more."""
    if cause is not None:
        more = _others(kept, ends)
        again = " Airflow tries it again." if state == "RUNNING" else ""
        return f"{_said(state, culprit, cause)} ({cause.code}): {briefly(cause.message)}{more}{again}"
    # Of what each came to, that on which a person has to act is said before all else.
    kept = sorted(kept, key=lambda one: not one.notes.get("decided", {}).get("waits", False))
    told = [said for one in kept for said in _told(one)] or [said for one in kept for said in _on_the_way(one)]
    if not told and state == "SKIPPED":
        before = any(end.state == "upstream_failed" for end in ends)
        return "It did not run: a task before it failed." if before else _nothing(kept, ends)
    if not told:
        return _well(ends)
    more = f" And {len(told) - SHOWN} more." if len(told) > SHOWN else ""
    return " ".join(told[:SHOWN]) + more


def _well(ends: Sequence[TaskEnd]) -> str:
    """That all ended well; of those that were skipped, that there was nothing for them to do."""
    skipped = sorted({end.task for end in ends if end.state == "skipped"})
    if skipped and len(ends) > 1:
        ended = sum(end.state != "skipped" for end in ends)
        return f"{ended} of {len(ends)} tasks ended well, and there was nothing to do for {', '.join(skipped)}."
    return f"All {len(ends)} tasks ended well." if len(ends) > 1 else "It ended well."


def _nothing(kept: Sequence[TaskEvidence], ends: Sequence[TaskEnd]) -> str:
    """That nothing was to be done, and which task found that."""
    passed = sorted((one for one in kept if one.outcome == "passed"), key=lambda one: one.began)
    skipped = sorted({end.task for end in ends if end.state == "skipped"})
    if not (passed and skipped):
        return "Nothing was to be done."
    return f"Nothing was to be done: {passed[0].name.task} found nothing for {', '.join(skipped)}."


def _others(kept: Sequence[TaskEvidence], ends: Sequence[TaskEnd]) -> str:
    """Who said no or failed beside the first one, each task by its name."""
    said = [(one.name.task, one.name.map_index, one.refused.code) for one in kept if one.refused is not None]
    known = {(task, place) for task, place, _ in said}
    failed = [end for end in ends if end.state in FAILED and (end.task, end.map_index) not in known]
    told = [f"{task} said no too ({code})" for task, _, code in said] + [f"{end.task} failed too" for end in failed]
    others = list(dict.fromkeys(told[1:]))
    more = f" And {len(others) - SHOWN} more." if len(others) > SHOWN else ""
    return "".join(f" {one}." for one in others[:SHOWN]) + more + _decided_beside(kept)


def _decided_beside(kept: Sequence[TaskEvidence]) -> str:
    """What was decided of other models in the same DAG run; first that on which a person has to act."""
    said_no = {noted.get("model") for one in kept if one.refused is not None for noted in one.notes.values()}
    decided = [one.notes["decided"] for one in kept if one.refused is None and "decided" in one.notes]
    decided = [one for one in decided if one["model"] not in said_no]
    told = [said for one in sorted(decided, key=lambda one: not one["waits"]) for said in _decided(one)]
    more = f" And {len(told) - SHOWN} more." if len(told) > SHOWN else ""
    return "".join(f" {one}" for one in told[:SHOWN]) + more


def _said(state: str, culprit: str | None, cause: Refused) -> str:
    """A refusal is a no; what no task refused failed by itself, or is not known."""
    if cause.code == GONE:
        return "What it came to is not known"
    if culprit is None:
        return "The DAG run failed" if state == "FAILED" else "What it left cannot all be read"
    return f"{culprit} {'failed' if cause.code.startswith(('run.', 'run_evidence.')) else 'said no'}"


def _told(one: TaskEvidence) -> list[str]:
    if one.outcome == "skipped" and one.said and one.name.task != "retrain":
        return [one.said]
    noted = [said for kind, say in SAYS.items() if kind in one.notes for said in say(one.notes[kind])]
    handed_on = one.returned.get("said") if isinstance(one.returned, Mapping) else one.returned
    is_said = isinstance(handed_on, str) and " " in handed_on and handed_on.endswith(".")
    return noted or ([str(handed_on)] if is_said else [])


def _on_the_way(one: TaskEvidence) -> list[str]:
    """What was made or found on the way to a decision, where no decision is told with it."""
    if "trained" in one.notes:
        told, config = one.notes["trained"], one.notes.get("config", {})
        on = f" on {config['training_set']}, by config {config['name']}" if config else ""
        word = "was trained" if told["new"] else "was there already, trained"
        return [f"{told['model']}: version {told['version']} {word}{on}."]
    if "verdict" in one.notes:
        told = one.notes["verdict"]
        return [f"{told['model']}: the judge says: {told['headline']}"]
    return []


def _decided(told: Mapping[str, Any]) -> list[str]:
    # What a person has to fill in is no part of a sentence; how to decide stands below it.
    said = _COMMAND.sub(".", told["said"]) if told["waits"] else told["said"]
    why = told["reasons"][0]["text"] if told["reasons"] else ""
    # The ledger's line of a promotion has the verdict's reasons too.
    return [f"{told['model']}: {said}" if why in said else f"{told['model']}: {said} {why}"]


def _findings(told: Mapping[str, Any]) -> list[str]:
    about = about_window(told)
    if not told["worst"]:
        return [f"{about}: {told['state']}, {many(told['rows'], 'row')}."]
    first = told["worst"][0]
    more = f", and {told['not_ok'] - 1} more" if told["not_ok"] > 1 else ""
    return [f"{about}: {told['state']} ({first['code']}{more}). {first['text']}"]


def _built(told: Mapping[str, Any]) -> list[str]:
    rows = f", {told['rows']:,} {plural(told['rows'], 'row')}" if told["rows"] is not None else ""
    return [f"{told['id']}{rows}, {'new' if told['new'] else 'nothing changed'}."]


def _landed(told: Mapping[str, Any]) -> list[str]:
    new, all_of = sum(one["new"] for one in told["partitions"]), len(told["partitions"])
    aside = sum(sum(one["set_aside"].values()) for one in told["partitions"])
    gap = f" {told['gap']} has not landed whole." if told["gap"] else ""
    tables = f"{new} of {many(all_of, 'table')} {plural(new, 'is', 'are')} new"
    return [f"{told['source']} {', '.join(told['months'])}: {tables}, {many(aside, 'row')} set aside.{gap}"]


def _compacted(told: Mapping[str, Any]) -> list[str]:
    parts, rows = len(told["parts"]), told["predictions"]
    if not parts:
        return []
    are = f"{plural(rows, 'prediction')} of the log {plural(rows, 'is', 'are')}"
    return [f"{rows:,} {are} in {many(parts, 'part')} now."]


def _answered(told: Mapping[str, Any]) -> list[str]:
    return [told["said"]]


SAYS = {
    "decided": _decided,
    "answered": _answered,
    "findings": _findings,
    "training_set": _built,
    "landed": _landed,
    "compacted": _compacted,
}
