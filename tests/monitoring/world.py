"""A small trained model, what it answered, and checks of it."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from artifacts.findings import Finding, Findings
from artifacts.places import Places
from artifacts.prediction_log import LogWriter, Prediction
from artifacts.registry import Registry, RunRecord
from artifacts.training_set import TrainingSet
from monitoring.check import check
from monitoring.settings import MonitoringSettings
from monitoring.window import Window, parse_window
from training.fit import load_candidate, score

WEEK = "2013-03-20..2013-03-27"
# A week of some 650 rows measures no finer; what the real tolerances say of it would be "uncertain".
COARSE = {"worse_log_loss": 0.15, "worse_calibration_error": 0.1}
SETTINGS = MonitoringSettings(replicates=300, served_days=14, min_slice_rows=100, **COARSE)
NOW = datetime(2026, 1, 1)


@dataclass(frozen=True)
class World:
    """A test's own log and findings beside the shared registry; version 1 is the model."""

    places: Places
    training_set: TrainingSet
    run: RunRecord

    def answers(self, window: str, change: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> list[Prediction]:
        """What version 1 answers about the training set's rows of a window, as batch scoring logs it.

        `change` is made to the features that are logged, after they were scored.
        """
        when, contract = parse_window(window), self.training_set.contract
        scorer = load_candidate(Registry.at(self.places), self.run.run_id)
        scores = score(scorer, self.training_set, when.start, when.end).tolist()
        names = [*scorer.encoder.names, *contract.entity, contract.observed_at]
        batches = self.training_set.batches(names, when.start, when.end)
        rows = [row for batch in batches for row in batch.to_pylist()]
        keys = (*contract.entity, contract.observed_at)
        return [
            Prediction(
                prediction_id=uuid.uuid4().hex,
                request_id="1",
                model=self.run.model,
                version=1,
                model_sha256=self.run.model_sha256,
                training_set=self.run.training_set,
                asked_at=datetime(2026, 1, 1),
                via="batch",
                entity={name: row[name] for name in keys},
                features=change({name: _logged(row[name]) for name in scorer.encoder.names}),
                score=value,
            )
            for row, value in zip(rows, scores, strict=True)
        ]

    def log(self, records: Sequence[Prediction]) -> None:
        """Log them in a segment of their own."""
        with LogWriter(self.places.predictions) as log:
            for start in range(0, len(records), 500):
                log.append(records[start : start + 500])

    def check(self, window: str = WEEK, **given: Any) -> Findings:
        """Check version 1."""
        arguments: dict[str, Any] = {"settings": SETTINGS, "created_at": NOW, **given}
        settings = arguments.pop("settings")
        return check(self.places, self.run.model, 1, parse_window(window), settings, **arguments)


def _logged(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def codes(found: Findings, state: str = "UNKNOWN") -> set[str]:
    """The reason codes of the findings in a state, required ones only."""
    return {one.reason.code for one in found.findings if one.state == state and one.required}


def of(found: Findings, rule: str, feature: str | None = None, **about: Any) -> Finding:
    """The one finding."""
    wanted: Mapping[str, Any] = {"rule": rule, "feature": feature, **about}
    [one] = [one for one in found.findings if all(getattr(one, name) == value for name, value in wanted.items())]
    return one


__all__ = ["NOW", "SETTINGS", "WEEK", "Path", "Window", "World", "codes", "of", "replace"]
