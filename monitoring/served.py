"""The trailing window as a baseline: what was answered lately, each feature without the days of its incidents."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from artifacts import alerts, cli
from artifacts.binning import Bins
from artifacts.counting import Counted
from artifacts.errors import BadInput, Damaged, Missing
from artifacts.findings import Finding, Reason
from artifacts.findings_of import EVERY
from artifacts.lost_alerts import refuse_lost_alerts
from artifacts.places import Places
from artifacts.plural import many
from artifacts.window_words import window_words
from monitoring.case import Case
from monitoring.drift import Described
from monitoring.settings import MonitoringSettings
from monitoring.window import Window


def days_back(first: date, out: Collection[date], *, wanted: int, most: int) -> int:
    """How many days the trailing window reaches back from `first`: to `wanted` days that are not `out`, or `most`."""
    found = 0
    for back in range(1, most + 1):
        found += first - timedelta(days=back) not in out
        if found == wanted:
            return back
    return most


@dataclass(frozen=True)
class LeftOut:
    """Days that are no part of the trailing window: of every feature, and of those that are named.

    `unknown` says why it is not known which days are; then nothing is held against that window.
    """

    of_all: Sequence[date] = ()
    of_features: Mapping[str, Collection[date]] | None = None
    unknown: Reason | None = None

    def __bool__(self) -> bool:
        return bool(self.of_all or self.of_features)

    def groups(self, names: Sequence[str]) -> Iterator[tuple[frozenset[date], list[str]]]:
        """The features that leave out the same days of their own, together; first those that leave out none."""
        own = {name: frozenset((self.of_features or {}).get(name, ())) for name in names}
        for days in sorted(set(own.values()), key=sorted):
            yield days, [name for name in names if own[name] == days]


def _why_unknown(places: Places, model: str, window: Window) -> Reason | None:
    """Why no incident is known, where the alerts took in no check: they were lost, or all was checked by hand."""
    try:
        refuse_lost_alerts(places, model, window.end)
    except (Damaged, Missing) as lost:
        why = "Which days are an incident's is not known, and nothing is held against the trailing window."
        told = f"{why} {lost.message}"
        cli.say(f"alerts.lost: {told}")
        return Reason.with_step("alerts.lost", told, lost.next_step)
    return None


def left_out_by_alerts(
    places: Places,
    model: str,
    version: int,
    window: Window,
    settings: MonitoringSettings,
    *,
    of_all: Sequence[date] = (),
) -> LeftOut:
    """The days of each feature's incidents, as its alerts tell them, and the days `of_all`.

    Where the alerts know of no check, and there was one before this window, that they are not known.
    """
    before, longest = window.before(settings.served_reach(len(window.days))), settings.longest_incident
    beyond = [f"{day}" for day in of_all if not before.start.date() <= day < before.end.date()]
    if beyond:
        raise BadInput(
            "monitoring.incident_day",
            f"--incident-day {', '.join(beyond)} is no day of the trailing window, which lies in "
            f"{window_words(before.start, before.end)}: nothing would be left out.",
            next_step="Correct the day, or leave it away.",
        )
    own = alerts.incident_days(places.alerts, model, version, before.start, before.end, longest=longest)
    return LeftOut(of_all, own, _why_unknown(places, model, window))


@dataclass(frozen=True)
class Served:
    """The features that have a trailing window, counted; the findings that say why others have none.

    `left_out` are the days that it is without, as findings have them.
    """

    described: Described
    findings: tuple[Finding, ...]
    left_out: Mapping[str, tuple[date, ...]] = field(default_factory=dict)


def read_served(case: Case, known: Described, names: Sequence[str], left_out: LeftOut, rows: int) -> Served:
    """The trailing window of the features `names`, in the bins of `known`; none of it, when all of it is too young,
    or nobody knows which of its days are an incident's.

    That there is none is UNKNOWN, and does not count: the training baseline is there. `rows` are those of the window.
    """
    if left_out.unknown is not None:
        gone = Finding("baseline", None, "UNKNOWN", left_out.unknown, rows=rows, baseline="served", required=False)
        return Served({}, (gone,))
    why = _too_young(case, _rows(case, left_out.of_all), "")
    if why is not None:
        return Served({}, (_no_baseline(None, why, rows),))
    described: dict[str, tuple[Bins, Counted]] = {}
    findings: list[Finding] = []
    out: dict[str, tuple[date, ...]] = {EVERY: tuple(sorted(left_out.of_all))} if left_out.of_all else {}
    for days, several in left_out.groups(names):
        first = _before(case, {*left_out.of_all, *days}).start.date()
        out |= dict.fromkeys(several, own) if (own := tuple(sorted(day for day in days if day >= first))) else {}
        sql = _rows(case, {*left_out.of_all, *days})
        why = _too_young(case, sql, " without an incident of it") if days else None
        if why is None:
            mixed = case.answers.mixed_in(sql)
            findings += [_no_baseline(name, mixed[name], rows, "schema.mixed") for name in several if name in mixed]
            counted = case.count(sql, {name: known[name][0] for name in several if name not in mixed})
            described |= {name: (known[name][0], one) for name, one in counted.items()}
        else:
            findings += [_no_baseline(name, why, rows) for name in several]
    return Served({name: described[name] for name in names if name in described}, tuple(findings), out)


def _before(case: Case, out: Collection[date]) -> Window:
    wanted, most = case.settings.served_days, case.settings.served_reach(len(case.window.days))
    return case.window.before(days_back(case.window.start.date(), out, wanted=wanted, most=most))


def _rows(case: Case, out: Collection[date]) -> str:
    return case.answers.rows(_before(case, out), case.version, without=sorted(out))


def _no_baseline(feature: str | None, why: str, rows: int, code: str = "baseline.too_young") -> Finding:
    told = f"{feature} is {why} in its trailing window." if code == "schema.mixed" else f"{feature}: {why}"
    reason = Reason(code, why if feature is None else told)
    return Finding("baseline", feature, "UNKNOWN", reason, rows=rows, baseline="served", required=False)


def _too_young(case: Case, rows: str, which: str) -> str | None:
    wanted = case.settings
    [days] = case.answers.connection.execute(f"select count(distinct day) from {rows}").fetchone() or (0,)  # noqa: S608
    entities = case.entities(rows)
    if days >= wanted.min_baseline_days and entities >= wanted.min_rows:
        return None
    return (
        f"The trailing window has {many(entities, 'entity', 'entities')} on {many(days, 'day')}{which}, "
        f"of {wanted.served_days}; "
        f"{wanted.min_baseline_days} days and {wanted.min_rows} entities are wanted."
    )
