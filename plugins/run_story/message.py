"""What a person is told of a DAG run that failed, or takes too long: the sentence of the run page, and what to do."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from urllib.parse import quote

from artifacts import ledger
from artifacts.alerts import Message
from artifacts.champion_alias import refuse_lost_ledgers
from artifacts.errors import Refusal
from artifacts.lost_home import refuse_lost_home
from artifacts.places import Places
from artifacts.registry import Registry
from artifacts.runbook import runbook_link
from plugins.on_call.address import root
from plugins.redaction import redact
from plugins.run_story.overdue import overdue
from plugins.run_story.story import Story

TAB = "run-story"


def failure_message(places: Places, story: Story, runbook_url: str, *, hurried: bool = False) -> Message:
    """About one end of a DAG run: tasks tried again give another key, the same tries told again the same one.

    `hurried` as of `champions`.
    """
    failed = [end for end in story.ends if end.state == "failed"] or story.ends
    tries = [(end.task, end.map_index, end.attempt) for end in failed]
    code = story.codes[0]
    link = runbook_link(runbook_url, code)
    serves = champions(places, story.models, hurried=hurried)
    return _message(serves, story, f"failed {tries}", f"[FAILED] {story.dag}: {code}", (code, link))


def late_message(places: Places, story: Story, runbook_url: str, since: str) -> Message:
    """About a DAG run that still runs after its deadline."""
    subject = f"[LATE] {story.dag} has not ended since {since}"
    section, looked_at = ("run.late", runbook_link(runbook_url, "run.late")), replace(story, todo=overdue(story))
    return _message(champions(places, story.models), looked_at, f"late {since}", subject, section)


def page_of(dag: str, run: str) -> str:
    """The run page in Airflow's UI."""
    return f"{root()}/dags/{quote(dag, safe='')}/runs/{quote(run, safe='')}/plugin/{TAB}"


def champions(places: Places, models: Collection[str] = (), *, hurried: bool = False) -> list[str]:
    """What serves on of these models, or of all, by the ledger; whether it lost any, MLflow says.

    Whoever is `hurried` has it asked only where the ledger has none: its client takes seconds to load.
    """
    try:
        known = {one: ledger.champion(places.ledger, one) for one in sorted(models) or ledger.models(places.ledger)}
    except Refusal as refusal:
        return [f"Champions: not known ({refusal.code})"]
    serves = [f"Champion: {one.model} version {one.version}" for one in known.values() if one]
    none = [model for model, one in known.items() if one is None]
    try:
        if none or not (serves and hurried):
            registry = Registry.at(places)
            refuse_lost_ledgers(registry, places.ledger)
            refuse_lost_home(registry, places)
            none += [] if models else [model for model in registry.models() if model not in known]
    except Refusal as refusal:
        return [*serves, f"Champions: not {'all ' if serves else ''}known ({refusal.code})"]
    nothing = [f"Champion of {model}: none yet, so no service of a champion serves it" for model in none]
    return [*serves, *nothing] or ["Champion: none yet"]


def _message(serves: Sequence[str], story: Story, what: str, subject: str, section: tuple[str, str]) -> Message:
    (code, runbook), page = section, page_of(story.dag, story.run)
    key = hashlib.sha256(f"{story.dag}/{story.run}/{what}".encode()).hexdigest()[:32]
    then = [story.cause.next_step] if story.cause and story.cause.next_step != story.command else []
    lines = [f"{story.dag} {story.run}", "", story.sentence, *then, "", *serves]
    lines += filter(None, (story.todo.said, story.todo.line, story.todo.then))
    lines += [f"Page: {page}", f"Runbook: {runbook}", f"Key: {key}"]
    facts = {
        "key": key,
        "dag": story.dag,
        "run": story.run,
        "task": story.culprit,
        "state": story.state,
        "code": code,
        "sentence": story.sentence,
        "next_step": story.cause.next_step if story.cause else story.todo.then or story.todo.answer or None,
        "next": story.command,
        "page": page,
        "runbook": runbook,
    }
    told: dict[str, str] = redact({"subject": subject, "text": "\n".join(lines)})
    return Message(key=key, urgent=False, subject=told["subject"], text=told["text"], facts=redact(facts))
