"""Whether the world moved: drift by feature and day, as a picture and in words."""

from datetime import timedelta

from fastapi import Request

from artifacts.finding_ratio import TIMES, WORDS
from artifacts.findings_summary import Summary, summaries
from plugins.on_call.frame import link
from plugins.on_call.heat import Day, called, days, features, heat
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, command, el, folded, join, scrolled, table
from plugins.on_call.words import state

YEAR, WORST, LOUD = timedelta(days=366), 12, 60


def newest_first(home: Home, model: str) -> list[Summary]:
    """The windows of a year up to the newest one, newest first."""
    found = summaries(home.places.findings, model)
    until = max((one.end for one in found), default=None)
    return sorted(
        (one for one in found if until and until - one.end < YEAR), key=lambda one: (one.end, one.id), reverse=True
    )


def drift(request: Request, home: Home, model: str) -> Html:
    """The heat map of a year, and its days in words."""
    shown = days(newest_first(home, model))
    if not shown:
        nothing = "Nothing was checked yet. The DAG watch_drift checks daily what was answered; by hand:"
        return join(el("p", nothing), command(f"python -m monitoring check --model {model} --window FROM..TO"))
    legend = (
        "One column a day: the window that ends with it. The higher the bar, the farther the worst rule: half is its "
        "threshold, full is sixteen. A solid bar is DRIFT, an outline OK, a crossed box could not be judged, nothing "
        "was not asked. What drifted most often comes first."
    )
    return join(
        el("p", legend, class_="quiet"),
        scrolled("drift by feature and day", heat(shown)),
        _words(request, model, shown),
    )


def _words(request: Request, model: str, shown: list[Day]) -> Html:
    loud = [day for day in reversed(shown) if day.state != "OK"]
    rows: list[list[Child]] = []
    for day in loud[:LOUD]:
        moved = [one for one in day.worst.values() if one.state == "DRIFT"]
        blind = [one for one in day.worst.values() if one.state == "UNKNOWN"]
        moved.sort(key=lambda one: -(one.far or 0.0))
        told = ", ".join(
            f"{called(one.feature)} ({WORDS.get(one.rule, one.rule)}, {_far(one.far)})" for one in moved[:WORST]
        )
        unknown = ", ".join(f"{called(one.feature)}: {one.code}" for one in blind[:WORST])
        pages = [
            link(request, one.partition("/")[2], "models", model, "findings", one.partition("/")[2]) for one in day.ids
        ]
        rows.append(
            [f"{day.last}", state(day.state), told or NONE, unknown or NONE, join(*(el("div", one) for one in pages))]
        )
    fine = len(shown) - len(loud)
    if not rows:
        return el("p", f"✓ All {len(shown)} days are OK.")
    about = f"In words: {len(loud)} days that were not OK, of {len(shown)}" + (
        f", the newest {LOUD}" if len(loud) > LOUD else ""
    )
    heads = ("last day", "", "moved, farthest first", "could not be judged", "findings")
    return folded(f"{about}; {fine} were OK, of {len(features(shown))} features", table(heads, rows))


def _far(far: float | None) -> str:
    return "?" if far is None else f"{far:.1f}{TIMES}"
