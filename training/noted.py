"""What whoever is on call is shown of a training, a verdict and a decision."""

from typing import TYPE_CHECKING

from artifacts.code import read_code
from artifacts.registry import RunRecord
from artifacts.run_evidence import note
from artifacts.training_set import TrainingSet
from training.config import Config

if TYPE_CHECKING:
    from training.judged import Judged
    from training.promote_or_keep import Decided


def note_config(name: str, config: Config, training_set: TrainingSet) -> None:
    """What a training starts from, so that it is seen what is new in it, also when it fails."""
    code = read_code()
    told = {"commit": code.commit, "dirty": code.dirty}
    keys, of = dict(config.flat()), training_set.id
    note("config", {"name": name, "training_set": of, "rows": training_set.rows, "keys": keys, "code": told})


def note_trained(run: RunRecord) -> None:
    """The candidate, and its numbers on the holdout rows."""
    about = {"run_id": run.run_id, "model": run.model, "version": run.version, "new": run.created}
    note("trained", {**about, "metrics": dict(run.metrics)})


def note_candidate(run: RunRecord) -> None:
    """Which candidate is judged, before anything can say no to it."""
    note("candidate", {"run_id": run.run_id, "model": run.model, "training_set": run.training_set})


def note_verdict(judged: "Judged") -> None:
    """The verdict."""
    note("verdict", {**judged.to_dict(), "model": judged.verdict.evidence.model})


def note_decided(decided: "Decided") -> None:
    """What came of a verdict."""
    note("decided", {**decided.to_dict(), "model": decided.judged.verdict.evidence.model})
