"""A verdict as it lies on the candidate's MLflow run: written, found again, and refused where it is no answer."""

from dataclasses import dataclass
from typing import Any

from artifacts.errors import CannotJudge, Damaged, GateClosed, Missing
from artifacts.leftovers import temporary_folder
from artifacts.registry import Registry
from artifacts.verdict import Verdict, read_verdict
from training.verdict_page import render
from training.verdict_words import headline, in_full

JSON, PAGE = "verdict.json", "verdict.html"


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
        run = self.verdict.evidence.candidate.run_id
        return f"The reasons: python -m training judge --candidate {run}, and {self.page} on that MLflow run."

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
            "level": self.verdict.level,
            "verdict": self.path,
            "page": self.page,
            "created": self.created,
        }


def read_judged(registry: Registry, candidate_run: str, path: str) -> Judged:
    """The verdict at `path` on an MLflow run; raises as `artefact` and `read_verdict` do."""
    return Judged(read_verdict(_text(registry, candidate_run, path)), path.rpartition("/")[0], created=False)


def find_verdict(registry: Registry, run_id: str, folder: str, key: str) -> Verdict | None:
    """The verdict in a folder of an MLflow run; None when none with this key is whole there."""
    try:
        verdict = read_verdict(_text(registry, run_id, f"{folder}/{JSON}"))
    except (Missing, Damaged):
        return None
    return verdict if verdict.key == key else None


def write_verdict(registry: Registry, verdict: Verdict, folder: str, *, by_person: bool) -> Judged:
    """Log page and JSON to the candidate's MLflow run, the page first: where the JSON is, all is.

    `by_person` of a candidate that only a person promotes.
    """
    page = render(verdict, by_person=by_person)
    for name, text in ((PAGE, page), (JSON, verdict.to_json())):
        with temporary_folder("verdict") as staged:
            (staged / name).write_text(text, encoding="utf-8")
            registry.log_artefact(verdict.evidence.candidate.run_id, staged, folder)
    return Judged(verdict, folder, created=True)


def refuse(judged: Judged) -> None:
    """Raise what a suspicious verdict, or one that could not be reached, means; promote and keep pass."""
    said, next_step = in_full(judged.verdict), judged.next_step
    if judged.verdict.outcome == "suspicious":
        raise GateClosed("judge.suspicious", said, next_step=next_step)
    if judged.verdict.outcome == "cannot_judge":
        raise CannotJudge("judge.cannot_judge", said, next_step=next_step)


def _text(registry: Registry, run_id: str, path: str) -> str:
    return registry.artefact(run_id, path).read_text(encoding="utf-8")
