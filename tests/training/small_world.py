"""A small training set about parcels, made from literal rules, and candidates of any quality trained on it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from artifacts.contract import Contract
from artifacts.registry import Registry, RunRecord
from artifacts.training_set import TrainingSet, publish_training_set, write_sorted
from training.read_config import parse_config
from training.train import train

ROWS_A_DAY = 60
FIRST_DAY = datetime.fromisoformat("2020-01-01")
CONTRACT: dict[str, Any] = {
    "name": "parcels",
    "label_rate": [0, 1],
    "newest_within_days": 2,
    "min_rows": 1,
    "row_growth": [0, 100],
    "gap_days": 1,
    "columns": [
        {"name": "parcel", "role": "entity", "type": "varchar", "description": "Which parcel."},
        {"name": "observed_at", "role": "observed_at", "type": "timestamp", "description": "When asked."},
        {"name": "is_lost", "role": "label", "type": "boolean", "description": "Never arrived."},
        {"name": "lost_known_at", "role": "label_known_at", "type": "timestamp", "description": "When that was clear."},
        *(
            {
                "name": name,
                "role": "feature",
                "type": "double",
                "unit": "kg",
                "bounds": [None, None],
                "description": "A.",
            }
            for name in ("clear_sign", "weak_sign", "noise", "leak")
        ),
        {"name": "region", "role": "feature", "type": "varchar", "categories": "any", "description": "Where."},
    ],
}
CONFIG = """
model: {model}
training_set: parcels
as_of: 2020-03-01
holdout_days: 20
early_stopping_share: 0
early_stopping_rounds: null
features: {features}
seed: 1
num_boost_round: 20
xgboost: {{max_depth: 3, eta: 0.3, nthread: 1}}
naive: {{by: [region]}}
judge:
  primary: log_loss
  margin: 0.001
  bootstrap: {{replicates: 200}}
  guards: {{roc_auc: {{worse_by_at_most: 0.05}}, calibration_error: {{worse_by_at_most: 0.1}}}}
  slices: {{columns: [region], metric: log_loss, worse_by_at_most: 0.1, min_rows: 100}}
  plausible: {{roc_auc: 0.95, log_loss: 0.05}}
  min_rows: 500
promotion: auto
"""


@dataclass(frozen=True)
class World:
    """A registry, a ledger and training sets of one test; `model` is a name of its own in the shared registry."""

    registry: Registry
    ledger: str
    training_sets: str
    model: str

    def candidate(self, training_set: TrainingSet, features: str, *overrides: str) -> RunRecord:
        """Train on `features`, a YAML list; more telling features make a better candidate."""
        text = CONFIG.format(model=self.model, features=features)
        return train(self.registry, training_set, parse_config(text, overrides))

    def of_model(self, model: str) -> "World":
        """The same world, seen by another model."""
        return replace(self, model=model)


def parcels(
    root: str, days: int, without: str | None = None, retyped: str | None = None, name: str = "parcels"
) -> TrainingSet:
    """A version as of `days` after the first day; rows of a day are the same in every version that has them."""
    contract = Contract.from_dict({**_contract(without, retyped), "name": name})
    table = _rows(days).select([column.name for column in contract.columns]).cast(contract.arrow_schema())
    as_of = FIRST_DAY + timedelta(days=days)
    staged = Path(root).parent / f"staged-{name}-{days}-{without}-{retyped}"
    staged.mkdir(parents=True)
    write_sorted(table.to_batches(), contract, staged / "data.parquet")
    return publish_training_set(root, contract, as_of, staged, {})


def _contract(without: str | None, retyped: str | None) -> dict[str, Any]:
    columns = [dict(column) for column in CONTRACT["columns"] if column["name"] != without]
    for column in columns:
        if column["name"] == retyped:
            column["type"] = "integer"
    return {**CONTRACT, "columns": columns}


def _rows(days: int) -> pa.Table:
    generator = np.random.Generator(np.random.PCG64(11))
    rows = 90 * ROWS_A_DAY
    clear, weak, noise = generator.standard_normal((rows, 3)).round(0).T
    region = generator.integers(0, 3, rows)
    chance = 1 / (1 + np.exp(1.5 - 1.6 * clear - 0.6 * weak - 0.5 * region))
    lost = generator.random(rows) < chance
    observed = [FIRST_DAY + timedelta(minutes=24 * row) for row in range(rows)]
    return pa.table(
        {
            "parcel": [f"P{row:06d}" for row in range(rows)],
            "observed_at": pa.array(observed, pa.timestamp("us")),
            "is_lost": lost,
            "lost_known_at": pa.array([moment + timedelta(hours=12) for moment in observed], pa.timestamp("us")),
            "clear_sign": clear,
            "weak_sign": weak,
            "noise": noise,
            "leak": np.where(generator.random(rows) < 0.04, ~lost, lost).astype(np.float64),
            "region": np.array(["north", "south", "west"])[region],
        }
    )[: days * ROWS_A_DAY]
