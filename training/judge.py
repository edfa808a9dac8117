"""Judges a candidate against the champion of now, and keeps the verdict with the candidate's MLflow run."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from artifacts import cli
from artifacts.errors import BadInput, CannotJudge
from artifacts.places import read_places
from artifacts.registry import FINISHED, Registry, RunRecord
from artifacts.training_set import open_training_set, parse_id
from artifacts.verdict import Verdict
from training.champion import champion_run, promoted_by
from training.config import Config
from training.evidence import gather
from training.judged import JSON, Judged, find_verdict, read_judged, refuse, write_verdict
from training.logged_config import config_of
from training.needs_person import needs_person
from training.noted import note_candidate, note_verdict
from training.rules import decide

# A verdict is found again only while the code that weighs the evidence is the code that made it.
WEIGHED_BY = ("bootstrap", "encode", "evidence", "fit", "metrics", "naive", "rules", "windows")


def judge(
    registry: Registry, ledger_url: str, training_sets: str, candidate_run: str, decided_by: str, *, anew: bool = False
) -> Judged:
    """The verdict on the candidate that an MLflow run logged, against the champion of now.

    The same candidate, champion, config and code give the verdict that is already on the MLflow run; a candidate that
    was promoted before gives the verdict that promoted it. With `anew`, and where it could not be judged, the evidence
    is gathered again, and a verdict on the MLflow run that says otherwise is replaced: what is promoted never rests on
    a file alone.

    Raises `BadInput` (`judge.run_unfinished`), `Damaged` (`registry.damaged`, `config.differs`, `judge.ledger_lost`),
    and `CannotJudge` for what keeps the rule from being asked at all (`judge.wrong_set`, evidence.gather).
    """
    candidate = registry.run(candidate_run)
    note_candidate(candidate)
    if candidate.status != FINISHED or candidate.version is None:
        raise BadInput(
            "judge.run_unfinished",
            f"MLflow run {candidate_run} is {candidate.status} with model version {candidate.version}; a finished run "
            "with a version is wanted.",
            next_step="Train again; what was killed half-way is never judged.",
        )
    line = promoted_by(ledger_url, candidate)
    if line is not None and line.verdict is not None:
        return read_judged(registry, candidate_run, line.verdict)
    champion = champion_run(registry, ledger_url, candidate.model)
    config = config_of(registry, candidate_run)
    _check_sets(candidate, champion, config)
    key = _key(candidate, champion, config)
    folder = f"verdicts/against_{champion.version if champion else 'none'}_{key[:12]}"
    again = find_verdict(registry, candidate_run, folder, key)
    # What kept the rule from being asked may have been mended since.
    if again is not None and again.outcome != "cannot_judge" and not anew:
        return Judged(again, folder, created=False)
    training_set = open_training_set(training_sets, *parse_id(candidate.training_set))
    evidence = gather(registry, training_set, candidate, champion, config.judge)
    outcome, reasons = decide(evidence, config.judge)
    rules = config.judge.model_dump(mode="json")
    if again is not None:
        if (again.evidence, again.rules, again.outcome, again.reasons) == (evidence, rules, outcome, reasons):
            return Judged(again, folder, created=False)
        cli.say(f"{folder}/{JSON} does not say what the rows say; it is replaced.")
    decided_at = datetime.now(UTC).replace(tzinfo=None)
    verdict = Verdict(key, evidence, rules, outcome, reasons, decided_at, decided_by)
    return write_verdict(registry, verdict, folder, by_person=bool(needs_person(registry, ledger_url, verdict)))


def judge_named(candidate_run: str, decided_by: str = "the pipeline") -> Judged:
    """As `judge`, in the places that the environment names; a verdict that is no answer is a refusal.

    Raises `GateClosed` (`judge.suspicious`) and `CannotJudge` (`judge.cannot_judge`) after the verdict was written.
    """
    places = read_places()
    registry = Registry.at(places)
    judged = judge(registry, places.ledger, places.training_sets, candidate_run, decided_by)
    note_verdict(judged)
    refuse(judged)
    return judged


def _check_sets(candidate: RunRecord, champion: RunRecord | None, config: Config) -> None:
    """Two models are compared only if they answer the same question: the versions are of one training set."""
    name, _ = parse_id(candidate.training_set)
    others = {f"its config trains on {config.training_set}": config.training_set}
    if champion is not None:
        others[f"the champion was fitted on {champion.training_set}"] = parse_id(champion.training_set)[0]
    for what, other in others.items():
        if other != name:
            raise CannotJudge(
                "judge.wrong_set",
                f"The candidate of MLflow run {candidate.run_id} was fitted on {candidate.training_set}; {what}.",
                next_step="Train on a version of the same set, or give the other set a model of its own.",
            )


def _key(candidate: RunRecord, champion: RunRecord | None, config: Config) -> str:
    judged = [(run.run_id, run.model_sha256, run.training_set) for run in (candidate, champion) if run is not None]
    code = [hashlib.sha256(Path(__file__).with_name(f"{name}.py").read_bytes()).hexdigest() for name in WEIGHED_BY]
    return hashlib.sha256(json.dumps([judged, config.judge.model_dump(mode="json"), code]).encode()).hexdigest()
