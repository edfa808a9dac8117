"""What is to be done about a window: what mends what it tells, then the command that shows what is open."""

import shlex
from html import escape

from artifacts.finding import Finding
from artifacts.findings import Findings
from monitoring.report.unjudged import unjudged

MEND, DIFFERS = "To mend what stands above", "Why it differs, and what to do"


def following(findings: Findings) -> str:
    """The steps that are known, each once, with its command; last the one that shows what is open."""
    lost = lost_beside(findings)
    why = {
        "DRIFT": "See what is open, and since when; then the runbook's section beside each line below.",
        "UNKNOWN": "Nobody knows whether the model still fits. See what is open; below is what is missing.",
        "OK": "Once that is done, this shows whether anything is open."
        if lost
        else "Nothing to do. This shows whether anything is still open from before.",
    }[findings.state]
    first = mendable(findings) if findings.state == "UNKNOWN" else None
    unequal = next(
        (one for one in findings.findings if one.rule == "skew" and one.state == "DRIFT" and _step(one)), None
    )
    steps = [_mend(MEND, one) for one in (first, *lost) if one] + ([_mend(DIFFERS, unequal)] if unequal else [])
    opened = f"{why}<br>{_command(f'python -m monitoring alerts --model {shlex.quote(findings.model)}')}"
    return "<br>".join([*dict.fromkeys(steps), opened])


def mendable(findings: Findings) -> Finding | None:
    """What counts and cannot be judged, and says itself what mends it."""
    return next((one for one in unjudged(findings) if one.required and _step(one)), None)


def lost_beside(findings: Findings) -> list[Finding]:
    """Alerts that were lost: it does not count, and is to be mended all the same."""
    return [one for one in unjudged(findings) if one.reason.code == "alerts.lost" and _step(one)]


def _step(finding: Finding) -> str | None:
    return finding.reason.next_step


def _mend(what: str, finding: Finding) -> str:
    said, run, rest = (_step(finding) or "").partition("python -m ")
    return f"{what}: <b>{escape(said.rstrip())}</b>" + (f"<br>{_command(run + rest)}" if run else "")


def _command(run: str) -> str:
    return f'<code class="command">{escape(run)}</code>'
