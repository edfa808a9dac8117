"""Names a training by what goes into it, so that the same one is found again instead of being done twice."""

import hashlib
import json
from pathlib import Path

from artifacts.places import REPOSITORY
from artifacts.training_set import TrainingSet
from training.config import Config
from training.environment import Environment

# The doors read the rows and write the files of a model, so they are part of how it is trained.
CODE = (REPOSITORY / "training", REPOSITORY / "artifacts")


def training_key(config: Config, training_set: TrainingSet, environment: Environment) -> str:
    """The sha256 over config after overrides, training set and its content, environment and code."""
    parts = {
        "config": config.digest(),
        "training_set": training_set.id,
        "content": training_set.facts["content"],
        "environment": environment.key(),
        "code": code_digest(*CODE),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def code_digest(*folders: Path) -> str:
    """The sha256 over names and bytes of the Python files of `folders`, each folder by its own name."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
