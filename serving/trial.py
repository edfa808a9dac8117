"""Tries a model file in a process of its own, which may crash: what would crash the service does so there."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import xgboost

from artifacts.errors import Damaged
from artifacts.places import REPOSITORY
from serving.scoring import LIBRARY, Floats

TRIAL_SECONDS = 60


def read_booster(path: Path, sha256: str) -> xgboost.Booster:
    """The model in a native file; the very bytes that are loaded have the sha256.

    Raises `Damaged`: `serving.file_changed`, `serving.file_refused`.
    """
    content = path.read_bytes()
    if (got := hashlib.sha256(content).hexdigest()) != sha256:
        raise Damaged("serving.file_changed", f"{path} has sha256 {got}; {sha256} was logged.", next_step=_NEXT)
    try:
        return xgboost.Booster(model_file=bytearray(content))
    except xgboost.core.XGBoostError as error:
        raise Damaged("serving.file_refused", f"{path} is no XGBoost model.", next_step=_NEXT) from error


def try_model(path: Path, sha256: str, matrix: Floats) -> list[float]:
    """The scores of `matrix`, computed in a child process that loads the file and ends well.

    Raises `Damaged` (`serving.trial_failed`) when it does not load, crashes, takes too long or scores no probability.
    """
    # Without site-packages: a trial is a part of each takeover, and starting Python with them takes most of it.
    command = [sys.executable, "-S", "-m", "serving.trial_child", LIBRARY, str(path), sha256, str(matrix.shape[1])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            input=matrix.astype("<f4").tobytes(),
            capture_output=True,
            timeout=TRIAL_SECONDS,
            check=True,
            cwd=REPOSITORY,
            env=environment,
        )
        scores = [float.fromhex(score) for score in json.loads(done.stdout)]
    except subprocess.TimeoutExpired as error:
        raise _failed(path, f"took more than {TRIAL_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise _failed(path, f"ended with {error.returncode}: {said[-1][:300] if said else 'not a word'}") from error
    except (ValueError, TypeError) as error:
        raise _failed(path, "did not print scores") from error
    if len(scores) != len(matrix) or not all(0 <= score <= 1 for score in scores):
        raise _failed(path, "scored something else than a probability for each row")
    return scores


_NEXT = "Restore the file, or promote a version that is whole."


def _failed(path: Path, how: str) -> Damaged:
    return Damaged("serving.trial_failed", f"Tried in a process of its own, {path} {how}.", next_step=_NEXT)
