"""Findings that are gone, though the alerts took them in: that none is published says nothing then."""

from artifacts import alerts
from artifacts.errors import Missing
from artifacts.findings import list_findings
from artifacts.findings_name import check_again
from artifacts.places import Places
from artifacts.version_name import write_as_of


def refuse_lost_findings(places: Places, model: str) -> None:
    """Raise `Missing` (`findings.lost`) when no findings of `model` are published, and its alerts took some in."""
    if list_findings(places.findings, model):
        return
    watches = alerts.watches(places.alerts, model).values()
    # What the log alone tells is checked again without a training set.
    taken = [(one.end, one.stream == "log", one.version, one.start) for one in watches if one.start and one.end]
    if not taken:
        return
    end, _, version, start = max(taken)
    window = f"{write_as_of(start)}..{write_as_of(end)}"
    raise Missing(
        "findings.lost",
        f"No findings of {model} are published in {places.findings}, and the alerts took in those of its version "
        f"{version} in {window}: what was found is not known.",
        next_step="Restore the findings from a backup, or correct PIPELINE_FINDINGS. Without a backup, check "
        f"that window again: {check_again(model, start, end, version)}",
    )
