"""Scores of a matrix: XGBoost's in-place prediction, without what its Python package asks before each call.

For a single row that costs more than the prediction. That both score alike is checked whenever a version is loaded.
"""

import numpy as np
import numpy.typing as npt
import xgboost
from xgboost.core import _LIB

from serving.native import predict_dense

Floats = npt.NDArray[np.float32]
LIBRARY: str = _LIB._name


def score_matrix(booster: xgboost.Booster, matrix: Floats) -> npt.NDArray[np.float64]:
    """Probabilities in float64, exactly as training computes them; safe for several threads.

    Raises `NativeError`, also when the model gives anything else than one score a row.
    """
    given = np.ascontiguousarray(matrix, dtype="<f4")
    address = given.__array_interface__["data"][0]
    found = predict_dense(_LIB, booster.handle, address, *given.shape)
    return np.frombuffer(found, "<f4").astype(np.float64)


def score_as_training(booster: xgboost.Booster, matrix: Floats) -> npt.NDArray[np.float64]:
    """The same by the package's own method, which training uses."""
    return np.asarray(booster.inplace_predict(matrix), dtype=np.float64)
