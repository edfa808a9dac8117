"""Whether the world moved: drift by feature and day, as a picture and in words."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from fastapi import Request

from artifacts.errors import Damaged, Missing, Refusal
from artifacts.finding_ratio import DIFFERS, WORDS, written
from artifacts.finding_summary import Worst
from artifacts.findings import window_of
from artifacts.findings_summary import Summary, summaries
from artifacts.lost_findings import lost_among, lost_pages, refuse_lost_findings
from artifacts.plural import many, plural
from plugins.on_call.by_day import counted
from plugins.on_call.drift_days import Day, days, features, judged, last_day
from plugins.on_call.frame import link
from plugins.on_call.heat import called, heat
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, command, el, folded, join, scrolled, table
from plugins.on_call.over_time import A_YEAR, breaks
from plugins.on_call.section import refused
from plugins.on_call.words import state

WORST, LOUD, MISSING = 12, 60, 3


def newest_first(home: Home, model: str) -> list[Summary]:
    """The windows that ended on the newest 366 days on which any did, newest first, however long ago that is.

    Not those of the last year: the first check of a day on which nobody asks would hide all that was found before.
    Raises as `refuse_lost_findings` where there is none.
    """
    return home.once(("windows", model), lambda: _newest_first(home, model))


def unread(home: Home, model: str) -> dict[str, Damaged | Missing]:
    """By the id of its findings why each window that was checked and cannot be read, or is gone, is not among them."""
    read, broken = _read(home, model)
    if not read and not broken:
        return {}
    return {**broken, **home.once(("lost", model), lambda: _lost(home, model, read, broken))}


def _lost(home: Home, model: str, read: Collection[Summary], broken: Collection[str]) -> dict[str, Missing]:
    try:
        return lost_among(home.places, model, read, broken)
    except Refusal:
        # The part about alerts says that they cannot be read; what drifted is told without them.
        return lost_pages(home.places, model, read, {*broken, *(one.id for one in read)})


def _read(home: Home, model: str) -> tuple[list[Summary], dict[str, Damaged]]:
    return home.once(("findings", model), lambda: summaries(home.places.findings, model))


def _newest_first(home: Home, model: str) -> list[Summary]:
    read, broken = _read(home, model)
    found = sorted(read, key=lambda one: (one.end, one.created_at, one.id), reverse=True)
    if not found and broken:
        raise next(iter(broken.values()))
    if not found:
        refuse_lost_findings(home.places, model)
    shown = set(sorted({last_day(one) for one in found})[-A_YEAR:])
    return [one for one in found if last_day(one) in shown]


def newest_end(home: Home, model: str) -> datetime | None:
    """The end of the newest window that was checked, whether or not it can be read; None when none was."""
    read, broken = _read(home, model)
    return max([*(one.end for one in read), *(window_of(one)[1] for one in broken)], default=None)


def checked_at(home: Home, model: str) -> datetime | None:
    """When the newest check was made, by the wall clock; None when there was none."""
    return max((one.created_at for one in newest_first(home, model)), default=None)


def drift(request: Request, home: Home, model: str) -> Html:
    """The heat map of a year, and its days in words."""
    shown = days(tuple(newest_first(home, model)))
    if not shown:
        nothing = "Nothing was checked yet. The DAG watch_drift checks daily what was answered"
        asked = max((key.day for key in counted(home, model)), default=None)
        if asked is None:
            return el("p", f"{nothing}, and no prediction was compacted yet that could be.")
        window = f"{asked - timedelta(days=6)}..{asked + timedelta(days=1)}"
        by_hand = command(f"python -m monitoring check --model {model} --window {window}")
        return join(el("p", f"{nothing}; the newest week by hand:"), by_hand)
    legend = (
        "One column a day: the windows that end with it, the worst of the versions that were checked. The higher the "
        "bar, the farther the worst rule: half is its threshold, full is sixteen. A solid bar is DRIFT, an outline OK, "
        "a cross over it says that it is so by some rules, and others could not be judged. A crossed box could not be "
        "judged at all. Where nothing stands, nothing was asked. What drifted most often comes first."
    )
    return join(
        cannot_be_read(home, model),
        el("p", legend, class_="quiet"),
        el("p", _stretch(shown)),
        scrolled("drift by feature and day", heat(shown)),
        _words(request, model, shown),
    )


def cannot_be_read(home: Home, model: str) -> Html | None:
    """What is missing of what was found, each in its own words, so that nothing is missing in silence."""
    broken = list(unread(home, model).values())
    if not broken:
        return None
    rest = len(broken) - MISSING
    more = el("p", f"And {many(rest, 'more window', 'more windows')} likewise.") if rest > 0 else None
    return join(*(refused(one) for one in broken[:MISSING]), more)


def _stretch(shown: Sequence[Day]) -> str:
    """Which days are shown, and since when nothing could be judged."""
    days = many(len(shown), "day")
    said = f"Shown: {days} on which a window ended, {shown[0].last} to {shown[-1].last}; none ended later."
    if breaks([day.last for day in shown]):
        said += " At a dotted line more than a month lies between two of them."
    newest = max((day.last for day in shown if judged(day.worst.values())), default=None)
    blind = sum(newest is None or day.last > newest for day in shown)
    if blind:
        since = "Nothing" if newest is None else f"Nothing after {newest}"
        said += f" {since} could be judged: of the newest {blind} all is UNKNOWN."
    return said


def _words(request: Request, model: str, shown: tuple[Day, ...]) -> Html:
    loud = [day for day in reversed(shown) if day.state != "OK"]
    rows: list[list[Child]] = []
    for day in loud[:LOUD]:
        moved = [one for one in day.worst.values() if one.state == "DRIFT"]
        blind = [one for one in day.worst.values() if one.state == "UNKNOWN"]
        moved.sort(key=lambda one: -(one.far or 0.0))
        told = ", ".join(f"{called(one.feature)} ({_far(one)})" for one in moved[:WORST])
        unknown = ", ".join(f"{called(one.feature)}: {one.code}" for one in blind[:WORST])
        pages = [
            link(request, one.partition("/")[2], "models", model, "findings", one.partition("/")[2]) for one in day.ids
        ]
        rows.append(
            [f"{day.last}", state(day.state), told or NONE, unknown or NONE, join(*(el("div", one) for one in pages))]
        )
    fine, some = len(shown) - len(loud), sum(day.in_part for day in shown)
    partly = f", {some} of them by some rules only" if some else ""
    if not rows:
        return el("p", f"✓ {'The one day shown is' if fine == 1 else f'All {fine} days are'} OK{partly}.")
    newest = f", the newest {LOUD}" if len(loud) > LOUD else ""
    not_ok = f"{many(len(loud), 'day')} that {plural(len(loud), 'was', 'were')} not OK, of {len(shown)}{newest}"
    were_ok = f"{fine} {plural(fine, 'was', 'were')} OK{partly}, of {many(len(features(shown)), 'feature')}"
    heads = ("last day", "", "moved or differs, farthest first", "could not be judged", "findings")
    return folded(f"In words: {not_ok}; {were_ok}", table(heads, rows))


def _far(one: Worst) -> str:
    if one.rule == "skew":
        return f"differs {DIFFERS}"
    return f"{WORDS.get(one.rule, one.rule)}, {'?' if one.far is None else written(one.far)}"
