"""The trailing window as a baseline: what was answered lately, each feature without the days of its incidents."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from artifacts.binning import Bins
from artifacts.counting import Counted
from artifacts.findings import Finding, Reason
from artifacts.findings_of import EVERY, UNTOLD
from artifacts.plural import many
from monitoring.case import Case
from monitoring.drift import Described
from monitoring.left_out import LeftOut
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
    untold = f" since {max(left_out.untold) + timedelta(days=1)}, when the alerts begin" if left_out.untold else ""
    why = _too_young(case, _rows(case, left_out.every), untold)
    if why is not None:
        return Served({}, (_no_baseline(None, why, rows),))
    described: dict[str, tuple[Bins, Counted]] = {}
    findings: list[Finding] = []
    reach = _before(case, left_out.every).start.date()
    untold_days = tuple(day for day in left_out.untold if day >= reach)
    of_every = {EVERY: tuple(sorted(left_out.of_all)), UNTOLD: untold_days}
    out: dict[str, tuple[date, ...]] = {name: days for name, days in of_every.items() if days}
    for days, several in left_out.groups(names):
        every = left_out.every | days
        first = _before(case, every).start.date()
        out |= dict.fromkeys(several, own) if (own := tuple(sorted(day for day in days if day >= first))) else {}
        sql = _rows(case, every)
        why = _too_young(case, sql, f"{untold} without an incident of it") if days else None
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
