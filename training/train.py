"""Trains a candidate on a training-set version and logs it, from Python or as `python training/train.py`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Run as a script, this folder is the first place that Python imports from; the rooms are one above.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from collections.abc import Sequence

from artifacts import cli
from artifacts.code import read_code
from artifacts.errors import BadInput
from artifacts.leftovers import temporary_folder
from artifacts.lost import refuse_lost
from artifacts.manifest import sha256_of
from artifacts.places import REPOSITORY, read_places
from artifacts.registry import MODEL, Registry, RunRecord, ToLog
from artifacts.training_set import TrainingSet, open_training_set, parse_id
from training.baseline import describe
from training.choose_configs import CONFIGS
from training.choose_features import choose_features
from training.config import Config
from training.environment import Environment, read_environment
from training.fit import fit_candidate
from training.holdout import score_holdout
from training.importance import importance
from training.key import CODE, code_digest, training_key
from training.naive import fit_naive
from training.noted import note_config, note_trained
from training.read_config import read_config
from training.report import measure_holdout, write_model, write_origin, write_report
from training.rule_change import refuse_rule_overrides
from training.stopwatch import Stopwatch
from training.windows import split

LOCK = REPOSITORY / "requirements.txt"
CURVE_POINTS = 100


def train(
    registry: Registry,
    training_set: TrainingSet,
    config: Config,
    *,
    overrides: Sequence[str] = (),
    lock: Path = LOCK,
    again: bool = False,
) -> RunRecord:
    """Fit a candidate, measure it and its naive rival on the holdout rows, and log all of it as an MLflow run.

    A finished MLflow run from the same config, training set, environment and code is returned instead (`created` is
    False), unless `again`. `config` already has the `overrides`, which are logged. Raises `BadInput`, `CannotJudge` or
    `Damaged` before anything is logged: among them `config.wrong_set`, `config.rule_overridden`.
    """
    _check_set(training_set, config)
    refuse_rule_overrides(overrides)
    environment = read_environment(lock)
    key = training_key(config, training_set, environment)
    found = None if again else registry.find_run(config.model, key)
    if found is not None:
        cli.say(f"nothing changed since MLflow run {found.run_id}, version {found.version} of model {found.model}")
        return found
    cli.say(f"training {config.model} on {training_set.id}, {training_set.rows} rows")
    clock = Stopwatch()
    windows = split(training_set, config)
    columns = choose_features(training_set.contract, config)
    clock.say(f"fit rows to {windows.fit_end}, holdout {windows.holdout_start} to {windows.holdout_end}")
    candidate = fit_candidate(training_set, config, columns, windows)
    clock.say("fitted the candidate")
    naive = fit_naive(training_set, config.naive, windows)
    holdout = score_holdout(candidate, naive, training_set, windows, config.slices)
    report = measure_holdout(holdout, importance(candidate, training_set, windows))
    clock.say(f"measured both models on {windows.holdout_rows} holdout rows")
    with temporary_folder("train") as folder:
        write_model(folder, candidate, naive)
        write_origin(folder, config, training_set, environment)
        write_report(folder, report, holdout, candidate, config.judge.primary)
        clock.say("drew the report")
        sha256 = sha256_of(folder / MODEL)
        describe(training_set, candidate.encoder, windows, holdout.candidate, sha256).write(folder)
        clock.say("described the newest rows, for monitoring")
        run = registry.log_run(
            ToLog(
                model=config.model,
                training_key=key,
                training_set=training_set.id,
                folder=folder,
                params={**config.flat(), **windows.to_params()},
                tags=_about(config, overrides, environment, training_set),
                metrics=report.flat(config.judge.primary) | {"trees": float(candidate.booster.num_boosted_rounds())},
                signature=candidate.encoder.types,
                curve=_curve(candidate.curve),
            )
        )
    clock.say(f"logged MLflow run {run.run_id}, version {run.version} of model {run.model}")
    return run


def train_named(config: str, training_set: str) -> RunRecord:
    """As `train`, with `configs/CONFIG.yaml` on training set NAME/VERSION, in the environment's places.

    Raises as `refuse_lost` too: the next version would take the number of a lost one.
    """
    places = read_places()
    name, version = parse_id(training_set)
    found = open_training_set(places.training_sets, name, version)
    read = read_config(CONFIGS / f"{config}.yaml")
    note_config(config, read, found)
    refuse_lost(places, read.model)
    run = train(Registry.at(places), found, read)
    note_trained(run)
    return run


def _check_set(training_set: TrainingSet, config: Config) -> None:
    """Another set's labels under this model's name would be judged, and promoted, as if they were its own."""
    if training_set.name != config.training_set:
        raise BadInput(
            "config.wrong_set",
            f"The config of model {config.model} trains on {config.training_set}; {training_set.id} was given.",
            next_step="Name a version of that set, or another config.",
        )


def _curve(losses: Sequence[float]) -> list[tuple[str, int, float]]:
    every = max(1, len(losses) // CURVE_POINTS)
    return [("stop_log_loss", step, loss) for step, loss in enumerate(losses) if step % every == 0]


def _about(
    config: Config, overrides: Sequence[str], environment: Environment, training_set: TrainingSet
) -> dict[str, str]:
    code = read_code()
    return {
        "config_sha256": config.digest(),
        "overrides": " ".join(overrides),
        "content": str(training_set.facts["content"]),
        "requirements_sha256": environment.requirements_sha256,
        "python": environment.python,
        "platform": environment.platform,
        "commit": code.commit or "unknown",
        "dirty": str(code.dirty).lower(),
        "code_sha256": code_digest(*CODE),
    }


if __name__ == "__main__":
    from training.train_cli import build_parser

    cli.main(build_parser())
