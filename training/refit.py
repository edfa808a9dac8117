"""Fits a model without logging it: `python -m training.refit TRAINING_SETS NAME/VERSION CONFIG.yaml`."""

import sys
from pathlib import Path

from artifacts import cli
from artifacts.leftovers import temporary_folder
from artifacts.manifest import sha256_of
from artifacts.training_set import open_training_set, parse_id
from training.choose_features import choose_features
from training.config import Config
from training.fit import fit_candidate
from training.read_config import read_config
from training.windows import split


def refit(training_sets: str, training_set: str, config: Config) -> str:
    """The sha256 of the native model that `config` gives on training set NAME/VERSION."""
    found = open_training_set(training_sets, *parse_id(training_set))
    candidate = fit_candidate(found, config, choose_features(found.contract, config), split(found, config))
    with temporary_folder("refit") as folder:
        candidate.booster.save_model(folder / "model.ubj")
        return sha256_of(folder / "model.ubj")


if __name__ == "__main__":
    cli.show_progress(sys.stderr)
    print(refit(sys.argv[1], sys.argv[2], read_config(Path(sys.argv[3]))))
