"""A config for the synthetic training set, and the tables to publish changed versions of it."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from artifacts.training_set import TrainingSet
from tests.fixtures_training_set import AS_OF, make_contract, make_rows, publish_table
from training.config import Config
from training.read_config import parse_config

TOY = """
model: toy
training_set: toy
as_of: 2013-04-01
holdout_days: 31
early_stopping_rounds: 10
seed: 1
num_boost_round: 60
xgboost: {max_depth: 3, eta: 0.3, nthread: 1, subsample: 0.8, colsample_bytree: 0.8}
naive: {by: [place]}
slices: [place]
judge:
  primary: log_loss
  margin: 0.001
  guards: {roc_auc: {worse_by_at_most: 0.005}}
  plausible: {roc_auc: 0.95}
  min_rows: 100
"""
HOLDOUT = datetime(2013, 3, 1)
LOCK = Path(__file__).parents[2] / "requirements.txt"


def toy_config(*overrides: str) -> Config:
    """The config, with overrides."""
    return parse_config(TOY, overrides)


def publish_with(root: Path, **columns: object) -> TrainingSet:
    """The synthetic set with some columns replaced by other values."""
    contract = make_contract()
    table = make_rows(contract)
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))
    return publish_table(root, contract, AS_OF, table)


def values(name: str) -> np.ndarray:
    """A column of the synthetic set, free to be changed."""
    return make_rows(make_contract()).column(name).to_numpy(zero_copy_only=False).copy()
