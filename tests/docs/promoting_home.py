"""A home with four candidates, into which faults around judging and promoting are planted, and mended."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient

from artifacts.places import REPOSITORY
from artifacts.registry import Registry
from tests.fixtures_registry import registry_in
from tests.training.small_world import CONFIG, World, parcels
from training.judge import judge
from training.judged import Judged
from training.promote import promote

Undo = Callable[[], object]
FEATURES = {"first": "[clear_sign]", "better": "[clear_sign, weak_sign, region]", "poor": "[weak_sign, region]"}


@dataclass(frozen=True)
class Home:
    """Candidates first, better, poor and wanting (a person's approval), versions 1 to 4, and nobody champion."""

    path: Path
    world: World
    runs: dict[str, str]
    training_set: str

    @property
    def ledger(self) -> Path:
        return self.path / "ledger.db"

    @property
    def registry(self) -> Registry:
        return self.world.registry

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.registry.tracking_uri)

    def file(self, who: str, name: str) -> Path:
        return Path(self.registry.artifacts_uri) / "parcels" / self.runs[who] / "artifacts" / name

    def judged(self, who: str) -> Judged:
        return judge(self.registry, self.world.ledger, self.world.training_sets, self.runs[who], "tester")

    def crown(self, *who: str) -> None:
        for one in who:
            promote(self.registry, self.world.ledger, self.judged(one), "tester")

    def values(self, who: str, **given: str) -> dict[str, str]:
        """What the reader of a section fills in about a candidate."""
        config = os.path.relpath(self.path / "parcels", REPOSITORY / "training" / "configs")
        about = {"RUN": self.runs[who], "MODEL": "parcels", "CONFIG": config, "TEXT": "'because'", "NAME": "Ada"}
        return {"NAME/VERSION": self.training_set, **about, **given}

    def as_made(self) -> None:
        """Take back what the last test did: artefacts, ledger and alias."""
        shutil.rmtree(self.registry.artifacts_uri)
        shutil.copytree(self.path / "pristine", self.registry.artifacts_uri)
        self.ledger.unlink(missing_ok=True)
        self.client.delete_registered_model_alias("parcels", "champion")


def made_home(folder: Path) -> Home:
    """Train the four."""
    world = World(registry_in(folder / "mlflow"), f"sqlite:///{folder}/ledger.db", str(folder / "sets"), "parcels")
    training_set = parcels(world.training_sets, 60)
    runs = {who: world.candidate(training_set, columns).run_id for who, columns in FEATURES.items()}
    runs["wanting"] = world.candidate(training_set, "[clear_sign, weak_sign]", "promotion=approve").run_id
    (folder / "parcels.yaml").write_text(CONFIG.format(model="parcels", features="[clear_sign, region]"))
    shutil.copytree(world.registry.artifacts_uri, folder / "pristine")
    return Home(folder, world, runs, training_set.id)


def replaced(path: Path, content: bytes) -> Undo:
    """Put other bytes in a file's place."""
    before = path.read_bytes()
    path.write_bytes(content)
    return lambda: path.write_bytes(before)


def moved_away(path: Path) -> Undo:
    """Lose a file."""
    away = path.rename(path.with_suffix(".away"))
    return lambda: away.rename(path)
