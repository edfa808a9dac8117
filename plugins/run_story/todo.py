"""What is to be done now: the one next command, or that there is none and what a person has to decide; then what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifacts.run_evidence import Refused, TaskEvidence
from plugins.on_call.asking import DAG, anew, where
from plugins.run_story.as_it_is import as_it_is
from plugins.run_story.commands import ALERTS, JUDGE, filled, of_refusal
from plugins.run_story.damaged import made_again
from plugins.run_story.repeating import once_mended, repeats

# By code the parameters of a DAG by which it can come; a DAG run keeps what it was given.
BY_PARAMETER = {
    "decision.incomplete": ("reason",),
    "config.wrong_set": ("config", "training_set"),
    "features.not_landed": ("as_of",),
    "ingestion.month_empty": ("month",),
    "ingestion.month_not_over": ("month",),
    "ledger.no_champion": ("model",),
    "monitoring.day_ahead": ("day", "labels"),
    "period.invalid": ("month",),
    "promote.not_promotable": ("candidate",),
    "publish.missing": ("training_set",),
    "registry.missing": ("candidate", "version"),
    "registry.run_deleted": ("candidate",),
    "registry.run_foreign": ("candidate",),
    "rollback.never_champion": ("model", "version"),
    "serving.no_champion": ("name",),
    "source.month_missing": ("month",),
    "source.time_in_future": ("month",),
    "source.unknown": ("source",),
    "training_set.as_of": ("as_of",),
    "training_set.id": ("training_set",),
    "training_set.none": ("training_set",),
    "validation.nothing_to_check": ("as_of",),
}
KEPT = (
    "There is nothing to run, and what serves is as it was: the same config on the same training set gives the same "
    "candidate. Whether a feature or the config is to change, a person decides; the next training set brings the next "
    "candidate by itself."
)
WAITS = "A person decides{where} What the verdict rests on is told by:"
OVERTAKEN = "An answer to the old question promotes nothing. Judge it against the champion of now:"
ASKED_ANEW = "If the verdict still says promote, have a person asked about that one: {anew}."
ANSWER = "Next: answer under Required Actions in Airflow."
LEAK = (
    "Look at the importance plots on the MLflow run, and ask of the first feature when its facts became known. Train "
    "another candidate without it, by features: {all_but: [its_name]} in the config."
)
FOUND = (
    "What was found stays as it is, so clearing a task finds the same. The next DAG run of {dag} checks what has come "
    "since; for this day, once its labels or rows have come, start one with the same parameters."
)
# Of what is found here no clearing is of use.
FINDS = {"monitoring.cannot_judge", "monitoring.drift_untold"}


@dataclass(frozen=True)
class Todo:
    """`command` can be run as it stands; `repeats` when it does again what failed, so that something comes before it.

    `said` comes before the command, or says why there is none; `then` is what comes after.
    """

    command: str | None = None
    said: str = ""
    then: str = ""
    repeats: bool = False
    answer: str = ""

    @property
    def line(self) -> str:
        """What to do as a line of a note or a message; empty where there is nothing to run or to answer."""
        if self.answer:
            return self.answer
        return "" if self.command is None else f"{'Once mended' if self.repeats else 'Next'}: {self.command}"


def todo(state: str, kept: Sequence[TaskEvidence], facts: Mapping[str, str]) -> Todo:
    """Of a DAG run in which nothing said no."""
    if state in {"DRIFT", "UNKNOWN"}:
        return Todo(filled(ALERTS, facts))
    if state == "WAITS":
        waiting = [one.notes["decided"] for one in kept if "decided" in one.notes and one.notes["decided"]["waits"]]
        # One that can still be answered comes before one that has to be judged again.
        waiting.sort(key=lambda one: one.get("overtaken", False))
        return _of_waiting(waiting[0])
    return Todo(said=KEPT) if state == "KEPT" else Todo()


def _of_waiting(one: Mapping[str, Any]) -> Todo:
    """Of a candidate that nobody decided on; that it is asked about is what its DAG run ends with, until one looks."""
    judge = filled(JUDGE, {"run_id": one["candidate"]})
    if one.get("overtaken", False):
        return Todo(judge, OVERTAKEN, ASKED_ANEW.format(anew=anew(one["candidate"])))
    if "unknown" in one:
        return Todo(said=one["unknown"])
    asked = one.get("asked", True)
    is_open = asked not in (False, "answered")
    return Todo(judge, WAITS.format(where=where(one["candidate"], asked)), answer=ANSWER if is_open else "")


def mending(
    dag: str, culprit: str | None, cause: Refused, facts: Mapping[str, str], conf: Mapping[str, object]
) -> Todo:
    """Of what said no: `cause`, in the task `culprit`, if in any; `conf` is what the DAG run was given."""
    damaged = made_again(cause.message, Path(facts["home"])) if cause.code == "publish.damaged" else None
    if damaged:
        first = f"Without a copy to restore it from, move the folder out of the way ({damaged[0]}), and make it again:"
        then = f"Then clear the task {culprit} in Airflow, and it runs again from there." if culprit else ""
        return Todo(damaged[1], first, then, repeats=True)
    command, to_choose = of_refusal(cause, facts)
    given = [f"{name} {conf[name]}" for name in BY_PARAMETER.get(cause.code, ()) if conf.get(name) is not None]
    again = command is not None and repeats(culprit, cause.code, command)
    if stays := as_it_is(cause.code, dag, given):
        return Todo(then=stays)
    if cause.code == "judge.suspicious":
        return Todo(command, LEAK, "Clearing the task judges the same candidate, and says the same.", repeats=True)
    old_answer = dag == DAG and cause.code == "ledger.conflict" and "run_id" in facts
    if old_answer or given:
        then = _asked_anew(culprit, facts) if old_answer else _with_another(dag, culprit, " and ".join(given))
        return Todo(None if again else command, then=then)
    clear = "" if culprit is None or re.search(r"\bclear\b", cause.next_step, re.I) else f"clear the task {culprit}"
    if command is not None and again:
        return Todo(command, once_mended(culprit, clear, command), repeats=True)
    then = f"Then {clear} in Airflow, and it runs again from there." if clear else ""
    return Todo(command, "" if command else _none(to_choose), then)


def unjudged(dag: str, cause: Refused, facts: Mapping[str, str]) -> Todo:
    """Of findings that a check made, and that no clearing changes."""
    return Todo(of_refusal(cause, facts)[0], then=FOUND.format(dag=dag))


def _none(to_choose: Sequence[str]) -> str:
    if not to_choose:
        return "There is no command for it; what helps stands above."
    return f"No command runs as it stands: a person has to choose {', '.join(to_choose)}; what helps stands above."


def _asked_anew(culprit: str | None, facts: Mapping[str, str]) -> str:
    again = ASKED_ANEW.format(anew=anew(facts["run_id"]))
    return f"Clearing the task {culprit} takes the old answer again and meets the same. {again}"


def _with_another(dag: str, culprit: str | None, given: str) -> str:
    right = f" If it was right, do what it says above, then clear the task {culprit}." if culprit else ""
    return (
        f"This DAG run was given {given}, and keeps it. If that was wrong, clearing a task repeats the failure: start "
        f"another DAG run of {dag} with what is right.{right}"
    )
