"""Evidently's drift measures of two Parquet files: what monitoring is compared with, in a process of its own."""

import json
import time
from pathlib import Path
from typing import Any

METHODS = ("psi", "jensenshannon", "wasserstein")


def run_evidently(baseline: str, current: str, categories: list[str], into: str | None = None) -> dict[str, Any]:
    """PSI, Jensen-Shannon and (for numbers) Wasserstein of each column, and the nulls of the current file.

    Written to `into` as JSON, `{column: {method: value}}`. Runs in the environment of `ops.bench.oracle`.
    """
    started = time.monotonic()
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import MissingValueCount, ValueDrift

    loaded = time.monotonic()
    frames = [pd.read_parquet(path) for path in (baseline, current)]
    names = [str(name) for name in frames[0].columns]
    numbers = [name for name in names if name not in categories]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=list(categories))
    sets = [Dataset.from_pandas(frame, definition) for frame in frames]
    wanted = [(name, method) for name in names for method in METHODS if method != "wasserstein" or name in numbers]
    metrics = [ValueDrift(column=name, method=method) for name, method in wanted]
    metrics += [MissingValueCount(column=name) for name in names]
    values = [one["value"] for one in Report(metrics).run(sets[1], sets[0]).dict()["metrics"]]
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for (name, method), value in zip(wanted, values, strict=False):
        found[name][method] = float(value)
    for name, value in zip(names, values[len(wanted) :], strict=True):
        found[name]["null_share"] = float(value["share"])
    if into:
        Path(into).write_text(json.dumps(found), encoding="utf-8")
    done = time.monotonic()
    return {"parts": {"loading": loaded - started, "measuring": done - loaded}, "columns": len(names)}
