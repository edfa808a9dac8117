"""What became of a candidate: its verdict only says what should; the ledger says what did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from artifacts import ledger
from artifacts.copies import rolled_back_copy
from artifacts.errors import Refusal
from artifacts.ledger import Promotion
from artifacts.registry import RunRecord
from artifacts.rejections import told
from artifacts.verdict import Verdict
from plugins.on_call.asking import DAG, Asked, asks, where
from plugins.on_call.decided import Decided, Judged, decision_on, read_decided
from plugins.on_call.home import Found, Home
from plugins.on_call.person import wants_a_person

Became = Literal[
    "promoted", "rolled_back", "rejected", "to_come", "waits", "answered", "overtaken", "copy", "unknown",
    "keep", "suspicious", "cannot_judge",
]  # fmt: skip


@dataclass(frozen=True)
class Fate:
    """What became of a candidate, and that in a sentence; empty where the reasons of its verdict say all.

    `asked` says of one that waits whether Airflow asks a person about it now; None where that is not known.
    """

    became: Became
    said: str = ""
    asked: Asked = None


def decided(home: Home, model: str) -> Decided:
    """What the ledger has of the model, read once for each page."""
    return home.once(
        ("decided", model),
        lambda: read_decided(home.places.ledger, model, home.registry, lambda: home.history(model)),
    )


def fate(home: Home, known: Decided, record: RunRecord, newest: Found) -> Fate:
    """What became of the candidate of `record`, whose newest verdict is given."""
    verdict, rival = newest.verdict, newest.verdict.evidence.champion
    judged = Judged(record.model, record.run_id, newest.path, rival.version if rival else None)
    try:
        decision = decision_on(known, judged)
    except Refusal as refusal:
        return Fate("unknown", f"What became of it is not known ({refusal.code}).")
    if decision is not None and decision.became == "promoted":
        return _promoted(known.lines, record.version)
    if decision is not None and (decision.became == "rejected" or verdict.outcome == "promote"):
        return Fate(decision.became, decision.said)
    if verdict.outcome != "promote":
        return Fate(verdict.outcome)
    one = undecided(home, known, record.run_id, record.model_sha256)
    if one.became == "waits" and not one.asked and not wants_a_person(home, record, rival, known.rejected):
        return Fate(
            "to_come", "Nobody promoted it yet. No person is asked: the task promote does it while its DAG run goes on."
        )
    return one


def undecided(home: Home, known: Decided, candidate: str, sha256: str | None = None) -> Fate:
    """Of a verdict that says promote, and that nobody acted on: whether anybody still can, and is asked to."""
    # Who does not know it yet need not ask MLflow unless there is something that it could be a copy of.
    if sha256 is None and ledger.rolled_back_from(known.lines):
        sha256 = home.registry.logged_sha256(candidate)
    twin = None if sha256 is None else rolled_back_copy(home.registry, known.lines, sha256)
    if twin is not None:
        return Fate("copy", f"It is, byte for byte, version {twin}, which was rolled back from.")
    asked = home.once(("asks", candidate), lambda: asks(candidate))
    if asked == "answered":
        return Fate("answered", f"The DAG run of {DAG} that asked is carrying it out.", asked)
    return Fate("waits", "A person has to decide on it.", asked)


def came_of(home: Home, known: Decided, record: RunRecord, one: Found, newest: Found) -> Fate:
    """What came of exactly this verdict: what a person or the pipeline did by it, or that nobody did anything."""
    lines = [line for line in known.lines if (line.run_id, line.verdict) == (record.run_id, one.path)]
    noes = [no for no in known.rejected if (no.run_id, no.verdict) == (record.run_id, one.path)]
    if lines:
        by_this = f"It was promoted by this verdict, in line {lines[0].seq} of the ledger."
        return _promoted(known.lines, record.version, by_this)
    if noes:
        return Fate("rejected", told(noes[0]))
    if known.unknown is not None or one is newest:
        now = fate(home, known, record, one)
        if now.became in ("promoted", "rolled_back"):
            return _promoted(known.lines, record.version, "It was promoted by another verdict.")
        return now
    if one.verdict.outcome == "promote":
        return Fate("overtaken", "Nobody decided on it, and it was judged again since.")
    return Fate(one.verdict.outcome)


def next_of(record: RunRecord, verdict: Verdict | None, one: Fate | None) -> tuple[str, str] | None:
    """What is to be done about a candidate, as a sentence and a command; None when nothing is."""
    version, run = f"Version {record.version}", record.run_id
    if verdict is None or one is None:
        return f"{version} was never judged:", judging(run)
    if one.became in ("waits", "answered", "to_come"):
        return _to_decide(version, run, one)
    if one.became == "overtaken":
        return f"{version} was judged against another champion than that of now. Judge it again:", judging(run)
    if one.became == "suspicious":
        leak = "is too good to be true: a feature knows the outcome. The importance plots on its MLflow run say which"
        return f"{version} {leak}; train without it. The verdict's reasons are told by:", judging(run)
    if one.became == "cannot_judge":
        why = f" {verdict.reasons[0].text}" if verdict.reasons else ""
        return f"{version} could not be judged.{why} When that is mended, judge it again:", judging(run)
    return None


def _to_decide(version: str, run: str, one: Fate) -> tuple[str, str]:
    if one.became == "waits":
        return f"{version} waits for a person{where(run, one.asked)} What its verdict rests on is told by:", judging(
            run
        )
    if one.became == "answered":
        said = f"a person has answered, and the DAG run of {DAG} that asked is carrying it out."
        return f"{version} waits for nobody: {said} What its verdict rests on is told by:", judging(run)
    who = "The task promote of train_candidate does it while its DAG run goes on; else clear that task, or by hand:"
    return f"{version} is not promoted yet, and waits for no person. {who}", (
        f"python -m training promote --candidate {run}"
    )


def judging(run_id: str) -> str:
    """The command that judges a candidate."""
    return f"python -m training judge --candidate {run_id}"


def _promoted(lines: Sequence[Promotion], version: int | None, said: str = "") -> Fate:
    """Of one that was promoted, `said` first: whether it was rolled back from since, by whom, when and why."""
    if version not in ledger.rolled_back_from(lines):
        return Fate("promoted", said)
    left = next(one for one in reversed(lines) if one.kind == "rollback" and one.previous_version == version)
    when = f"{left.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    back = f"It was rolled back from, to version {left.version}, {when}, {left.decided_by}: {left.reason.rstrip('.')}."
    return Fate("rolled_back", f"{said} {back}".strip())
