"""What whoever is on call is shown of the findings of one check: the state, and what is not OK, the farthest first."""

from artifacts.alerts import stream_of
from artifacts.finding_ratio import worst_first
from artifacts.findings import Finding, Findings
from artifacts.run_evidence import note
from monitoring.asked import state_asked, unjudged
from monitoring.window import write_window

SHOWN = 20


def note_findings(found: Findings) -> None:
    """Note the state and every finding that made it so, with its numbers and its reason."""
    worst = [one for one in found.findings if one.state != "OK" and one.required]
    # An outcome that is not known yet is why nothing can be compared with it, and not the reverse.
    # And of a check with labels, what the log alone tells was told weeks ago.
    is_late = found.truth is not None
    worst.sort(key=lambda one: (is_late and stream_of(one) == "log", *worst_first(one)[:2], one.rule == "skew"))
    note(
        "findings",
        {
            "id": found.id,
            "model": found.model,
            "version": found.version,
            "window": write_window(found.start, found.end),
            "rows": found.rows,
            "state": found.state,
            "truth": found.truth,
            "asked": state_asked(found),
            "unjudged": [one.reason.code for one in unjudged(found)[:SHOWN]],
            "not_ok": len(worst),
            "worst": [_told(one) for one in worst[:SHOWN]],
        },
    )


def _told(one: Finding) -> dict[str, object]:
    return {
        "state": one.state,
        "rule": one.rule,
        "feature": one.feature,
        "baseline": one.baseline,
        "part": one.part,
        "code": one.reason.code,
        "text": one.reason.text,
        "value": one.value,
        "threshold": one.threshold,
        "low": one.low,
        "high": one.high,
        "examples": [f"{example.entity}: {example.logged}, {example.truth}" for example in one.examples],
    }
