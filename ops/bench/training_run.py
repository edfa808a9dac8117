"""(c) `train.py` from start to end, against bare `xgboost.train` on the same matrix."""

import json
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from artifacts.places import REPOSITORY
from ops.bench import compare
from ops.bench.figures import Aim, Figure
from ops.bench.measure import Measured, alternate, call, measure, refuse_other_work
from ops.bench.world import CONFIG, World, build_all

TITLE = "train.py, from start to end"
PEER = "bare xgboost.train on the same matrix"
AIM = Aim("ratio", 1.3)
WHY = "Loading libraries, the matrix, the report, the description of the newest rows and logging take some seconds"
CONFIG_FILE = REPOSITORY / "training" / "configs" / f"{CONFIG}.yaml"
# Words of a line that training reports, and the part of its time that the line tells.
STEPS = {
    "fit rows to": "placing the windows",
    "lists of categories": "learning categories, looking for leaks",
    "rows to grow": "making the matrices",
    "rows to stop": "making the matrices",
    "trees kept": "boosting",
    "measured both": "measuring, SHAP",
    "drew the report": "drawing the report",
    "described the newest": "describing the newest rows, for monitoring",
    "logged MLflow run": "logging",
}


def bench(world: World, repeat: int) -> list[Figure]:
    """The command as a person types it, against a prepared logbook; the floor is the call and nothing else."""
    training_set = build_all(world).facts["id"]
    environ = world.environ(world.landed)
    folder = str(world.folder / "matrix")
    call("training_run:write_matrix", {"training_set": training_set, "folder": folder}, environ, world.log)
    command = ["training/train.py", "--config", str(CONFIG_FILE), "--training-set", training_set, "--again", "--json"]

    def product() -> Measured:
        at = world.log.stat().st_size
        found = measure(command, environ, world.log)
        with world.log.open(encoding="utf-8") as said:
            said.seek(at)
            parts = _parts(said.read())
        rest = found.seconds - sum(parts.values())
        trees = int(found.facts["metrics"]["trees"])
        facts = {"parts": {"loading and the rest": rest, **parts}, "trees": trees}
        return replace(found, facts=facts)

    def floor() -> Measured:
        return call("training_run:run_bare", {"folder": folder}, environ, world.log)

    found = alternate(repeat, {"train.py": product, "xgboost.train": floor})
    train, bare = found["train.py"], found["xgboost.train"]
    refuse_other_work("trees", train + bare)
    shutil.rmtree(folder)
    return [
        compare.seconds(TITLE, train, PEER, bare, aim=AIM, why=WHY, of_peer=lambda one: one.facts["parts"]["boosting"]),
        compare.seconds(
            "train.py, the floor with its matrix",
            train,
            "making the QuantileDMatrix and xgboost.train",
            bare,
            of=lambda one: one.seconds,
            of_peer=lambda one: sum(one.facts["parts"].values()),
        ),
        *compare.resources("train.py", train, PEER, bare),
    ]


def write_matrix(training_set: str, folder: str) -> dict[str, Any]:
    """Write what `train.py` fits on, encoded as it does, as two matrices: rows to grow trees on, rows to stop by."""
    import numpy as np

    from artifacts.places import read_places
    from artifacts.training_set import open_training_set, parse_id
    from training.choose_features import choose_features
    from training.encode import learn_encoder
    from training.fit import FIXED
    from training.fit_rows import FitRows, fit_batches, label_of
    from training.read_config import read_config
    from training.windows import split

    found = open_training_set(read_places().training_sets, *parse_id(training_set))
    config = read_config(CONFIG_FILE)
    windows, columns = split(found, config), choose_features(found.contract, config)
    names = [column.name for column in columns]
    known = windows.holdout_start
    encoder = learn_encoder(columns, fit_batches(found, names, windows.fit_start, windows.fit_end, known))
    edges = {"grow": (windows.fit_start, windows.stop_start), "stop": (windows.stop_start, windows.fit_end)}
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for part, (start, end) in edges.items():
        batches = list(FitRows(found, encoder, known).batches(start, end))
        np.save(place / f"{part}.npy", np.concatenate([encoder.matrix(batch) for batch in batches]))
        np.save(place / f"{part}_label.npy", np.concatenate([label_of(batch) for batch in batches]))
    told = {
        "parameters": {**FIXED, **config.xgboost.model_dump(), "seed": config.seed},
        "rounds": config.num_boost_round,
        "early_stopping_rounds": config.early_stopping_rounds,
        "feature_types": encoder.feature_types,
    }
    (place / "fit.json").write_text(json.dumps(told), encoding="utf-8")
    return {}


def run_bare(folder: str) -> dict[str, Any]:
    """`xgboost.train` with the same parameters, rounds and early stopping, on the same numbers in memory."""
    started = time.monotonic()
    import numpy as np
    import xgboost

    told = json.loads((Path(folder) / "fit.json").read_text(encoding="utf-8"))
    parts = {part: np.load(f"{folder}/{part}.npy") for part in ("grow", "stop")}
    labels = {part: np.load(f"{folder}/{part}_label.npy") for part in parts}
    loaded = time.monotonic()
    options = {
        "feature_types": told["feature_types"],
        "enable_categorical": True,
        "max_bin": told["parameters"]["max_bin"],
        "nthread": told["parameters"]["nthread"],
    }
    grow = xgboost.QuantileDMatrix(parts["grow"], labels["grow"], **options)
    stop = xgboost.QuantileDMatrix(parts["stop"], labels["stop"], ref=grow, **options)
    made = time.monotonic()
    booster = xgboost.train(
        told["parameters"],
        grow,
        told["rounds"],
        evals=[(stop, "stop")],
        early_stopping_rounds=told["early_stopping_rounds"],
        verbose_eval=False,
    )
    boosted = time.monotonic()
    return {
        "parts": {"loading": loaded - started, "matrix": made - loaded, "boosting": boosted - made},
        "trees": booster.best_iteration + 1,
        "rows": grow.num_row() + stop.num_row(),
    }


def _parts(said: str) -> dict[str, float]:
    """The seconds of the steps that training reports on stderr."""
    parts: dict[str, float] = {}
    for line, seconds in re.findall(r"^(\S.*) \((\d+\.\d) s\)$", said, re.M):
        for words, part in STEPS.items():
            if words in line:
                parts[part] = parts.get(part, 0.0) + float(seconds)
    return parts
