"""The verdict on a candidate: the evidence, the rule, the outcome and why, as JSON that is checked when read."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, NaiveDatetime, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from artifacts.errors import Damaged

SCHEMA_VERSION = 1
Outcome = Literal["promote", "keep", "suspicious", "cannot_judge"]
Part = Literal["naive", "primary", "guard", "slice"]

_CLOSED = ConfigDict(extra="forbid", allow_inf_nan=False)
Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, config=_CLOSED)
class Estimate:
    """A number on the holdout rows with its bootstrap interval; None where it is undefined."""

    value: Number | None
    low: Number | None
    high: Number | None


@dataclass(frozen=True, config=_CLOSED)
class Contestant:
    """A model that was judged; all that it was fitted on was observed, and its label known, before `learned_before`."""

    version: int | None
    run_id: str
    training_set: str
    model_sha256: str
    learned_before: NaiveDatetime


@dataclass(frozen=True, config=_CLOSED)
class Holdout:
    """The rows that both were scored on: start <= observed_at < end (naive UTC); `blocks` are the days drawn whole."""

    start: NaiveDatetime
    end: NaiveDatetime
    rows: int
    positives: int
    blocks: int


@dataclass(frozen=True, config=_CLOSED)
class Comparison:
    """Candidate and rival (for part `naive` the naive model, else the champion) on one metric, on all rows or a slice.

    `gain` is the paired difference with its interval; above zero the candidate is better, whatever the metric.
    """

    part: Part
    metric: str
    rows: int
    candidate: Number | None
    rival: Number | None
    gain: Estimate
    column: str | None = None
    category: str | None = None


@dataclass(frozen=True, config=_CLOSED)
class ThinSlice:
    """A slice with too few rows to judge."""

    column: str
    category: str
    rows: int


@dataclass(frozen=True, config=_CLOSED)
class CalibrationBin:
    """Rows with neighbouring scores: their mean score and the share whose outcome was true."""

    score: Number
    happened: Number
    rows: int


@dataclass(frozen=True, config=_CLOSED)
class Evidence:
    """All that the rule looks at. `metrics` and `calibration` are by contestant: candidate, champion, naive."""

    model: str
    training_set: str
    candidate: Contestant
    champion: Contestant | None
    holdout: Holdout
    metrics: Mapping[str, Mapping[str, Estimate]]
    comparisons: tuple[Comparison, ...]
    thin_slices: tuple[ThinSlice, ...]
    calibration: Mapping[str, tuple[CalibrationBin, ...]]


@dataclass(frozen=True, config=_CLOSED)
class Reason:
    """Why: a stable code, and a sentence with the numbers."""

    code: str
    text: str


@dataclass(frozen=True, config=_CLOSED)
class Verdict:
    """The outcome and all that led to it; bound to the champion in the evidence.

    `key` names what was judged, under which rule, by which code: the same key, the same verdict. `rules` is the `judge`
    part of the candidate's config. `decided_at` is recorded (UTC) and part of no id.
    """

    key: str
    evidence: Evidence
    rules: Mapping[str, Any]
    outcome: Outcome
    reasons: tuple[Reason, ...]
    decided_at: NaiveDatetime
    decided_by: str

    @property
    def level(self) -> str:
        """What share of the draws each of its intervals holds, as `95 %`."""
        return f"{100 * self.rules['bootstrap']['interval']:g} %"

    def to_json(self) -> str:
        """The verdict as JSON with its format's version and a sha256 of all the rest."""
        told = json.loads(_ADAPTER.dump_json(self))
        return json.dumps({"schema_version": SCHEMA_VERSION, "sha256": _digest(told), **told}, indent=1) + "\n"


_ADAPTER = TypeAdapter(Verdict)


def read_verdict(text: str) -> Verdict:
    """The inverse of `Verdict.to_json`.

    Raises `Damaged`: `verdict.damaged` when it is not what was written, `verdict.schema_version` for another format.
    """
    try:
        told = json.loads(text)
        version, sha256 = told.pop("schema_version"), told.pop("sha256")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise _damaged(f"is no verdict: {error!r}") from error
    if version != SCHEMA_VERSION:
        raise Damaged(
            "verdict.schema_version",
            f"The verdict is written in format {version}; format {SCHEMA_VERSION} is read here.",
            next_step="Judge the candidate again.",
        )
    if _digest(told) != sha256:
        raise _damaged("is not what was written: its sha256 differs")
    try:
        return _ADAPTER.validate_json(json.dumps(told))
    except ValidationError as error:
        raise _damaged(f"has other fields than a verdict: {error.errors()[0]['loc']}") from error


def _digest(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _damaged(message: str) -> Damaged:
    return Damaged("verdict.damaged", f"The verdict {message}.", next_step="Judge the candidate again.")
