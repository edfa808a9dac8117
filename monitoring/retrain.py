"""Whether drift starts a new training set and candidate: not on what was trained on, nor within the cool-down."""

from collections.abc import Sequence
from datetime import timedelta

from artifacts import alerts, cli
from artifacts.errors import Missing
from artifacts.finding import Rule
from artifacts.findings import Findings, read_findings
from artifacts.landed import declared_sources, landed_since
from artifacts.lost_alerts import refuse_lost_alerts
from artifacts.places import Places
from artifacts.plural import many
from artifacts.run_evidence import note
from artifacts.training_set import newest, parse_id
from artifacts.window_words import window_to
from monitoring.alert_settings import AlertSettings
from monitoring.alerts import passed_by
from monitoring.asked import asked

# What a model that is trained anew does not answer. Skew is a fault of the pipeline: training on would hide it.
NO_ANSWER: frozenset[Rule] = frozenset({"skew", "predictions", "labels", "baseline", "log", "schema"})


def retraining_due(places: Places, settings: AlertSettings, identities: Sequence[str], claimant: str) -> list[str]:
    """Those of the findings that start a retraining; why one that drifted does not is said and noted, once.

    A `claimant` that was told yes is told so again. While nothing landed since the newest training set none is
    started, and no cool-down begins: it stays due.
    Raises `Missing` (`alerts.lost`): without the alerts nobody knows of the last one.
    """
    every = [read_findings(places.findings, one) for one in identities]
    kept = {one.id: _kept_by(places, settings, one, claimant) for one in every if _has_drifted(one)}
    whys = list(dict.fromkeys(filter(None, kept.values())))
    for why in whys:
        cli.say(why)
    if whys:
        note("retraining", {"kept_by": whys})
    return [one for one, why in kept.items() if why is None]


def _has_drifted(findings: Findings) -> bool:
    """Whether anything drifted that training anew answers.

    As in the alerts: what is held against labels counts there, and the drift beside it is five weeks old.
    """
    counted = asked(findings)[1].values()
    return any(one.state == "DRIFT" and one.rule not in NO_ANSWER for one in counted)


def _kept_by(places: Places, settings: AlertSettings, findings: Findings, claimant: str) -> str | None:
    """What keeps the drift from starting a retraining, if anything does."""
    refuse_lost_alerts(places, findings.model)
    # Labels come late: what they show of an old window is news of the newest one.
    at = max(findings.end, alerts.newest_window(places.alerts, findings.model) or findings.end)
    if not alerts.has_claimed(places.alerts, findings.model, claimant):
        if newer := passed_by(alerts.watches(places.alerts, findings.model), findings):
            return (
                f"{findings.model}: no retraining by drift of the window to {window_to(findings.end)}: {newer} was "
                "taken already, and says how it is now."
            )
        built = _set_of_all_that_landed(places, findings)
        if built is not None:
            return (
                f"{findings.model}: drift starts no retraining yet: nothing landed since {built} was built, so there "
                "are no new rows to train on. It stays due while the drift lasts."
            )
    near = alerts.claim_retraining(places.alerts, findings.model, at, claimant, timedelta(days=settings.cooldown_days))
    days = many(settings.cooldown_days, "day")
    if near is None:
        return None
    last = f"the last one that drift started was for the window to {window_to(near)}"
    return f"{findings.model}: no retraining: {last}, and at least {days} lie between two."


def _set_of_all_that_landed(places: Places, findings: Findings) -> str | None:
    """The id of the newest training set if all that landed is in it; None when something new is, or nobody can say."""
    try:
        found = newest(places.training_sets, parse_id(findings.training_set)[0])
        known = found.facts.get("raw")
        return found.id if known and not landed_since(places.raw, known, declared_sources()) else None
    except Missing:
        return None
