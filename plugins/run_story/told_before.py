"""A DAG run that is red for nothing but what open alerts told before, and tell again in their own time."""

from collections.abc import Mapping
from typing import Any

from artifacts import alerts
from artifacts.alerts import stream_of
from artifacts.errors import Refusal
from artifacts.places import Places
from artifacts.version_name import parse_as_of
from plugins.redaction import redact
from plugins.run_story.story import Story

CONCLUDES, CANNOT_JUDGE = "conclude", "monitoring.cannot_judge"


def told_before(places: Places, story: Story) -> bool:
    """Whether it failed for findings that cannot be judged alone, each reason of which an open alert told before.

    An alert of the same model, version and stream, since an earlier window, and taken as far as this one; since this
    one, where the message of another DAG run said the same.
    """
    red = {end.task for end in story.ends if end.state in {"failed", "upstream_failed"}}
    refusals = {one.refused.code for one in story.tasks if one.refused is not None}
    blind = [one for one in story.note("findings") if one.get("unjudged")]
    if story.damaged or story.lost or red != {CONCLUDES} or refusals != {CANNOT_JUDGE} or not blind:
        return False
    try:
        again = _is_said(places, story)
        return all(_is_known(places, one, again=again) for one in blind)
    except Refusal:
        return False


def _is_said(places: Places, story: Story) -> bool:
    about = f"run {story.dag}/"
    told = alerts.newest_told(places.alerts, about, but=f"{about}{story.run}")
    return any(one.facts.get("sentence") == redact(story.sentence) for one in told)


def _is_known(places: Places, found: Mapping[str, Any], *, again: bool) -> bool:
    end, stream = parse_as_of(str(found["window"]).partition("..")[2]), "log" if found["truth"] is None else "truth"
    told = {
        one.finding.reason.code
        for one in alerts.history(places.alerts, str(found["model"]))
        if one.is_open
        and (one.kind, one.version, stream_of(one.finding)) == ("UNKNOWN", found["version"], stream)
        and (one.opened < end or (again and one.opened == end))
        and end <= one.seen
    }
    return told >= set(found["unjudged"])
