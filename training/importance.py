"""What a model goes by: the gain of each feature's splits, and its share in the scores of real rows (SHAP)."""

from typing import Any

import numpy as np
import xgboost

from artifacts.training_set import TrainingSet
from training.fit import Candidate
from training.windows import Windows

# SHAP costs rows x trees x leaves x depth squared, about 3 ms a row; the ranking has settled by this many.
SHAP_ROWS = 200


def importance(candidate: Candidate, training_set: TrainingSet, windows: Windows) -> list[dict[str, Any]]:
    """Per feature, the most important first: total gain as a share of all, splits, and mean |SHAP| in log-odds.

    SHAP values are XGBoost's exact TreeSHAP (Lundberg et al. 2020) on up to 200 holdout rows, evenly taken.
    """
    encoder, booster = candidate.encoder, candidate.booster
    step = max(1, windows.holdout_rows // SHAP_ROWS)
    batches = training_set.batches(encoder.names, windows.holdout_start, windows.holdout_end)
    rows = np.concatenate([encoder.matrix(batch[::step]) for batch in batches])[:SHAP_ROWS]
    matrix = xgboost.DMatrix(
        rows, feature_names=encoder.names, feature_types=encoder.feature_types, enable_categorical=True
    )
    shap = np.abs(booster.predict(matrix, pred_contribs=True)[:, :-1]).mean(axis=0)
    gain, splits = booster.get_score(importance_type="total_gain"), booster.get_score(importance_type="weight")
    whole = sum(gain.values()) or 1.0
    table = [
        {
            "feature": name,
            "gain_share": float(gain.get(name, 0.0)) / whole,
            "splits": int(splits.get(name, 0)),
            "shap_mean_abs": float(shap[position]),
        }
        for position, name in enumerate(encoder.names)
    ]
    return sorted(table, key=lambda row: (-float(row["shap_mean_abs"]), str(row["feature"])))
