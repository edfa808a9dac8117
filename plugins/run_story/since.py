"""What became of a candidate since it waited for a person: the ledger says what was decided, when, by whom and why."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from artifacts.errors import Refusal
from artifacts.run_evidence import TaskEvidence
from plugins.on_call.became import decided, undecided
from plugins.on_call.decided import Decided, Judged, decision_on, read_decided
from plugins.on_call.home import Home
from plugins.run_story.replaced import replaced_since


def since(ledger_url: str, one: TaskEvidence, home: Home | None = None) -> TaskEvidence:
    """The evidence with what came of a candidate that waited when the task ended, and of a champion since.

    Of a ledger that cannot be read nothing is guessed: it waited, and what came of it is not known. For a page, `home`
    is asked besides whether it still can be promoted, and whether Airflow asks a person about it.
    """
    read = partial(_read, ledger_url, home)
    return replaced_since(ledger_url, _came_of(ledger_url, one, home), read)


def _came_of(ledger_url: str, one: TaskEvidence, home: Home | None) -> TaskEvidence:
    left = one.notes.get("decided")
    if left is None or not left["waits"]:
        return one
    try:
        now = _now(ledger_url, left, one.ended, home)
    except Refusal as refusal:
        said = f"Whether a person decided since is not known ({refusal.code}). {left['said']}"
        now = {"said": said, "unknown": refusal.next_step}
    return replace(one, notes={**one.notes, "decided": {**left, **now}})


def _read(ledger_url: str, home: Home | None, model: str) -> Decided:
    return read_decided(ledger_url, model, None) if home is None else decided(home, model)


def _now(ledger_url: str, left: Mapping[str, Any], noted: datetime, home: Home | None) -> dict[str, Any]:
    """What differs from what was noted; empty while it waits."""
    model, candidate = left["model"], left["candidate"]
    known = _read(ledger_url, home, model)
    decision = decision_on(known, Judged(model, candidate, left["verdict"], left["champion"], noted))
    if decision is not None and decision.became == "promoted":
        seq = decision.line and decision.line.seq
        return {"waits": False, "promoted": True, "line": seq, "said": decision.said, "by_ledger": True}
    if decision is not None and decision.became == "rejected":
        return {"waits": False, "said": decision.said}
    nobody = f"Nobody decided on version {left['version']}."
    if decision is not None:
        return {"overtaken": True, "said": f"{nobody} {decision.said}"}
    if home is None:
        return {}
    fate = undecided(home, known, candidate)
    return {"waits": False, "said": f"{nobody} {fate.said}"} if fate.became == "copy" else {"asked": fate.asked}
