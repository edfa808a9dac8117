"""What monitoring found in one window of one model version: OK, DRIFT or UNKNOWN, with the numbers, and why."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from artifacts import publish, storage
from artifacts.errors import BadInput, Damaged
from artifacts.finding import SCORE, BaselineKind, Distribution, Example, Finding, Reason, Rule, State
from artifacts.finding_summary import IN_BRIEF, in_brief
from artifacts.findings_name import damaged, list_findings, mending, those_there, uri_of, window_of
from artifacts.findings_of import FINDINGS, Findings
from artifacts.verdict import CalibrationBin

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


def publish_findings(root: str, findings: Findings) -> Findings:
    """Publish under `ROOT/MODEL/NAME` (path or URL), and return what is the newest of its window now.

    The same findings as the newest stand already, and keep their `created_at`; the same as older ones are published
    again, `after` the newest. The manifest holds them in brief. A kill leaves all of it or none.
    """
    newest = _newest_like(root, findings)
    same = newest is not None and replace(newest, after=None, created_at=findings.created_at).told() == findings.told()
    if newest is not None and (same or storage.exists(uri_of(root, findings.id), publish.MANIFEST)):
        findings = replace(findings, after=newest.after if same else newest.id)

    def write(folder: Path) -> Mapping[str, Any]:
        text = json.dumps({"format": FORMAT, "state": findings.state, **findings.told()}, indent=1)
        (folder / FILE).write_text(text, encoding="utf-8")
        return {
            "model": findings.model,
            "version": findings.version,
            "start": findings.start.isoformat(sep=" "),
            "end": findings.end.isoformat(sep=" "),
            "state": findings.state,
            "truth": findings.truth,
            "created_at": findings.created_at.isoformat(sep=" "),
            "brief": json.loads(IN_BRIEF.dump_json(in_brief(findings.findings), exclude_none=True)),
        }

    with mending(root, findings.id):
        publish.publish(uri_of(root, findings.id), KIND, write)
    return findings


def _newest_like(root: str, findings: Findings) -> Findings | None:
    """The newest of the same window and version, with labels or without as `findings`, of those that can be read."""
    found = []
    for identity in list_findings(root, findings.model):
        if identity.startswith(f"{findings.model}/{findings.of_window}"):
            with suppress(Damaged):
                found.append(read_findings(root, identity))
    alike = [one for one in found if (one.truth is None) == (findings.truth is None)]
    return max(alike, key=lambda one: (one.created_at, one.after is not None, one.id), default=None)


def read_findings(root: str, identity: str) -> Findings:
    """The findings `MODEL/NAME`, every byte verified.

    Raises `BadInput` (`findings.id`) or `Missing` (`publish.missing`), naming up to ten that are there, or `Damaged`:
    `publish.damaged`, `findings.damaged` for another format, other fields, a state that does not follow from the
    findings, or a folder that has not their name.
    """
    try:
        window_of(identity)
        with mending(root, identity):
            published = publish.read(uri_of(root, identity), KIND)
            content = published.file(FILE).read_text(encoding="utf-8")
    except BadInput as error:
        if error.code not in {"findings.id", "publish.missing"}:
            raise
        told = f"{error.message} {those_there(root, identity.partition('/')[0])}"
        again = "python -m monitoring check --model MODEL --window START..END"
        raise type(error)(error.code, told, next_step=f"Name one of them, or check the window: {again}") from error
    try:
        told = json.loads(content)
        form, state = told.pop("format"), told.pop("state")
        found = FINDINGS.validate_json(json.dumps(told))
    except (ValueError, KeyError, AttributeError, ValidationError) as error:
        raise damaged(published.uri, identity, f"it does not hold findings ({error})") from error
    if form != FORMAT:
        raise damaged(published.uri, identity, f"it is written in format {form}; format {FORMAT} is read here")
    if state != found.state or found.id != identity:
        raise damaged(published.uri, identity, f"it says {state}, and its content is that of {found.id}, {found.state}")
    return found
