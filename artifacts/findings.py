"""What monitoring found in one window of one model version: OK, DRIFT or UNKNOWN, with the numbers, and why."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NaiveDatetime, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from artifacts import publish
from artifacts.errors import BadInput
from artifacts.finding import CLOSED, SCORE, BaselineKind, Count, Distribution, Example, Finding, Reason, Rule, State
from artifacts.finding_ratio import state_of
from artifacts.finding_summary import IN_BRIEF, in_brief
from artifacts.findings_name import damaged, list_findings, mend, those_there, uri_of, window_of
from artifacts.verdict import CalibrationBin
from artifacts.version_name import write_as_of

__all__ = [
    "SCORE",
    "BaselineKind",
    "CalibrationBin",
    "Distribution",
    "Example",
    "Finding",
    "Findings",
    "Reason",
    "Rule",
    "State",
    "list_findings",
    "publish_findings",
    "read_findings",
    "window_of",
]

KIND = "findings"
FILE = "findings.json"
FORMAT = 1


@dataclass(frozen=True, config=CLOSED)
class Findings:
    """All that was found on the rows with start <= time < end (naive UTC) that `version` of `model` answered.

    `training_set` is what the version was trained on; `truth` the training set that skew and performance were held
    against. `other_versions` has the rows of the window that other versions answered. `created_at` is recorded (UTC)
    and part of no id.
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
        told = {key: value for key, value in _told(self).items() if key != "created_at"}
        window = f"{write_as_of(self.start)}_{write_as_of(self.end)}"
        return f"{window}.v{self.version}.{_digest(told)[:12]}"

    @property
    def id(self) -> str:
        """`MODEL/NAME`."""
        return f"{self.model}/{self.name}"


_ADAPTER = TypeAdapter(Findings)


def publish_findings(root: str, findings: Findings) -> bool:
    """Publish under `ROOT/MODEL/NAME` (path or URL); False when the same findings stand there already.

    Those keep their `created_at`. The manifest holds the findings in brief. A kill leaves all of it or none.
    """

    def write(folder: Path) -> Mapping[str, Any]:
        text = json.dumps({"format": FORMAT, "state": findings.state, **_told(findings)}, indent=1)
        (folder / FILE).write_text(text, encoding="utf-8")
        return {
            "model": findings.model,
            "version": findings.version,
            "start": findings.start.isoformat(sep=" "),
            "end": findings.end.isoformat(sep=" "),
            "state": findings.state,
            "created_at": findings.created_at.isoformat(sep=" "),
            "brief": json.loads(IN_BRIEF.dump_json(in_brief(findings.findings), exclude_none=True)),
        }

    return publish.publish(uri_of(root, findings.id), KIND, write).created


def read_findings(root: str, identity: str) -> Findings:
    """The findings `MODEL/NAME`, every byte verified.

    Raises `BadInput` (`findings.id`) or `Missing` (`publish.missing`), naming up to ten that are there, or `Damaged`:
    `publish.damaged`, `findings.damaged` for another format, other fields, a state that does not follow from the
    findings, or a folder that has not their name.
    """
    try:
        window_of(identity)
        published = publish.read(uri_of(root, identity), KIND, mend(identity))
    except BadInput as error:
        if error.code not in {"findings.id", "publish.missing"}:
            raise
        told = f"{error.message} {those_there(root, identity.partition('/')[0])}"
        again = "python -m monitoring check --model MODEL --window START..END"
        raise type(error)(error.code, told, next_step=f"Name one of them, or check the window: {again}") from error
    try:
        told = json.loads(published.file(FILE).read_text(encoding="utf-8"))
        form, state = told.pop("format"), told.pop("state")
        found = _ADAPTER.validate_json(json.dumps(told))
    except (ValueError, KeyError, AttributeError, ValidationError) as error:
        raise damaged(published.uri, identity, f"it does not hold findings ({error})") from error
    if form != FORMAT:
        raise damaged(published.uri, identity, f"it is written in format {form}; format {FORMAT} is read here")
    if state != found.state or found.id != identity:
        raise damaged(published.uri, identity, f"it says {state}, and its content is that of {found.id}, {found.state}")
    return found


def _told(findings: Findings) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_ADAPTER.dump_json(findings))
    for one in told["findings"]:
        # Findings from before there was one keep their names.
        for told_of, name in ((one, "promise"), (one["reason"], "next_step")):
            if told_of[name] is None:
                del told_of[name]
    return told


def _digest(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
