"""Findings that are gone, though alerts took them in, or pages were drawn: that none is published says nothing then."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from artifacts import alerts
from artifacts.errors import Damaged, Missing
from artifacts.findings import list_findings, window_of
from artifacts.findings_name import check_again, stamps
from artifacts.findings_summary import Summary, summaries, summary
from artifacts.places import Places
from artifacts.plural import many
from artifacts.report_pages import Drawn, drawn, pages_of, reports_of
from artifacts.version_name import write_as_of

LABELS = "with --training-set NAME/VERSION"


def missed(places: Places, model: str) -> list[Missing]:
    """Why findings of windows that were checked are gone, where some are left or none (`findings.lost`), each."""
    read, broken = summaries(places.findings, model)
    if read or broken:
        return list(lost_among(places, model, read, broken).values())
    try:
        refuse_lost_findings(places, model)
    except Missing as lost:
        return [lost]
    return []


def lost_among(places: Places, model: str, read: Collection[Summary], broken: Collection[str]) -> dict[str, Missing]:
    """By id why findings of windows that were checked are not among those published (`findings.lost`).

    Published are those that are `read`, and those that are `broken`, by their ids. The alerts know of what they took
    in last; of what is `lost_pages` the pages know, the newest first.
    """
    published = {*broken, *(one.id for one in read)}
    watches = alerts.watches(places.alerts, model).values()
    taken = {
        one.findings: one.stream == "truth"
        for one in sorted(watches, key=lambda one: (one.version, one.stream))
        if one.findings is not None and one.findings not in published
    }
    pages = lost_pages(places, model, read, {*published, *taken})
    return {one: _taken(places, one, is_labelled) for one, is_labelled in taken.items()} | pages


def lost_pages(places: Places, model: str, read: Collection[Summary], known: Collection[str]) -> dict[str, Missing]:
    """Of which findings that are not `known` a page was drawn, by id, the newest first (`findings.lost`).

    Not of those whose window was checked again since, with labels or without as they were. A page that does not say
    how they were is taken for one of a check that is missed.
    """
    since = dict[tuple[object, ...], datetime]()
    for one in read:
        of = (one.start, one.end, one.version, one.labelled)
        since[of] = max(one.created_at, since.get(of, one.created_at))
    gone = dict[tuple[object, ...], tuple[str, Drawn | None]]()
    for identity in pages_of(places, model):
        if identity in known:
            continue
        page = drawn(places, identity)
        if page is None:
            gone[(identity,)] = identity, None
            continue
        of = (*window_of(identity), page.labelled)
        if of not in since or page.at > since[of]:
            gone[of], since[of] = (identity, page), page.at
    newest_first = sorted(gone.values(), key=lambda one: (window_of(one[0])[1], one[0]), reverse=True)
    return {identity: _drawn(places, identity, page) for identity, page in newest_first}


def _taken(places: Places, identity: str, is_labelled: bool) -> Missing:
    page = drawn(places, identity)
    labels = "" if page or not is_labelled else f" ({LABELS}, since they said what labels showed)"
    return Missing(
        "findings.lost",
        f"The findings {identity} are not in {places.findings}, and the alerts took them in: what was found is not "
        "known.",
        next_step=f"Restore them from a backup. Without one check that window again{labels}, and where its findings "
        f"have another name, take those in by its verb update: {page.again if page else _again(identity)}",
    )


def _drawn(places: Places, identity: str, page: Drawn | None) -> Missing:
    labels = "" if page else f" ({LABELS} too, where they said what labels showed)"
    return Missing(
        "findings.lost",
        f"The findings {identity} are not in {places.findings}, and a page was drawn of them: what was found is not "
        "known.",
        next_step=f"Restore them from a backup. Without one check that window again{labels}: "
        f"{page.again if page else _again(identity)}",
    )


def _again(identity: str) -> str:
    return check_again(identity.partition("/")[0], *window_of(identity))


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
        refuse_lost_pages(places, model)
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
    """Whether a window of `version` that ended before `end` was checked by what the log alone tells, without labels.

    So its findings say, or a page that was drawn of them; one that does not say how it was is taken for such a check.
    """

    def before(ids: Iterable[str]) -> Iterator[str]:
        return (one for one in ids if window_of(one)[2] == version and window_of(one)[1] < end)

    return any(not _held_against_labels(places, one) for one in before(stamps(places.findings, model))) or any(
        (page := drawn(places, one)) is None or not page.labelled for one in before(pages_of(places, model))
    )


def _held_against_labels(places: Places, identity: str) -> bool:
    try:
        return summary(places.findings, identity).labelled
    except Damaged:
        return False


def refuse_lost_pages(places: Places, model: str, before: datetime | None = None) -> None:
    """Raise `Missing` (`findings.lost`) when pages were drawn of findings that are gone, where alerts took in none.

    With `before` pages of windows that ended before it: whoever checks one finds what was found of it already.
    """
    there = set(stamps(places.findings, model))
    pages = [one for one in pages_of(places, model) if one not in there]
    pages = [one for one in pages if before is None or window_of(one)[1] < before]
    if not pages:
        return
    start, end, version = window_of(pages[-1])
    root = f"{reports_of(places)}/{model}"
    raise Missing(
        "findings.lost",
        f"{'Not all' if there else 'No'} findings of {model} are published in {places.findings}, the alerts took in "
        f"none, and {root} has pages of {many(len(pages), 'check')}: findings and alerts may be lost, and what is open "
        "is not known.",
        next_step="Restore both from a backup, or correct PIPELINE_FINDINGS and PIPELINE_ALERTS. Without a backup, "
        f"check that window again: {check_again(model, start, end, version)}",
    )
