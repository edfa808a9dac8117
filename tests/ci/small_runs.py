"""A smoke run of two stages and three features, tolerances to hold it against, and a way to change one thing in it."""

from copy import deepcopy
from typing import Any

from ci.tolerances import Tolerances

TOLERANCES = Tolerances.model_validate(
    {
        "origin": "made up for the tests",
        "metrics": {
            "log_loss": {"better": "lower", "worse_by_at_most": 0.006, "better_by_at_most": 0.03},
            "roc_auc": {"better": "higher", "worse_by_at_most": 0.015, "better_by_at_most": 0.06},
        },
        "slices": {"columns": ["origin"], "metric": "log_loss", "min_rows": 300, "worse_by_at_most": 0.02},
        "features": {"moved_by_at_most": 0.25, "null_share_by_at_most": 0.05},
        "min_holdout_rows": 900,
        "rows_lost_share": 0.01,
        "label_rate_by_at_most": 0.01,
    }
)
OCTOBER: dict[str, Any] = {
    "training_set": "late_arrival/2013-10-01.aaaaaaaaaaaa",
    "rows": 3000,
    "label_rate": 0.25,
    "window": {"first": "2013-08-01 08:45:00", "last": "2013-09-30 20:41:00"},
    "months": {"2013-08": [1500, 400], "2013-09": [1500, 350]},
    "cause": "1" * 64,
    "trained": True,
    "model_sha256": "a" * 64,
    "outcome": "promote",
    "reasons": ["first_champion"],
    "holdout": {"start": "2013-09-01 00:00:00", "end": "2013-10-01 00:00:00", "rows": 1000, "positives": 240},
    "metrics": {
        "candidate": {"log_loss": [0.40, 0.38, 0.42], "roc_auc": [0.75, 0.72, 0.78]},
        "naive": {"log_loss": [0.46, 0.44, 0.48], "roc_auc": [0.65, 0.62, 0.68]},
    },
    "slices": {
        "origin": {
            "EWR": {"rows": 600, "log_loss": 0.41, "roc_auc": 0.74},
            "JFK": {"rows": 300, "log_loss": 0.39, "roc_auc": 0.76},
            "LGA": {"rows": 100, "log_loss": 0.38, "roc_auc": 0.70},
        }
    },
}
NOVEMBER: dict[str, Any] = {
    **deepcopy(OCTOBER),
    "training_set": "late_arrival/2013-11-01.bbbbbbbbbbbb",
    "model_sha256": "b" * 64,
    "outcome": "keep",
    "reasons": ["not_surely_better"],
}
RUN: dict[str, Any] = {
    "inputs": {
        "sql": {"dbt_project/models/features/delays.sql": "d1", "dbt_project/models/spine/spine.sql": "s1"},
        "yaml": {"dbt_project/models/features/_features.yml": "y1"},
        "source": {"ingestion/land.py": "l1"},
        "config": {"training/configs/v1.yaml": "c1"},
        "code": {"training": "t1"},
        "gate": {"ci/compare.py": "g1"},
        "tools": {"duckdb": "2.0.0"},
    },
    "machine": "AMD EPYC, Linux glibc-2.36",
    "code": {"commit": "c" * 40, "dirty": False},
    "stages": [OCTOBER, NOVEMBER],
    "features": {
        "delay_mean_3h": {
            "null_share": 0.1,
            "mean": 10.0,
            "sd": 6.0,
            "quantiles": [float(minutes) for minutes in range(21)],
        },
        "is_holiday": {"null_share": 0.0, "true": 0.1},
        "origin": {"null_share": 0.0, "shares": {"EWR": 0.6, "JFK": 0.3, "LGA": 0.1}},
    },
    "lineage": {
        "dbt_project/models/features/delays.sql": ["delay_mean_3h"],
        "dbt_project/models/spine/spine.sql": ["delay_mean_3h", "is_holiday", "origin"],
    },
    "sets": {
        "dbt_project/models/features/delays.sql": ["cancellation", "late_arrival"],
        "dbt_project/models/features/_features.yml": ["late_arrival"],
        "dbt_project/models/spine/spine.sql": ["cancellation", "late_arrival"],
    },
    "slices": ["origin"],
    "seconds": 41.5,
}
REFUSED: dict[str, Any] = {
    **{key: RUN[key] for key in ("inputs", "machine", "code", "seconds")},
    "stages": [],
    "refused": {
        "error": "features.contract_broken",
        "message": "Column load has 3 values above 100.",
        "next_step": "Look at loads.sql.",
        "exit_code": 3,
    },
}
GONE = object()


def changed(*place: str | int, to: Any, run: dict[str, Any] = RUN) -> dict[str, Any]:
    """A copy of `run` with another value at `place`, or with nothing there: `to=GONE`."""
    copy = deepcopy(run)
    held: Any = copy
    for key in place[:-1]:
        held = held[key]
    if to is GONE:
        del held[place[-1]]
    else:
        held[place[-1]] = to
    return copy
