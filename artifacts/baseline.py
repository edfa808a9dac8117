"""What a model's columns and scores looked like when it was trained, in bins and by day: kept on its MLflow run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.binning import Bins
from artifacts.counting import Counted
from artifacts.errors import Damaged

FOLDER = "baseline"
FILE = f"{FOLDER}/baseline.json"
FORMAT = 1


@dataclass(frozen=True)
class Baseline:
    """The newest fit and holdout rows of a model, start <= observed_at < end (naive UTC): each feature, then the score.

    The score is that of the holdout rows alone, since a model scores what it was fitted on too well.
    """

    training_set: str
    model_sha256: str
    start: datetime
    end: datetime
    features: Mapping[str, tuple[Bins, Counted]]
    score: tuple[Bins, Counted]

    def write(self, folder: Path) -> None:
        """Write `baseline/baseline.json` under `folder`, with a sha256 of all the rest."""
        told: dict[str, Any] = {
            "format": FORMAT,
            "training_set": self.training_set,
            "model_sha256": self.model_sha256,
            "start": self.start.isoformat(sep=" "),
            "end": self.end.isoformat(sep=" "),
            "features": [_told(*one) for one in self.features.values()],
            "score": _told(*self.score),
        }
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        text = json.dumps({"sha256": _digest(told), **told}, separators=(",", ":"), allow_nan=False)
        (folder / FILE).write_text(text, encoding="utf-8")


def read_baseline(path: Path) -> Baseline:
    """The inverse of `Baseline.write`; raises `Damaged` (`baseline.damaged`) when it is not what was written."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.pop("sha256") != _digest(told) or told["format"] != FORMAT:
            raise ValueError("its sha256 or its format differs")
        features = [_read(one) for one in told["features"]]
        return Baseline(
            training_set=told["training_set"],
            model_sha256=told["model_sha256"],
            start=datetime.fromisoformat(told["start"]),
            end=datetime.fromisoformat(told["end"]),
            features={bins.name: (bins, counted) for bins, counted in features},
            score=_read(told["score"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(
            "baseline.damaged",
            f"{path.name} is not the baseline that was written: {error}.",
            next_step="Restore the file, or make it again: python -m training baseline --run RUN",
        ) from error


def _told(bins: Bins, counted: Counted) -> dict[str, Any]:
    return {
        "bins": asdict(bins),
        "days": [day.isoformat() for day in counted.days],
        "counts": counted.counts.tolist(),
        "nulls": counted.nulls.tolist(),
        "out_of_range": counted.out_of_range.tolist(),
        "sums": counted.sums.tolist(),
    }


def _read(told: Mapping[str, Any]) -> tuple[Bins, Counted]:
    lists = {"edges": tuple(told["bins"]["edges"]), "categories": tuple(told["bins"]["categories"])}
    bins = Bins(**{**told["bins"], **lists})
    days = tuple(date.fromisoformat(day) for day in told["days"])
    counts = np.array(told["counts"], np.int64).reshape(len(days), bins.width)
    nulls, out = (np.array(told[name], np.int64).reshape(len(days)) for name in ("nulls", "out_of_range"))
    return bins, Counted(days, counts, nulls, out, np.array(told["sums"], np.float64).reshape(bins.width))


def _digest(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
