"""The MLmodel file that describes a native model to MLflow: its format and its signature."""

import json
from collections.abc import Mapping

import yaml

from artifacts.run_record import MODEL

FILE = "model/MLmodel"
_TYPES = {"varchar": "string", "integer": "integer", "bigint": "long", "boolean": "boolean"}


def mlmodel(run_id: str, signature: Mapping[str, str]) -> str:
    """The file's text; `signature` is feature to SQL type, in the model's order, and the output is a probability.

    It names no Python function, so that nothing loads the model but its native file.
    """
    folder, _, file = MODEL.partition("/")
    # Required is false: the model takes a missing value of any feature.
    inputs = [{"type": _TYPES.get(kind, "double"), "name": name, "required": False} for name, kind in signature.items()]
    outputs = [{"type": "double", "required": True}]
    held = {
        "artifact_path": folder,
        "flavors": {"xgboost": {"data": file, "model_class": "xgboost.core.Booster", "model_format": "ubj"}},
        "run_id": run_id,
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None},
    }
    return yaml.safe_dump(held, sort_keys=True)
