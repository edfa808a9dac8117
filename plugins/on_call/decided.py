"""What was decided on a candidate, by the ledger: asked alike for its model's page, its DAG run's page and its note."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from artifacts import ledger
from artifacts.champion_alias import lost_ledger, refuse_lost_ledger
from artifacts.errors import Refusal
from artifacts.ledger import Promotion
from artifacts.registry import Registry
from artifacts.rejections import Rejection, rejections, told


@dataclass(frozen=True)
class Decided:
    """What the ledger has of a model, promotions and rejections; `unknown` is why it cannot be read."""

    lines: Sequence[Promotion] = ()
    rejected: Sequence[Rejection] = ()
    unknown: Refusal | None = None


@dataclass(frozen=True)
class Judged:
    """A verdict, by its path on the MLflow run of its candidate, and the champion that it was held against, if any.

    `since` (UTC) is given of one that may not be the newest: what a person is asked about is judged anew, so a
    rejection of another verdict on the candidate, from then on, is the answer too.
    """

    model: str
    candidate: str
    verdict: str
    champion: int | None
    since: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What came of a verdict that said promote, and that in a sentence; `line` is that of the ledger, if promoted."""

    became: Literal["promoted", "rejected", "overtaken"]
    said: str
    line: Promotion | None = None


def read_decided(
    ledger_url: str, model: str, registry: Registry | None, history: Callable[[], Sequence[Promotion]] | None = None
) -> Decided:
    """Read it; of a ledger that cannot be read, or that was lost, nothing is guessed.

    Without MLflow, which a scheduler has no time for, one that never had a champion may have been lost. `history` gives
    the promotions to who has read them, so that a page tells one state.
    """
    try:
        lines = ledger.history(ledger_url, model) if history is None else history()
        if not lines and registry is not None:
            refuse_lost_ledger(registry, ledger_url, model)
        return Decided(lines, rejections(ledger_url, model))
    except Refusal as refusal:
        return Decided(unknown=refusal)


def decision_on(known: Decided, judged: Judged) -> Decision | None:
    """What a person, the pipeline or another champion made of it; None while nobody decided.

    Raises `known.unknown`, and `Damaged` (`judge.ledger_lost`) when the ledger has not even the champion of then.
    """
    if known.unknown is not None:
        raise known.unknown
    for line in known.lines:
        if line.run_id == judged.candidate and line.kind == "promote":
            return Decision("promoted", _promoted(line), line)
    noes = [no for no in known.rejected if _is_about(no, judged)]
    if noes:
        return Decision("rejected", told(noes[-1]))
    now = known.lines[-1].version if known.lines else None
    if now == judged.champion:
        return None
    if now is None:
        raise lost_ledger(judged.model, f"version {judged.champion} was it when this was judged")
    against = "no version" if judged.champion is None else f"version {judged.champion}"
    return Decision("overtaken", f"It was judged against {against}, and version {now} is champion by now.")


def _is_about(no: Rejection, judged: Judged) -> bool:
    later = judged.since is not None and no.decided_at >= judged.since
    return no.run_id == judged.candidate and (no.verdict == judged.verdict or later)


def _promoted(line: Promotion) -> str:
    over = "" if line.previous_version is None else f" over version {line.previous_version}"
    when = f"{line.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"Version {line.version} was promoted{over}, {when}, {line.decided_by}: {line.reason.rstrip('.')}."
