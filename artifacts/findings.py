"""What monitoring found in one window of one model version: OK, DRIFT or UNKNOWN, with the numbers, and why."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from artifacts import publish
from artifacts.errors import BadInput, Damaged, Missing, Refusal, Unavailable
from artifacts.finding import SCORE, BaselineKind, Distribution, Example, Finding, Reason, Rule, State
from artifacts.finding_summary import IN_BRIEF, in_brief
from artifacts.findings_name import damaged, list_findings, mending, stamps, those_there, uri_of, window_of
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
    "broken_findings",
    "list_findings",
    "publish_findings",
    "read_findings",
    "window_of",
]

KIND = "findings"
FILE = "findings.json"
FORMAT = 1
SECOND = timedelta(seconds=1)


def publish_findings(root: str, findings: Findings) -> Findings:
    """Publish under `ROOT/MODEL/NAME` (path or URL), and return the newest of its window, as it stands there.

    The same findings as the newest stand already; the same as older ones are published again, `after` the newest. Each
    is younger than the one before it, whatever the clock says. The manifest holds them in brief. A kill leaves
    all of it or none.
    """
    newest = _newest_like(root, findings)
    if newest is not None:
        if replace(newest, after=None, created_at=findings.created_at).told() == findings.told():
            return newest
        findings = replace(findings, created_at=max(findings.created_at, newest.created_at + SECOND))
        if findings.id in stamps(root, findings.model):
            findings = replace(findings, after=newest.id)

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
        created = publish.publish(uri_of(root, findings.id), KIND, write).created
    return findings if created else read_findings(root, findings.id)


def _newest_like(root: str, findings: Findings) -> Findings | None:
    """The newest of the same window and version, with labels or without as `findings`, of those that can be read."""
    found = []
    for identity in list_findings(root, findings.model):
        if identity.startswith(f"{findings.model}/{findings.of_window}"):
            # What cannot be read is told by whoever shows it.
            with suppress(Damaged, Missing):
                found.append(read_findings(root, identity))
    alike = [one for one in found if (one.truth is None) == (findings.truth is None)]
    return max(alike, key=lambda one: (one.created_at, one.id), default=None)


def broken_findings(root: str, model: str) -> dict[str, Refusal]:
    """By id what keeps findings of `model` from being read, of all that are published: `publish.damaged`, or
    `place.unreachable` where it is not known.

    Only bytes are checked, not content, which would take too long for a year: of another format (`findings.damaged`)
    nothing is said. Raises `Unavailable` when they cannot be listed.
    """
    broken = dict[str, Refusal]()
    for one in stamps(root, model):
        uri = uri_of(root, one)
        try:
            # Those that went meanwhile are missed, not damaged.
            with suppress(Missing, FileNotFoundError), mending(root, one):
                publish.read(uri, KIND).file(FILE)
        except Refusal as refusal:
            broken[one] = refusal
        except OSError as error:
            step = "Correct its permissions, or see that its disk is there, then try again."
            broken[one] = Unavailable("place.unreachable", f"{uri} cannot be read: {error.strerror}.", next_step=step)
    return broken


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
