"""Findings that are gone, though the alerts took them in: that none is published says nothing then."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from artifacts import alerts
from artifacts.errors import Missing
from artifacts.findings import list_findings, window_of
from artifacts.findings_name import check_again, is_findings_name, stamps
from artifacts.places import Places
from artifacts.plural import many
from artifacts.report_pages import reports_of
from artifacts.version_name import write_as_of


def lost_among(places: Places, model: str, published: Collection[str]) -> list[Missing]:
    """Why findings that the alerts took in last are not among those that are `published` (`findings.lost`), each."""
    watches = alerts.watches(places.alerts, model).values()
    return [
        _lost(places, one.findings, one.stream == "truth")
        for one in sorted(watches, key=lambda one: (one.version, one.stream))
        if one.findings is not None and one.findings not in published
    ]


def _lost(places: Places, identity: str, is_labelled: bool) -> Missing:
    labels = " (with --training-set NAME/VERSION, since they said what labels showed)" if is_labelled else ""
    return Missing(
        "findings.lost",
        f"The findings {identity} are not in {places.findings}, and the alerts took them in: what was found is not "
        "known.",
        next_step=f"Restore them from a backup. Without one check that window again{labels}, and where its findings "
        "have another name, take those in by its verb update: "
        f"{check_again(identity.partition('/')[0], *window_of(identity))}",
    )


def refuse_lost_findings(places: Places, model: str) -> None:
    """Raise `Missing` (`findings.lost`) when no findings of `model` are published, and yet there were some.

    So its alerts say, which took them in, or, where these are lost too, the pages that were drawn of them.
    """
    if list_findings(places.findings, model):
        return
    watches = alerts.watches(places.alerts, model).values()
    # What the log alone tells is checked again without a training set.
    taken = [(one.end, one.stream == "log", one.version, one.start) for one in watches if one.start and one.end]
    if not taken:
        _refuse_drawn(places, model)
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


def was_checked_before(places: Places, model: str, version: int, end: datetime) -> bool:
    """Whether findings of `version`, or a page that was drawn of some, are of a window that ended before `end`."""
    found = (*stamps(places.findings, model), *_drawn(places, model))
    return any(window_of(one)[2] == version and window_of(one)[1] < end for one in found)


def _drawn(places: Places, model: str) -> list[str]:
    root = Path(reports_of(places)) / model
    names = [one.name for one in root.iterdir() if is_findings_name(one.name)] if root.is_dir() else []
    return [f"{model}/{name}" for name in sorted(names)]


def _refuse_drawn(places: Places, model: str) -> None:
    root, drawn = Path(reports_of(places)) / model, _drawn(places, model)
    if not drawn:
        return
    start, end, version = window_of(drawn[-1])
    raise Missing(
        "findings.lost",
        f"No findings of {model} are published in {places.findings}, the alerts took in none, and {root} has pages of "
        f"{many(len(drawn), 'check')}: findings and alerts may be lost, and what is open is not known.",
        next_step="Restore both from a backup, or correct PIPELINE_FINDINGS and PIPELINE_ALERTS. Without a backup, "
        f"check that window again: {check_again(model, start, end, version)}",
    )
