"""Judges a candidate and does what verdict and config say: promote, keep, or leave it to a person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from artifacts import cli, ledger
from artifacts.copies import rolled_back_copy
from artifacts.errors import Conflict
from artifacts.places import read_places
from artifacts.registry import Registry
from artifacts.rejections import rejection_of, told
from training.alias import follow
from training.champion import promoted_by
from training.decision import how_to_approve
from training.judge import judge
from training.judged import Judged, refuse
from training.needs_person import needs_person
from training.noted import note_decided
from training.promote import copy_of, other_rule, promote
from training.verdict_words import headline

ATTEMPTS = 3
T = TypeVar("T")


@dataclass(frozen=True)
class Decided:
    """What came of a candidate: its verdict, the line of the ledger if it is promoted, and that in a sentence.

    `waits` when a person has to decide on the verdict, and nobody has.
    """

    judged: Judged
    promotion: ledger.Promotion | None
    said: str
    waits: bool = False

    def to_dict(self) -> dict[str, Any]:
        """What a task hands on, as JSON objects."""
        line = self.promotion
        came = {"promoted": line is not None, "line": line and line.seq, "waits": self.waits, "said": self.said}
        return {**self.judged.to_dict(), **came}


def promote_or_keep(
    registry: Registry, ledger_url: str, training_sets: str, candidate_run: str, decided_by: str
) -> Decided:
    """Judge the candidate and do what the verdict and the config say; judge again when a race for the ledger is lost.

    With `promotion: approve`, under another rule (`other_rule`), or of a model that was rejected before, a `promote`
    verdict waits for a person. A candidate that was promoted before, or that a person rejected, changes nothing. Raises
    as `judged.refuse` does, and `Conflict` (`ledger.conflict`) after losing three races.
    """

    def decide_once() -> Decided:
        judged = judge(registry, ledger_url, training_sets, candidate_run, decided_by, anew=True)
        refuse(judged)
        run = registry.run(candidate_run)
        before = promoted_by(ledger_url, run)
        if before is not None or judged.verdict.outcome == "keep":
            follow(registry, ledger_url, run.model)
            said = headline(judged.verdict) if before is None else f"Version {before.version} was promoted before."
            return Decided(judged, before, said)
        twin = rolled_back_copy(registry, ledger.history(ledger_url, run.model), run.model_sha256)
        if twin is not None:
            return Decided(judged, None, copy_of(run, twin))
        rejected = rejection_of(ledger_url, run.model, run.run_id, judged.path)
        if rejected is not None:
            return Decided(judged, None, told(rejected))
        differs, asked = other_rule(registry, judged), needs_person(registry, ledger_url, judged.verdict)
        if differs or asked:
            command = how_to_approve(run.run_id) if asked else f"python -m training promote --candidate {run.run_id}"
            wait = f"Version {run.version} waits for a person: {command}"
            return Decided(judged, None, " ".join([*differs, wait]), waits=True)
        line = promote(registry, ledger_url, judged, decided_by)
        return Decided(judged, line, f"Version {line.version} is champion.")

    return judging_again(decide_once)


def judging_again(act: Callable[[], T]) -> T:
    """What `act` returns, tried again up to twice when another champion came between its verdict and the ledger."""
    for _ in range(ATTEMPTS - 1):
        try:
            return act()
        except Conflict as conflict:
            if conflict.code != "ledger.conflict":
                raise
            cli.say(f"{conflict.message} Judging again.")
    return act()


def promote_named(verdict: Mapping[str, Any], decided_by: str = "the pipeline") -> dict[str, Any]:
    """As `promote_or_keep`, on what `judge_named` handed on, in the places that the environment names."""
    places = read_places()
    registry = Registry.at(places)
    candidate = str(verdict["candidate"])
    decided = promote_or_keep(registry, places.ledger, places.training_sets, candidate, decided_by)
    note_decided(decided)
    return decided.to_dict()
