"""The command line of `python training/train.py`."""

import argparse
from pathlib import Path

from artifacts import cli
from artifacts.lost import refuse_lost
from artifacts.places import read_places
from artifacts.registry import Registry
from artifacts.training_set import TrainingSet, open_training_set, parse_id, version_as_of
from training.config import Config
from training.read_config import read_config
from training.train import train


def find_training_set(root: str, config: Config, version: str | None) -> TrainingSet:
    """The set named by VERSION or NAME/VERSION; without one, the only version as of the config's `as_of`."""
    if version is None:
        return version_as_of(root, config.training_set, config.as_of)
    return open_training_set(root, *parse_id(version if "/" in version else f"{config.training_set}/{version}"))


def command(arguments: argparse.Namespace) -> cli.Answer:
    """Train as the command line says."""
    places = read_places()
    config = read_config(arguments.config, arguments.overrides)
    training_set = find_training_set(places.training_sets, config, arguments.training_set)
    refuse_lost(places, config.model)
    run = train(Registry.at(places), training_set, config, overrides=arguments.overrides, again=arguments.again)
    measured = [name.removeprefix("holdout_") for name in run.metrics if name.startswith("holdout_")]
    lines = [f"{'holdout metric':<20} {'candidate':>10} {'naive':>10}"]
    lines += [f"{m:<20} {run.metrics[f'holdout_{m}']:>10.4f} {run.metrics[f'naive_{m}']:>10.4f}" for m in measured]
    lines += [f"model sha256 {run.model_sha256}", f"version {run.version} of model {run.model}, MLflow run:"]
    facts = {
        "run_id": run.run_id,
        "model": run.model,
        "version": run.version,
        "training_set": run.training_set,
        "model_sha256": run.model_sha256,
        "created": run.created,
        "metrics": run.metrics,
    }
    return cli.Answer(run.run_id, lines, facts)


def build_parser() -> argparse.ArgumentParser:
    """The options of `python training/train.py`."""
    parser = argparse.ArgumentParser(
        prog="train.py", description="Train a candidate on a training-set version and log it."
    )
    parser.add_argument("--config", type=Path, required=True, help="for example training/configs/v1.yaml")
    parser.add_argument(
        "--training-set", metavar="VERSION", help="or NAME/VERSION; else the one as of the config's as_of"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="repeatable; not of judge, naive or promotion",
    )
    parser.add_argument("--again", action="store_true", help="train even if a finished MLflow run has the same inputs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=command)
    return parser
