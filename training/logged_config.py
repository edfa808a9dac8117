"""Reads back the config that an MLflow run was trained with, and only if it is the one that was logged."""

from artifacts.errors import Damaged
from artifacts.registry import Registry
from training.config import Config
from training.read_config import parse_config
from training.report import CONFIG


def config_of(registry: Registry, run_id: str) -> Config:
    """The config of an MLflow run, overrides applied; the judge takes its rule from it.

    Raises `Damaged` (`config.differs`) when its digest is not that on the MLflow run, and as `Registry.artefact` does.
    """
    logged = registry.run(run_id).tags.get("config_sha256")
    text = registry.artefact(run_id, CONFIG).read_text(encoding="utf-8")
    config = parse_config(text, origin=f"config of MLflow run {run_id}")
    if config.digest() != logged:
        raise Damaged(
            "config.differs",
            f"The config of MLflow run {run_id} has digest {config.digest()}; {logged} was logged.",
            next_step="Train again with --again; without it this MLflow run is found.",
        )
    return config
