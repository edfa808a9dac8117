"""What became of a candidate since it waited for a person: the ledger says what was decided, when, by whom and why."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from artifacts import ledger
from artifacts.errors import Damaged, Refusal
from artifacts.rejections import rejection_of, told
from artifacts.run_evidence import TaskEvidence


def since(ledger_url: str, one: TaskEvidence) -> TaskEvidence:
    """The evidence with what came of a candidate that waited when the task ended; all else as it was left.

    Of a ledger that cannot be read nothing is guessed: it waited, and what came of it is not known.
    """
    left = one.notes.get("decided")
    if left is None or not left["waits"]:
        return one
    try:
        now = _now(ledger_url, left)
    except Refusal as refusal:
        now = {"said": f"Whether a person decided since is not known ({refusal.code}). {left['said']}"}
    return replace(one, notes={**one.notes, "decided": {**left, **now}})


def _now(ledger_url: str, left: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from what was noted; empty while it waits."""
    model, candidate = left["model"], left["candidate"]
    lines = ledger.history(ledger_url, model)
    line = next((one for one in lines if one.run_id == candidate and one.kind == "promote"), None)
    if line is not None:
        over = "" if line.previous_version is None else f" over version {line.previous_version}"
        when = f"{line.decided_at:%Y-%m-%d %H:%M:%S} UTC"
        said = f"Version {line.version} was promoted{over}, {when}, {line.decided_by}: {line.reason.rstrip('.')}."
        return {"waits": False, "promoted": True, "line": line.seq, "said": said}
    no = rejection_of(ledger_url, model, candidate, left["verdict"])
    if no is not None:
        return {"waits": False, "said": told(no)}
    if not lines and left["champion"] is not None:
        raise Damaged(
            "judge.ledger_lost",
            f"The ledger has no champion of {model}, and version {left['champion']} was it when this was judged.",
            next_step="Restore the ledger from its backup, or set PIPELINE_LEDGER to the one that has it.",
        )
    champion = lines[-1].version if lines else None
    if champion == left["champion"]:
        return {}
    against = "no version" if left["champion"] is None else f"version {left['champion']}"
    rival = f"it was judged against {against}, and version {champion} is champion by now."
    return {"overtaken": True, "said": f"Nobody decided on version {left['version']}: {rival}"}
