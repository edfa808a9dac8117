"""The end of the DAG watch_drift: red when something was not checked, could not be judged, or was told to nobody."""

from collections.abc import Mapping, Sequence

from artifacts import alerts
from artifacts.errors import CannotJudge, GateClosed, Missing
from artifacts.findings import Findings, read_findings
from artifacts.places import Places, read_places
from monitoring.alerts import passed_over, untold
from monitoring.asked import asked, why_red, why_unknown
from monitoring.message import about
from monitoring.window import parse_window

SHOWN = 5


def conclude_checks(identities: Sequence[str], chosen: Sequence[Mapping[str, str | bool | int]]) -> list[str]:
    """The findings' ids; raises `CannotJudge` (`monitoring.cannot_judge`) when one says nothing but UNKNOWN.

    Raises `GateClosed` (`monitoring.drift_untold`) when one says DRIFT and was passed over, so that no alert does, and
    `Missing` (`run.nothing_handed`) when one that `choose_checks` has `chosen` left no findings.
    """
    places = read_places()
    every = [read_findings(places.findings, identity) for identity in identities]
    _refuse_untold(places, every)
    _refuse_unchecked(every, chosen)
    unknown = [one for one in every if why_unknown(one)]
    if unknown:
        raise CannotJudge(
            "monitoring.cannot_judge",
            why_red(every),
            next_step=f"python -m monitoring alerts --model {unknown[0].model}",
        )
    return list(identities)


def _refuse_untold(places: Places, every: Sequence[Findings]) -> None:
    said = [told for one in every if (told := _untold(places, one))]
    if said:
        also = "".join(f" {text}" for _, text in said[1:])
        raise GateClosed(
            "monitoring.drift_untold",
            f"{said[0][1]}{also}",
            next_step=f"See what moved{', and likewise of the others' if also else ''}: "
            f"python -m monitoring report --findings {said[0][0]}",
        )


def _untold(places: Places, findings: Findings) -> tuple[str, str] | None:
    """The id of the findings and what of them nobody was told, and why; None when all was."""
    keys = untold(findings, alerts.history(places.alerts, findings.model))
    if not keys:
        return None
    found = asked(findings)[1]
    more = f"; and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    named = "; ".join(about(found[key]) for key in keys[:SHOWN]) + more
    why = passed_over(alerts.watches(places.alerts, findings.model), findings) or "They were never taken in."
    return findings.id, f"{findings.id} says DRIFT, and nobody was told of {len(keys)}: {named}. {why}"


def _refuse_unchecked(every: Sequence[Findings], chosen: Sequence[Mapping[str, str | bool | int]]) -> None:
    left = {(one.model, one.version, one.start, one.end, one.truth is not None) for one in every}
    lacks: list[str] = []
    for index, one in enumerate(chosen):
        window, model, version = parse_window(str(one["window"])), str(one["model"]), int(one["version"])
        if (model, version, window.start, window.end, bool(one["labelled"])) not in left:
            of = f"the labels of {model}" if one["labelled"] else model
            lacks.append(f"check [{index}], of {of} version {version} over {one['window']}")
    if lacks:
        raise Missing(
            "run.nothing_handed",
            f"Of {len(chosen)} checks {len(lacks)} handed nothing on: {'; '.join(lacks)}. So it is when a task is set "
            "to success by hand, which does none of its work.",
            next_step="Clear these in Airflow, with what is downstream: they are checked, and what follows runs again.",
        )
