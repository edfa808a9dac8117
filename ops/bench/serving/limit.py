"""The limit: XGBoost's own in-place prediction in process, with one thread and nothing around it."""

import time
from pathlib import Path
from typing import Any

from ops.bench.serving.load import told


def in_process(folder: str, rows: int, seconds: float, most: int) -> dict[str, Any]:
    """Predict for `seconds`, at most `most` times, `rows` rows a time, from float32 numbers that lie ready."""
    import numpy as np
    import xgboost

    booster = xgboost.Booster(model_file=bytearray((Path(folder) / "model.ubj").read_bytes()))
    booster.set_param({"nthread": 1})
    matrix = np.load(Path(folder) / "matrix.npy")
    slices = [np.ascontiguousarray(matrix[at : at + rows]) for at in range(0, len(matrix) - rows + 1, rows)]
    booster.inplace_predict(slices[0])
    latencies: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    while len(latencies) < most and time.perf_counter() - began < seconds:
        before = time.perf_counter()
        booster.inplace_predict(slices[len(latencies) % len(slices)])
        latencies.append(time.perf_counter() - before)
    facts = told(latencies, time.perf_counter() - began)
    return {**facts, "cpu_ms": (time.process_time() - cpu) / len(latencies) * 1000}


def scores(folder: str) -> dict[str, Any]:
    """The scores of the first large batch, as float64."""
    import numpy as np
    import xgboost

    from ops.bench.serving.prepare import BATCH_ROWS, SINGLES

    booster = xgboost.Booster(model_file=bytearray((Path(folder) / "model.ubj").read_bytes()))
    matrix = np.load(Path(folder) / "matrix.npy")[SINGLES : SINGLES + BATCH_ROWS]
    return {"scores": booster.inplace_predict(matrix).astype(np.float64).tolist()}
