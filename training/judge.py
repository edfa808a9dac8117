"""Judges a candidate against the champion of now, and keeps the verdict with the candidate's MLflow run."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.errors import BadInput, CannotJudge, Damaged, GateClosed, Missing
from artifacts.places import read_places
from artifacts.registry import FINISHED, Registry, RunRecord
from artifacts.training_set import open_training_set, parse_id
from artifacts.verdict import Verdict, read_verdict
from training.champion import champion_run, promoted_by
from training.config import Config
from training.evidence import gather
from training.logged_config import config_of
from training.noted import note_candidate, note_verdict
from training.rules import decide
from training.verdict_page import render
from training.verdict_words import headline, in_full

JSON, PAGE = "verdict.json", "verdict.html"
# A verdict is found again only while the code that weighs the evidence is the code that made it.
WEIGHED_BY = ("bootstrap", "encode", "evidence", "fit", "metrics", "naive", "rules", "windows")


@dataclass(frozen=True)
class Judged:
    """A verdict and the folder of the candidate's MLflow run that holds it; `created` is False when it was found."""

    verdict: Verdict
    folder: str
    created: bool

    @property
    def path(self) -> str:
        """Where the JSON lies among the files of the MLflow run."""
        return f"{self.folder}/{JSON}"

    @property
    def page(self) -> str:
        """Where the page lies among the files of the MLflow run."""
        return f"{self.folder}/{PAGE}"

    @property
    def next_step(self) -> str:
        """What a refusal because of this verdict asks for."""
        return f"Read {self.page} on MLflow run {self.verdict.evidence.candidate.run_id}."

    def to_dict(self) -> dict[str, Any]:
        """What a task hands on: ids, outcome, reasons and the metrics with their intervals, as JSON objects."""
        evidence = self.verdict.evidence
        return {
            "candidate": evidence.candidate.run_id,
            "version": evidence.candidate.version,
            "champion": evidence.champion.version if evidence.champion else None,
            "training_set": evidence.training_set,
            "outcome": self.verdict.outcome,
            "headline": headline(self.verdict),
            "reasons": [{"code": reason.code, "text": reason.text} for reason in self.verdict.reasons],
            "metrics": {
                who: {name: [one.value, one.low, one.high] for name, one in metrics.items()}
                for who, metrics in evidence.metrics.items()
            },
            "verdict": self.path,
            "page": self.page,
            "created": self.created,
        }


def judge(
    registry: Registry, ledger_url: str, training_sets: str, candidate_run: str, decided_by: str, *, anew: bool = False
) -> Judged:
    """The verdict on the candidate that an MLflow run logged, against the champion of now.

    The same candidate, champion, config and code give the verdict that is already on the MLflow run; a candidate that
    was promoted before gives the verdict that promoted it. With `anew` the evidence is gathered again, and a verdict
    on the MLflow run that says otherwise is replaced: what is promoted never rests on a file alone.

    Raises `BadInput` (`judge.run_unfinished`), `Damaged` (`config.differs`, `judge.ledger_lost`), and `CannotJudge` for
    what keeps the rule from being asked at all (`judge.wrong_set`, evidence.gather).
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
    again = _find(registry, candidate_run, folder, key)
    if again is not None and not anew:
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
    _write(registry, verdict, folder)
    return Judged(verdict, folder, created=True)


def read_judged(registry: Registry, candidate_run: str, path: str) -> Judged:
    """The verdict at `path` on an MLflow run; raises as `artefact` and `read_verdict` do."""
    return Judged(read_verdict(_text(registry, candidate_run, path)), path.rpartition("/")[0], created=False)


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


def refuse(judged: Judged) -> None:
    """Raise what a suspicious verdict, or one that could not be reached, means; promote and keep pass."""
    said, next_step = in_full(judged.verdict), judged.next_step
    if judged.verdict.outcome == "suspicious":
        raise GateClosed("judge.suspicious", said, next_step=next_step)
    if judged.verdict.outcome == "cannot_judge":
        raise CannotJudge("judge.cannot_judge", said, next_step=next_step)


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


def _find(registry: Registry, run_id: str, folder: str, key: str) -> Verdict | None:
    try:
        verdict = read_verdict(_text(registry, run_id, f"{folder}/{JSON}"))
    except (Missing, Damaged):
        return None
    return verdict if verdict.key == key else None


def _write(registry: Registry, verdict: Verdict, folder: str) -> None:
    """The page first: where the JSON is, all is."""
    for name, text in ((PAGE, render(verdict)), (JSON, verdict.to_json())):
        with tempfile.TemporaryDirectory() as staged:
            (Path(staged) / name).write_text(text, encoding="utf-8")
            registry.log_artefact(verdict.evidence.candidate.run_id, Path(staged), folder)


def _text(registry: Registry, run_id: str, path: str) -> str:
    return registry.artefact(run_id, path).read_text(encoding="utf-8")


def _key(candidate: RunRecord, champion: RunRecord | None, config: Config) -> str:
    judged = [(run.run_id, run.model_sha256, run.training_set) for run in (candidate, champion) if run is not None]
    code = [hashlib.sha256(Path(__file__).with_name(f"{name}.py").read_bytes()).hexdigest() for name in WEIGHED_BY]
    return hashlib.sha256(json.dumps([judged, config.judge.model_dump(mode="json"), code]).encode()).hexdigest()
