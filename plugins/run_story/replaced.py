"""What became of a champion that a DAG run made or found: a page must not read as if it still served."""

from collections.abc import Callable
from dataclasses import replace

from artifacts.errors import Refusal
from artifacts.reigns import champion_in, since_replaced
from artifacts.rejections import refuse_decided
from artifacts.run_evidence import Refused, TaskEvidence
from plugins.on_call.decided import Decided

PROMOTED = "ledger.promoted"
# By task what it returns as a sentence about the champion that it made.
MADE = {"promote", "confirm"}


def replaced_since(ledger_url: str, one: TaskEvidence, read: Callable[[str], Decided]) -> TaskEvidence:
    """The evidence with what the ledger says of it now; `read` gives what the ledger has of a model.

    Of a ledger that cannot be read it says that whether it still serves is not known.
    """
    decided = one.notes.get("decided")
    if decided is not None and decided["promoted"] and decided.get("version") is not None:
        said = _now(read, decided["model"], decided["version"])
        told = decided["said"] if decided.get("by_ledger") else None
        came = {**decided, "said": " ".join(filter(None, (told, said)))} if said else decided
        return replace(one, notes={**one.notes, "decided": came})
    if one.refused is not None and one.refused.code == PROMOTED and "verdict" in one.notes:
        return replace(one, refused=_refused(ledger_url, one, one.refused))
    made = champion_in(one.returned) if one.name.task in MADE else None
    if made is not None and (said := _now(read, *made)):
        return replace(one, returned=said)
    return one


def _now(read: Callable[[str], Decided], model: str, version: int) -> str | None:
    known = read(model)
    if known.unknown is not None:
        return f"Version {version} was made champion then; whether it still is, is not known ({known.unknown.code})."
    if all(line.version != version for line in known.lines):
        return f"Version {version} was made champion then, and the ledger of now has no line of it."
    return since_replaced(known.lines, version)


def _refused(ledger_url: str, one: TaskEvidence, then: Refused) -> Refused:
    """The same refusal in the words of now; as it was told where the ledger refuses nothing any more."""
    verdict = one.notes["verdict"]
    try:
        refuse_decided(ledger_url, verdict["candidate"], verdict["verdict"])
    except Refusal as now:
        if now.code == PROMOTED:
            return Refused.of(now)
        return replace(then, message=f"{then.message} Whether it still serves is not known ({now.code}).")
    return replace(then, message=f"{then.message} The ledger of now has no line of it.")
