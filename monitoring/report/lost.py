"""Findings of earlier windows that are gone: a page without them does not show all that was checked."""

from artifacts.errors import Refusal
from artifacts.findings import Findings, window_of
from artifacts.findings_summary import summaries
from artifacts.lost_findings import lost_among
from artifacts.places import Places
from artifacts.plural import many
from artifacts.window_words import window_words

SHOWN = 10


def lost_before(places: Places, findings: Findings) -> tuple[str, ...]:
    """A sentence for each window of the same version and length, to this one, whose findings are gone, newest first.

    The first ten are named. Where it cannot be read which are gone, that.
    """
    try:
        lost = [
            window_of(one) for one in lost_among(places, findings.model, *summaries(places.findings, findings.model))
        ]
    except Refusal as refusal:
        return (f"Whether findings of earlier windows are gone is not known. {refusal}",)
    length = findings.end - findings.start
    windows = {
        (end, start)
        for start, end, version in lost
        if version == findings.version and end <= findings.end and end - start == length
    }
    told = [
        f"What was found in the window {window_words(start, end)} is gone, wholly or in part: findings of it are not "
        "there any more."
        for end, start in sorted(windows, reverse=True)
    ]
    more = [f"And {many(len(told) - SHOWN, 'more window', 'more windows')} likewise."] if len(told) > SHOWN else []
    return (*told[:SHOWN], *more)
