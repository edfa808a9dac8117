"""A home with four candidates, into which faults around judging and promoting are planted, and mended."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient

from artifacts.places import REPOSITORY
from artifacts.registry import Registry, ToLog
from artifacts.training_set import open_training_set, parse_id
from tests.fixtures_registry import registry_in
from tests.training.small_world import CONFIG, World, parcels
from training.judge import judge
from training.judged import Judged
from training.logged_config import config_of
from training.promote import promote
from training.train import train

Undo = Callable[[], object]
FEATURES = {
    "first": "[clear_sign]",
    "better": "[clear_sign, weak_sign, region]",
    "poor": "[weak_sign, region]",
    "wanting": "[clear_sign, weak_sign]",
}


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

    def again(self, who: str) -> str:
        """The MLflow run of the same model, trained once more."""
        found = open_training_set(self.world.training_sets, *parse_id(self.training_set))
        return train(self.registry, found, config_of(self.registry, self.runs[who]), again=True).run_id

    def logged_with(self, name: str, content: bytes) -> str:
        """An MLflow run as better's, of which a file was logged with that content."""
        run, folder = self.registry.run(self.runs["better"]), self.path / name.replace("/", "-")
        shutil.copytree(self.file("better", "."), folder, dirs_exist_ok=True)
        (folder / name).write_bytes(content)
        tags = {key: run.tags[key] for key in ("config_sha256", "content")}
        told = (run.params, tags, run.metrics, {"clear_sign": "double"})
        return self.registry.log_run(ToLog(run.model, name, run.training_set, folder, *told)).run_id

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


def made_home(folder: Path, *only: str) -> Home:
    """Train the four, or those that are named."""
    world = World(registry_in(folder / "mlflow"), f"sqlite:///{folder}/ledger.db", str(folder / "sets"), "parcels")
    training_set = parcels(world.training_sets, 60)
    decides = {"wanting": ["promotion=approve"]}
    runs = {who: world.candidate(training_set, FEATURES[who], *decides.get(who, ())).run_id for who in only or FEATURES}
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
