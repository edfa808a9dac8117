"""How much each feature moved one prediction: SHAP values, computed in a process of its own.

A damaged model file can crash the process that loads it: that must not be Airflow's.
"""

import hashlib
import json
import math
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from artifacts.encoder import CATEGORIES, read_encoder
from artifacts.errors import Damaged
from artifacts.places import REPOSITORY
from artifacts.prediction_log import Prediction
from artifacts.registry import MODEL
from plugins.on_call.home import Home

SECONDS, MEMORY = 60, 8 * 2**30
# The margins of the logged score and of what is computed here may differ by float32's last digits.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Contributions:
    """What each feature adds to the log odds, `base` what is there without any; together they give `score`."""

    base: float
    features: Mapping[str, float]
    score: float


def contributions(home: Home, one: Prediction) -> Contributions:
    """The SHAP values of a logged prediction, from the model version that made it.

    Raises `Damaged` (`on_call.contributions`) when the version's model does not give the score that was logged, or
    cannot be loaded.
    """
    record = home.record(one.model, one.version)
    if record.model_sha256 != one.model_sha256:
        raise _wrong(
            f"version {one.version} has model file {record.model_sha256[:12]}, and {one.model_sha256[:12]} answered",
            record.run_id,
        )
    paths = [home.registry.artefact(record.run_id, name) for name in (MODEL, CATEGORIES)]
    given = json.dumps({name: str(v) if isinstance(v, Decimal) else v for name, v in one.features.items()})
    command = [sys.executable, "-m", "plugins.on_call.contributions", *map(str, paths), one.model_sha256]
    # Only what a child needs: no key and no connection of Airflow's.
    environment = {key: os.environ[key] for key in ("PATH", "LANG", "HOME") if key in os.environ}
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=SECONDS, check=True, cwd=REPOSITORY,
            env={**environment, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        told = json.loads(done.stdout)
        names, values = told["names"], [float.fromhex(value) for value in told["values"]]
    except subprocess.TimeoutExpired as error:
        raise _wrong(f"computing them took more than {SECONDS} s", record.run_id) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines()
        raise _wrong(
            f"the process ended with {error.returncode}: {said[-1][:200] if said else 'not a word'}", record.run_id
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _wrong("the process printed something else", record.run_id) from error
    score = 1 / (1 + math.exp(-sum(values)))
    if not math.isclose(score, one.score, abs_tol=TOLERANCE):
        raise _wrong(f"they add up to {score:.6f}, and {one.score:.6f} was logged", record.run_id)
    return Contributions(values[-1], dict(zip(names, values[:-1], strict=True)), score)


def _wrong(what: str, run_id: str) -> Damaged:
    return Damaged(
        "on_call.contributions",
        f"The contributions of the features are not known: {what}.",
        next_step=f"See whether the model can be made again: python -m training reproduce --run {run_id}",
    )


def main() -> None:
    """The child: paths of model and categories and the model's sha256 as arguments, features as JSON on stdin."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import xgboost

    model, categories, sha256 = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]), sys.argv[3]
    if hashlib.sha256(model).hexdigest() != sha256:
        sys.exit("The model file has another sha256.")
    encoder = read_encoder(categories)
    given: dict[str, Any] = json.loads(sys.stdin.read())
    columns = {
        name: [Decimal(str(given[name])) if kind.startswith("decimal") and given[name] is not None else given[name]]
        for name, kind in encoder.types.items()
    }
    matrix = encoder.numbers(columns).astype("float32")
    booster = xgboost.Booster(model_file=bytearray(model))
    rows = xgboost.DMatrix(matrix, feature_names=encoder.names, feature_types=encoder.feature_types)
    [values] = booster.predict(rows, pred_contribs=True).tolist()
    sys.stdout.write(json.dumps({"names": encoder.names, "values": [value.hex() for value in values]}))


if __name__ == "__main__":
    main()
