"""Whether drift starts a new training set and candidate: once, and not again before the cool-down has passed."""

from datetime import timedelta

from artifacts import alerts, cli
from artifacts.finding import Rule
from artifacts.findings import read_findings
from artifacts.places import Places
from monitoring.alert_settings import AlertSettings
from monitoring.alerts import asked

# What a model that is trained anew does not answer. Skew is a fault of the pipeline: training on would hide it.
NO_ANSWER: frozenset[Rule] = frozenset({"skew", "predictions", "labels", "baseline", "log", "schema"})


def retraining_due(places: Places, settings: AlertSettings, identity: str, claimant: str) -> bool:
    """Whether the findings `identity` start a retraining; a `claimant` that was told yes is told so again."""
    findings = read_findings(places.findings, identity)
    # As in the alerts: what is held against labels counts there, and the drift beside it is five weeks old.
    counted = asked(findings)[1].values()
    if not any(one.state == "DRIFT" and one.rule not in NO_ANSWER for one in counted):
        return False
    # Labels come late: what they show of an old window is news of the newest one.
    at = max(findings.end, alerts.newest_window(places.alerts, findings.model) or findings.end)
    near = alerts.claim_retraining(places.alerts, findings.model, at, claimant, timedelta(days=settings.cooldown_days))
    if near is not None:
        cli.say(f"{findings.model}: no retraining, since that of {near} is less than {settings.cooldown_days} days off")
    return near is None
