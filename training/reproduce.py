"""Trains a logged MLflow run again, with its set, config and code, and says identical or exactly what differs."""

import argparse
import io
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from artifacts import cli
from artifacts.code import read_code
from artifacts.errors import CannotJudge, Missing
from artifacts.leftovers import temporary_folder
from artifacts.places import REPOSITORY, read_places
from artifacts.registry import FINISHED, Registry, RunRecord
from artifacts.training_set import TrainingSet, open_training_set, parse_id
from training.environment import ENVIRONMENT, REQUIREMENTS, differences, logged_environment, read_environment
from training.key import CODE, code_digest
from training.logged_config import config_of
from training.refit import refit
from training.report import CONFIG

SHA256_DIGITS = 64
# What a commit's id is; git would take other text for an option, such as a file to write.
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Reproduction:
    """The sha256 of the model as logged and as trained again, and all that is not as it was."""

    run: RunRecord
    sha256: str
    differences: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether the bytes are the same, whatever else differs."""
        return self.sha256 == self.run.model_sha256


def reproduce(registry: Registry, training_sets: str, run_id: str, lock: Path) -> Reproduction:
    """Train MLflow run `run_id` again in this environment, with the code of its commit.

    Raises `Missing` (`registry.missing`) for an unknown run, `Damaged` (`registry.damaged`, `config.differs`),
    and `CannotJudge` when it cannot be trained again: `reproduce.unfinished`, `reproduce.set_missing`,
    `reproduce.set_differs`, `reproduce.files_missing`, `reproduce.commit_missing`, `reproduce.commit_failed`.
    """
    run = registry.run(run_id)
    if run.status != FINISHED:
        raise _cannot("unfinished", f"MLflow run {run_id} is {run.status}; only a finished one has a model.")
    try:
        config = registry.artefact(run_id, CONFIG)
        logged = logged_environment(registry.artefact(run_id, REQUIREMENTS), registry.artefact(run_id, ENVIRONMENT))
    except Missing as error:
        raise _cannot("files_missing", error.message) from error
    _check_set(run, training_sets)
    lines = differences(logged, read_environment(lock))
    if run.tags["code_sha256"] == code_digest(*CODE):
        sha256 = refit(training_sets, run.training_set, config_of(registry, run_id))
    else:
        lines.append(_code_differs(run))
        sha256 = _refit_at(run.tags["commit"], training_sets, run.training_set, config)
    return Reproduction(run, sha256, tuple(lines))


def command(arguments: argparse.Namespace) -> cli.Answer:
    """Reproduce as the command line says: exit code 0 when identical, 3 when not."""
    places = read_places()
    registry = Registry.at(places)
    made = reproduce(registry, places.training_sets, arguments.run, REPOSITORY / "requirements.txt")
    verdict = "identical" if made.identical else "different"
    lines = [f"logged  {made.run.model_sha256}", f"now     {made.sha256}"]
    lines += [f"differs: {line}" for line in made.differences] or ["environment and code are those of the MLflow run"]
    facts = {
        "outcome": verdict,
        "logged_sha256": made.run.model_sha256,
        "sha256": made.sha256,
        "differences": list(made.differences),
    }
    return cli.Answer(made.run.run_id, [*lines, f"{verdict}:"], facts, 0 if made.identical else 3)


def _check_set(run: RunRecord, training_sets: str) -> None:
    try:
        found: TrainingSet = open_training_set(training_sets, *parse_id(run.training_set))
    except Missing as error:
        raise _cannot("set_missing", f"Training set {run.training_set} is not in {training_sets}.") from error
    if found.facts["content"] != run.tags["content"]:
        raise _cannot(
            "set_differs",
            f"Training set {run.training_set} has content {found.facts['content']}; "
            f"the MLflow run was trained on {run.tags['content']}.",
        )


def _refit_at(commit: str, training_sets: str, training_set: str, config: Path) -> str:
    """Refit in a process of its own, from the files of `commit`."""
    if not _COMMIT.fullmatch(commit):
        raise _cannot(
            "commit_missing", f"The MLflow run has {commit!r:.100} for its commit; an id of 40 hex digits is wanted."
        )
    archive = subprocess.run(
        ["git", "archive", "--format=zip", commit], cwd=REPOSITORY, capture_output=True, check=False
    )
    if archive.returncode:
        raise _cannot("commit_missing", f"Commit {commit} is not in this repository.")
    cli.say(f"training with the code of commit {commit}")
    with temporary_folder("reproduce") as folder:
        with zipfile.ZipFile(io.BytesIO(archive.stdout)) as files:
            files.extractall(folder)
        done = subprocess.run(
            [sys.executable, "-m", "training.refit", training_sets, training_set, str(config.resolve())],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    sha256 = done.stdout.strip().rpartition("\n")[2]
    if done.returncode or len(sha256) != SHA256_DIGITS:
        raise _cannot("commit_failed", f"The code of commit {commit} ended with exit code {done.returncode}.")
    return sha256


def _code_differs(run: RunRecord) -> str:
    now = read_code()
    was_dirty, is_dirty = (
        " with uncommitted changes" if dirty else "" for dirty in (run.tags["dirty"] == "true", now.dirty)
    )
    return f"code commit {run.tags['commit']}{was_dirty}, now {now.commit}{is_dirty}"


def _cannot(code: str, message: str) -> CannotJudge:
    return CannotJudge(f"reproduce.{code}", message, next_step="Restore what is missing, and reproduce again.")
