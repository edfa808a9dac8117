"""What a load needs: a trained model, the same one as an MLflow model, its rows, and the bodies of requests."""

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

from artifacts.places import REPOSITORY, read_places
from artifacts.registry import MODEL, Registry
from artifacts.training_set import open_training_set, parse_id
from ops.bench.measure import call, measure
from ops.bench.world import CONFIG, NAME, World, build_all

VERSION = 1
# A server is asked for one row after another out of so many, and for so many large batches.
SINGLES, BATCHES, BATCH_ROWS = 64, 2, 1000


def train(world: World) -> Path:
    """Land, build and train in the home `world.landed`, which is returned."""
    training_set = build_all(world).facts["id"]
    config = str(REPOSITORY / "training" / "configs" / f"{CONFIG}.yaml")
    command = ["training/train.py", "--config", config, "--training-set", training_set, "--json"]
    measure(command, world.environ(world.landed), world.log)
    return world.landed


def prepare(world: World, home: Path) -> dict[str, Any]:
    """Write to `world.folder` what `write_inputs` does, of the model in `home`; what it is, for the page."""
    folder = {"folder": str(world.folder)}
    return dict(call("serving.prepare:write_inputs", folder, world.environ(home), world.log).facts)


def write_inputs(folder: str) -> dict[str, Any]:
    """In `folder`: `model.ubj` and `matrix.npy`, `mlflow_model/` of the same booster, and `OWN-ROWS-N.json` bodies.

    `service` bodies are those of the service's own route, `split` bodies MLflow's layout of the same rows, and `mlflow`
    bodies that layout with the model's numbers, since MLflow keeps no lists of categories.
    """
    import mlflow.xgboost
    import numpy as np
    import xgboost

    from artifacts.encoder import CATEGORIES, read_encoder

    places, to = read_places(), Path(folder)
    registry = Registry.at(places)
    record = registry.model_version(NAME, VERSION)
    encoder = read_encoder(registry.artefact(record.run_id, CATEGORIES))
    content = registry.artefact(record.run_id, MODEL).read_bytes()
    (to / "model.ubj").write_bytes(content)
    booster = xgboost.Booster(model_file=bytearray(content))
    mlflow.xgboost.save_model(booster, str(to / "mlflow_model"), model_format="ubj", pip_requirements=[])
    training_set = open_training_set(places.training_sets, *parse_id(record.training_set))
    wanted = SINGLES + BATCHES * BATCH_ROWS
    batch = next(training_set.batches(encoder.names, batch_rows=wanted))
    matrix = encoder.matrix(batch)
    np.save(to / "matrix.npy", matrix)
    rows = [{name: _plain(value) for name, value in row.items()} for row in batch.to_pylist()]
    numbers = [[None if math.isnan(number) else number for number in row] for row in matrix.tolist()]
    for count, many, first in ((1, SINGLES, 0), (BATCH_ROWS, BATCHES, SINGLES)):
        for number in range(many):
            of = slice(first + number * count, first + (number + 1) * count)
            bodies = {
                "service": {"rows": rows[of]},
                "split": {"dataframe_split": {"columns": encoder.names, "data": [[*row.values()] for row in rows[of]]}},
                "mlflow": {"dataframe_split": {"columns": encoder.names, "data": _nan(numbers[of])}},
            }
            for name, body in bodies.items():
                (to / f"{name}-{count}-{number}.json").write_text(json.dumps(body), encoding="utf-8")
    return {"model": record.training_set, "features": len(encoder.names), "trees": booster.num_boosted_rounds()}


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


def _nan(rows: list[list[float | None]]) -> list[list[float]]:
    """NaN for what is missing: as null MLflow's server makes a column of objects of it, which XGBoost refuses."""
    return [[math.nan if number is None else number for number in row] for row in rows]
