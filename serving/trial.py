"""Tries a model file in a process of its own, which may crash: what would crash the service does so here."""

import hashlib
import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xgboost

from artifacts.errors import Damaged
from artifacts.places import REPOSITORY

TRIAL_SECONDS = 60
MOST_MEMORY = 8 * 2**30
Floats = npt.NDArray[np.float32]


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
    given = io.BytesIO()
    np.save(given, matrix, allow_pickle=False)
    command = [sys.executable, "-m", "serving.trial", str(path), sha256]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            input=given.getvalue(),
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


def score_matrix(booster: xgboost.Booster, matrix: Floats) -> npt.NDArray[np.float64]:
    """Probabilities in float64, exactly as training computes them."""
    return np.asarray(booster.inplace_predict(matrix), dtype=np.float64)


_NEXT = "Restore the file, or promote a version that is whole."


def _failed(path: Path, how: str) -> Damaged:
    return Damaged("serving.trial_failed", f"Tried in a process of its own, {path} {how}.", next_step=_NEXT)


def main() -> None:
    """The child: a model file and its sha256 as arguments, rows on stdin, scores as hexadecimal floats on stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    booster = read_booster(Path(sys.argv[1]), sys.argv[2])
    matrix = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    sys.stdout.write(json.dumps([score.hex() for score in score_matrix(booster, matrix).tolist()]))


if __name__ == "__main__":
    main()
