"""Whether the world moved, in a line: one state of the newest window, and of the newest that could be judged."""

from collections.abc import Sequence
from datetime import datetime

from artifacts.errors import Refusal
from artifacts.finding_ratio import DIFFERS
from artifacts.findings_summary import Summary
from artifacts.plural import many, plural
from artifacts.window_words import window_words
from plugins.on_call.drift import newest_first, unread
from plugins.on_call.drift_days import Look, judged, looks
from plugins.on_call.home import Home
from plugins.on_call.markup import Child, Html, el, join
from plugins.on_call.words import checked, state


def in_a_line(home: Home, model: str) -> Child:
    """What the newest window came to, which one last could be judged, and when each of them was checked."""
    champion = _champion(home, model)
    # Of one window several versions may be checked, and what is asked here is how the one in service fares.
    found = sorted(newest_first(home, model), key=lambda one: (one.end, one.version == champion), reverse=True)
    if not found:
        return el("span", "? nothing was checked yet", class_="state ask")
    windows: dict[tuple[datetime, datetime, int], list[Summary]] = {}
    for one in found:
        windows.setdefault((one.start, one.end, one.version), []).append(one)
    broken = unread(home, model)
    lost = el("span", f"; ? {many(len(broken), 'window')} cannot be read", class_="state ask") if broken else None
    newest, *older = (looks(checks) for checks in windows.values())
    said = _window("the newest window", newest, champion)
    if any(judged(one.worst) for one in newest):
        return join(said, lost)
    seen = next((one for one in older if any(judged(each.worst) for each in one)), None)
    if seen is None:
        return join(said, lost)
    return join(said, "; ", _window("the newest that could be judged", seen, champion), lost)


def _champion(home: Home, model: str) -> int | None:
    try:
        line = home.champion(model)
    except Refusal:
        return None
    return None if line is None else line.version


def _window(which: str, found: Sequence[Look], champion: int | None) -> Html:
    """One state of one window, by the worst of what counts of it, and when that was checked."""
    first, *others = found
    one = first.check
    bad = [each for each in first.worst if each.state == "DRIFT"]
    differ = sum(each.rule == "skew" for each in bad)
    said = [f"{len(bad) - differ} of {len(first.worst)} moved"] if len(bad) > differ else []
    said += [f"{differ} {plural(differ, 'differs', 'differ')} {DIFFERS}"] if differ else []
    for each in others:
        if each.state != first.state:
            said.append(f"{_by(first)}, and {each.state} {_by(each)}")
    told = "".join(f", {part}" for part in said)
    whose = "" if one.version == champion else f", answered by version {one.version}"
    where = f" in {which}, {window_words(one.start, one.end)}{told}{whose}; "
    return join(state(first.state), where, checked(one.created_at))


def _by(one: Look) -> str:
    return "by labels" if one.check.labelled else "by the log"
