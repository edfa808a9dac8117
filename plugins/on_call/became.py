"""What became of a candidate: its verdict only says what should; the ledger says what did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from artifacts import ledger
from artifacts.errors import Missing, Refusal
from artifacts.ledger import Promotion
from artifacts.registry import RunRecord
from artifacts.rejections import Rejection, rejections, told
from artifacts.verdict import Verdict
from plugins.on_call.asking import asks
from plugins.on_call.home import Found, Home

Became = Literal["promoted", "rejected", "waits", "overtaken", "copy", "unknown", "keep", "suspicious", "cannot_judge"]


@dataclass(frozen=True)
class Decided:
    """What the ledger has of a model, promotions and rejections; `unknown` is why it cannot be read."""

    lines: Sequence[Promotion] = ()
    rejected: Sequence[Rejection] = ()
    unknown: Refusal | None = None


@dataclass(frozen=True)
class Fate:
    """What became of a candidate, and that in a sentence; empty where the reasons of its verdict say all.

    `asked` says of one that waits whether Airflow asks a person about it now; None where that is not known.
    """

    became: Became
    said: str = ""
    asked: bool | None = None


def decided(home: Home, model: str) -> Decided:
    """Read it, once for each page; of a ledger that cannot be read nothing is guessed."""
    return home.once(("decided", model), lambda: _read(home, model))


def _read(home: Home, model: str) -> Decided:
    try:
        lines = ledger.history(home.places.ledger, model)
        if not lines:
            home.refuse_lost_ledger(model)
        return Decided(lines, rejections(home.places.ledger, model))
    except Refusal as refusal:
        return Decided(unknown=refusal)


def fate(home: Home, known: Decided, record: RunRecord, newest: Found) -> Fate:
    """What became of the candidate of `record`, whose newest verdict is given."""
    verdict = newest.verdict
    if known.unknown is not None:
        return Fate("unknown", f"What became of it is not known ({known.unknown.code}).")
    line = next((one for one in known.lines if one.run_id == record.run_id and one.kind == "promote"), None)
    if line is not None:
        return Fate("promoted")
    no = next((one for one in known.rejected if (one.run_id, one.verdict) == (record.run_id, newest.path)), None)
    if no is not None:
        return Fate("rejected", told(no))
    return _undecided(home, known, record, verdict) if verdict.outcome == "promote" else Fate(verdict.outcome)


def _undecided(home: Home, known: Decided, record: RunRecord, verdict: Verdict) -> Fate:
    """Of a verdict that says promote, and that nobody acted on."""
    rival, now = verdict.evidence.champion, known.lines[-1].version if known.lines else None
    if (rival.version if rival else None) != now:
        against, champion = (f"version {one}" if one else "no version" for one in (rival and rival.version, now))
        return Fate("overtaken", f"It was judged against {against}, and {champion} is champion by now.")
    twin = _rolled_back(home, known.lines, record)
    if twin is not None:
        return Fate("copy", f"It is, byte for byte, version {twin}, which was rolled back from.")
    asked = home.once(("asks", record.run_id), lambda: asks(record.run_id))
    return Fate("waits", "A person has to decide on it.", asked)


def came_of(home: Home, known: Decided, record: RunRecord, one: Found, newest: Found) -> Fate:
    """What came of exactly this verdict: what a person or the pipeline did by it, or that nobody did anything."""
    lines = [line for line in known.lines if (line.run_id, line.verdict) == (record.run_id, one.path)]
    noes = [no for no in known.rejected if (no.run_id, no.verdict) == (record.run_id, one.path)]
    if lines:
        return Fate("promoted", f"It was promoted by this verdict, in line {lines[0].seq} of the ledger.")
    if noes:
        return Fate("rejected", told(noes[0]))
    if known.unknown is not None or one is newest:
        now = fate(home, known, record, one)
        return Fate("promoted", "It was promoted by another verdict.") if now.became == "promoted" else now
    if one.verdict.outcome == "promote":
        return Fate("overtaken", "Nobody decided on it, and it was judged again since.")
    return Fate(one.verdict.outcome)


def next_of(record: RunRecord, verdict: Verdict | None, one: Fate | None) -> tuple[str, str] | None:
    """What is to be done about a candidate, as a sentence and a command; None when nothing is."""
    version, run = f"Version {record.version}", record.run_id
    if verdict is None or one is None:
        return f"{version} was never judged:", judging(run)
    if one.became == "waits":
        return f"{version} waits for a person{_where(run, one.asked)} What its verdict rests on is told by:", judging(
            run
        )
    if one.became == "overtaken":
        return f"{version} was judged against another champion than that of now. Judge it again:", judging(run)
    if one.became == "suspicious":
        leak = "is too good to be true: a feature knows the outcome. The importance plots on its MLflow run say which"
        return f"{version} {leak}; train without it. The verdict's reasons are told by:", judging(run)
    if one.became == "cannot_judge":
        why = f" {verdict.reasons[0].text}" if verdict.reasons else ""
        return f"{version} could not be judged.{why} When that is mended, judge it again:", judging(run)
    return None


def _where(run: str, asked: bool | None) -> str:
    """Where a person answers, or what brings the question back: its week may be over, or its answer had no reason."""
    again = f"trigger the DAG approve_promotion with the candidate {run}, or clear the task approve that asked."
    if asked is None:
        return f": answer under Required Actions in Airflow. If nothing about it stands there, {again}"
    if asked:
        return ": answer under Required Actions in Airflow."
    return f", and nothing asks one now. To be asked under Required Actions in Airflow, {again}"


def judging(run_id: str) -> str:
    """The command that judges a candidate."""
    return f"python -m training judge --candidate {run_id}"


def _rolled_back(home: Home, lines: Sequence[Promotion], record: RunRecord) -> int | None:
    """The version of the same bytes that was rolled back from; what MLflow has no longer has no bytes to compare."""
    for version in ledger.rolled_back_from(lines):
        try:
            if home.record(record.model, version).model_sha256 == record.model_sha256:
                return version
        except Missing:
            continue
    return None
