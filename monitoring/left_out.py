"""Which days leave the trailing window: of each feature those of its incidents, and of all what nobody knows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from artifacts import alerts, cli
from artifacts.errors import BadInput, Damaged, Missing
from artifacts.findings import Reason
from artifacts.lost_alerts import refuse_lost_alerts
from artifacts.places import Places
from artifacts.window_words import window_words
from monitoring.settings import MonitoringSettings
from monitoring.window import Window


@dataclass(frozen=True)
class LeftOut:
    """Days that are no part of the trailing window: of every feature, and of those that are named.

    `untold` are days of before the alerts begin, of whose incidents nobody knows; they too leave every feature.
    `unknown` says why it is not known which days are; then nothing is held against that window.
    """

    of_all: Sequence[date] = ()
    of_features: Mapping[str, Collection[date]] | None = None
    untold: Sequence[date] = ()
    unknown: Reason | None = None

    def __bool__(self) -> bool:
        return bool(self.every or self.of_features)

    @property
    def every(self) -> frozenset[date]:
        """The days that leave every feature."""
        return frozenset({*self.of_all, *self.untold})

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
        cli.say(f"alerts.lost: {told} {lost.next_step}")
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
    return LeftOut(of_all, own, _untold(places, model, version, before), _why_unknown(places, model, window))


def _untold(places: Places, model: str, version: int, before: Window) -> Sequence[date]:
    """The days of `before` that lie before the alerts begin: those of then were lost, or all was checked by hand."""
    began = [
        one.began for one in alerts.bare_watches(places.alerts, model) if (one.version, one.stream) == (version, "log")
    ]
    if not began or began[0] is None:
        return ()
    return [day for day in before.days if datetime.combine(day, time()) < began[0]]
