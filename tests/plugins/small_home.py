"""A small real home: a model trained, judged and promoted, two weeks of findings, alerts and predictions of it."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import xgboost

from artifacts.encoder import CATEGORIES, read_encoder
from artifacts.places import Places, read_places
from artifacts.prediction_log import Prediction
from artifacts.registry import MODEL, Registry
from ops.bench.on_call_year import write_year
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.training.toy import toy_config
from training.promote_or_keep import promote_or_keep
from training.train import train

NEWEST = datetime(2026, 3, 14, 9, 30)


def make_home(folder: Path, days: int = 14) -> tuple[Places, Prediction]:
    """The places, and what each prediction of its log is like."""
    places = read_places({"PIPELINE_HOME": str(folder)})
    registry = registry_in(folder / "mlflow")
    training_set = make_training_set(places.training_sets)
    run = train(registry, training_set, toy_config())
    promote_or_keep(registry, places.ledger, places.training_sets, run.run_id, "tester")
    names = [column.name for column in training_set.contract.features]
    [row, *_] = next(iter(training_set.batches(["entity_id", "observed_at", *names]))).to_pylist()
    entity = {name: row.pop(name) for name in ("entity_id", "observed_at")}
    features = {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}
    about = Prediction(
        "f" * 32, "asked", "toy", 1, run.model_sha256, training_set.id, NEWEST, "http", entity, features,
        score_of(registry, run.run_id, features),
    )  # fmt: skip
    write_year(places, names, about, days=days, a_day=5)
    return places, about


def score_of(registry: Registry, run_id: str, features: dict) -> float:
    """As the service computes it."""
    encoder = read_encoder(registry.artefact(run_id, CATEGORIES))
    columns = {
        name: [Decimal(str(features[name])) if kind.startswith("decimal") else features[name]]
        for name, kind in encoder.types.items()
    }
    matrix = encoder.numbers(columns).astype("float32")
    return float(xgboost.Booster(model_file=str(registry.artefact(run_id, MODEL))).inplace_predict(matrix)[0])
