"""Findings of short windows, written down in a line."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from artifacts.finding import Finding, Reason
from artifacts.findings import Findings, read_findings
from artifacts.places import Places
from monitoring.window import write_window

PSI = "psi|distance|training|-"
FINE = Finding(
    "psi", "distance", "OK", Reason("within_noise", "Within noise."), 900, 28000, 0.05, 0.1, baseline="training"
)
MOVED = replace(FINE, state="DRIFT", value=0.42, low=0.35, high=0.5, reason=Reason("drift.psi", "The PSI is 0.42."))
NO_VALUES = Reason("values.none", "distance has no value in the window.")
BLIND = replace(FINE, state="UNKNOWN", value=None, threshold=None, reason=NO_VALUES)
NOISY = replace(
    FINE, rule="jensen_shannon", state="UNKNOWN", required=False, reason=Reason("noise.too_large", "Noise is more.")
)
NO_ROWS = Finding("predictions", None, "UNKNOWN", Reason("predictions.none", "No prediction was logged."), 0)

UNREAD = Finding("log", None, "UNKNOWN", Reason("log.damaged", "Segment a.seg is damaged at byte 7: it ends."), 0)


def of(finding: Finding, feature: str) -> Finding:
    """The same, found in another feature."""
    return replace(finding, feature=feature)


def found(day: int, *findings: Finding, days: int = 1, version: int = 3, truth: str | None = None) -> Findings:
    """Findings of the `days` days up to and including day `day` of December 2013, which may lie beyond its end."""
    end = datetime(2013, 12, 1) + timedelta(days=day)
    return Findings(
        model="late_arrival",
        version=version,
        training_set="late_arrival/2013-10-01.3f9a5b1c2d3e",
        start=end - timedelta(days=days),
        end=end,
        rows=900,
        created_at=datetime(2026, 1, 1),
        findings=findings,
        truth=truth,
    )


def chosen_of(places: Places, identities: Sequence[str]) -> list[dict[str, str | bool | int]]:
    """What `choose_checks` had chosen for these findings."""
    every = [read_findings(places.findings, one) for one in identities]
    return [
        {
            "model": one.model,
            "version": one.version,
            "window": write_window(one.start, one.end),
            "labelled": one.truth is not None,
        }
        for one in every
    ]
