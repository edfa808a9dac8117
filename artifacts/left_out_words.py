"""Which days left the trailing window, in words: those of incidents, those named, and those of which none is known."""

from collections.abc import Sequence
from datetime import date, timedelta

from artifacts.finding import SCORE
from artifacts.findings_of import EVERY, UNTOLD, Findings

SHOWN = 7
OF_INCIDENTS = "days of an open or past incident"
NAMED = "days that --incident-day names"
BEFORE = "days of before the alerts begin, whose incidents are not known"


def left_out_words(findings: Findings) -> str | None:
    """`load without 2013-12-03 to 2013-12-05, days of …`, features with the same days together; None without any."""
    by_days: dict[tuple[date, ...], list[str]] = {}
    for name, days in sorted(findings.left_out.items()):
        if name not in (EVERY, UNTOLD):
            by_days.setdefault(days, []).append(name)
    told = [
        f"every feature without {_stretches(days)}, {why}"
        for name, why in ((EVERY, NAMED), (UNTOLD, BEFORE))
        if (days := findings.left_out.get(name, ()))
    ]
    told += [f"{_some(names)} without {_stretches(days)}, {OF_INCIDENTS}" for days, names in by_days.items()]
    return "; ".join(told) or None


def _some(names: Sequence[str]) -> str:
    shown = [("the score" if name == SCORE else name) for name in names[:SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _stretches(days: Sequence[date]) -> str:
    """Days that follow one another as `FIRST to LAST`."""
    stretches: list[list[date]] = []
    for day in sorted(days):
        if stretches and day - stretches[-1][-1] == timedelta(days=1):
            stretches[-1].append(day)
        else:
            stretches.append([day])
    return ", ".join(f"{one[0]}" if len(one) == 1 else f"{one[0]} to {one[-1]}" for one in stretches)
