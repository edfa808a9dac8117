"""The days on which a window ended: what drift is shown by, in the picture and in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache

from artifacts.finding import State
from artifacts.finding_summary import Worst
from artifacts.findings_summary import Summary
from artifacts.window_words import last_day as last_of

RANK: Mapping[State, int] = {"DRIFT": 0, "UNKNOWN": 1, "OK": 2}
NEED_LABELS = ("truth", "holdout")
# As SCORE stands for the score: no feature has such a name.
LABELS = "(labels)"
# Models of which days and pictures are kept.
KEPT = 16


@dataclass(frozen=True, eq=False)
class Day:
    """All that the windows that end with this day found: the worst of each feature, and their ids.

    It is equal to itself alone, so that what is made of it can be kept by it.
    """

    last: date
    worst: Mapping[str | None, Worst]
    ids: tuple[str, ...]

    @cached_property
    def state(self) -> State:
        """The worst of it."""
        return min((one.state for one in self.worst.values()), key=lambda one: RANK[one], default="UNKNOWN")

    @cached_property
    def in_part(self) -> bool:
        """Whether it is OK, and something of it by some rules only."""
        return self.state == "OK" and any(one.in_part for one in self.worst.values())


@lru_cache(maxsize=KEPT)
def days(found: tuple[Summary, ...]) -> tuple[Day, ...]:
    """A day for each end of a window: of a feature the newest of each version and window, of those the worst.

    The same days again while all that was found is as it was read.
    """
    by_end: dict[date, list[Summary]] = {}
    for one in found:
        by_end.setdefault(last_day(one), []).append(one)
    told = []
    for end in sorted(by_end):
        several = sorted(by_end[end], key=lambda one: (one.created_at, one.id))
        worst: dict[str | None, Worst] = {}
        for each in sorted(_newest(several), key=lambda one: (RANK[one.state], -(one.far or 0.0))):
            first = worst.setdefault(each.feature, each)
            if each.in_part and first.state == "OK":
                worst[each.feature] = replace(first, in_part=True)
        told.append(Day(end, worst, tuple(one.id for one in several)))
    return tuple(told)


def _newest(by_age: Iterable[Summary]) -> Iterator[Worst]:
    """What was found last of each window of a version: by the log, and by labels, as the alerts take it.

    Where it was checked with labels alone all of that counts; what such a check says of the window is about `LABELS`.
    """
    last = {(one.start, one.end, one.version, one.labelled): one for one in by_age}
    for (*window, labelled), one in last.items():
        is_alone = labelled and (*window, False) not in last
        for each in one.brief.worst:
            if labelled and each.feature is None:
                yield replace(each, feature=LABELS)
            elif not labelled or is_alone or each.baseline in NEED_LABELS:
                yield each


@dataclass(frozen=True)
class Look:
    """What one check says of a window: of several, the newest by the log, and the newest by labels."""

    check: Summary
    state: State
    worst: tuple[Worst, ...]


def looks(checks: Iterable[Summary]) -> list[Look]:
    """What counts of the `checks` of one window of a version, the worst first, as `_newest` takes it."""
    last = {one.labelled: one for one in sorted(checks, key=lambda one: (one.created_at, one.id))}
    if len(last) == 1:
        [only] = last.values()
        return [Look(only, only.state, only.brief.worst)]
    showing = last[True].brief.worst
    told = tuple(one for one in showing if one.feature is None or one.baseline in NEED_LABELS)
    found = [Look(last[False], last[False].state, last[False].brief.worst)]
    if told:
        found.append(Look(last[True], min((one.state for one in told), key=lambda one: RANK[one]), told))
    return sorted(found, key=lambda one: RANK[one.state])


def judged(worst: Iterable[Worst]) -> bool:
    """Whether anything of it could be judged."""
    return any(one.state != "UNKNOWN" for one in worst)


def last_day(one: Summary) -> date:
    """The last day of its window."""
    return last_of(one.end).date()


@lru_cache(maxsize=KEPT)
def features(shown: tuple[Day, ...]) -> tuple[str | None, ...]:
    """What was judged on some day: what drifted on most days first, then what was unknown on most."""
    seen: dict[str | None, list[int]] = {}
    for day in shown:
        for name, one in day.worst.items():
            counts = seen.setdefault(name, [0, 0])
            counts[0] -= one.state == "DRIFT"
            counts[1] -= one.state == "UNKNOWN"
    return tuple(sorted(seen, key=lambda name: (*seen[name], name or "")))
