"""Findings: all that was found in one window of one model version, and what they are called."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field, NaiveDatetime, TypeAdapter
from pydantic.dataclasses import dataclass

from artifacts.finding import CLOSED, Count, Distribution, Finding, State
from artifacts.finding_ratio import state_of
from artifacts.verdict import CalibrationBin
from artifacts.version_name import write_as_of

# No features have such names.
EVERY = "*"
UNTOLD = "*untold"


@dataclass(frozen=True, config=CLOSED)
class Findings:
    """All that was found on the rows with start <= time < end (naive UTC) that `version` of `model` answered.

    `training_set` is what the version was trained on; `truth` the training set that skew and performance were held
    against. `other_versions` has the rows of the window that other versions answered. `created_at` is recorded (UTC)
    and part of no id. `after` is the id of the findings of the same window that these came after, when the same
    as these had been found before those: so what was found last is always the newest. `left_out` are the days that are
    no part of the trailing window: by feature those of its incidents, and of `EVERY` feature those that were named,
    and `UNTOLD` those of before the alerts begin, of whose incidents nobody knows.
    """

    model: str
    version: Annotated[int, Field(ge=1)]
    training_set: str
    start: NaiveDatetime
    end: NaiveDatetime
    rows: Count
    created_at: NaiveDatetime
    findings: tuple[Finding, ...]
    distributions: tuple[Distribution, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    truth: str | None = None
    other_versions: Mapping[str, Count] = Field(default_factory=dict)
    after: str | None = None
    left_out: Mapping[str, tuple[date, ...]] = Field(default_factory=dict)

    @property
    def state(self) -> State:
        """DRIFT if anything drifted; else UNKNOWN if anything required is, or nothing at all was judged; else OK."""
        return state_of(self.findings)

    @property
    def is_counted(self) -> bool:
        """Whether `rows` says how many were answered; not where the log could not be read."""
        return self.rows > 0 or all(one.is_counted for one in self.findings)

    @property
    def name(self) -> str:
        """`START_END.vVERSION.CONTENT`: the same findings, the same name, whenever they were made."""
        told = {key: value for key, value in self.told().items() if key != "created_at"}
        content = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        return f"{self.of_window}{content[:12]}"

    @property
    def id(self) -> str:
        """`MODEL/NAME`."""
        return f"{self.model}/{self.name}"

    @property
    def of_window(self) -> str:
        """How the names of all findings of this window and version begin."""
        return f"{write_as_of(self.start)}_{write_as_of(self.end)}.v{self.version}."

    def told(self) -> dict[str, Any]:
        """All of it as JSON has it, without what it has not: findings from before there was one keep their names."""
        told: dict[str, Any] = json.loads(FINDINGS.dump_json(self))
        for name in ("after", "left_out"):
            if not told[name]:
                del told[name]
        for one in told["findings"]:
            for told_of, name in ((one, "promise"), (one["reason"], "next_step")):
                if told_of[name] is None:
                    del told_of[name]
        return told


FINDINGS = TypeAdapter(Findings)
