"""What the word of an alert's step does not say by itself: who accepted it, why it ended, what would end it."""

import shlex

from artifacts.alerts import Alert, Event

_GONE = "once a check finds it gone"
_ENDS = {
    "training": f"{_GONE}, or with a champion that was trained on such days",
    "served": f"{_GONE}, or the trailing window has taken up its days",
}


def meaning(event: Event) -> str:
    """A line of the message, or nothing."""
    alert = event.alert
    if event.step == "accepted":
        why = (alert.accepted_because or "").rstrip(".")
        return f"   accepted by {alert.accepted_by}: {why}. It is told no more until it ends.\n"
    if event.step == "retired":
        return (
            f"   retired: version {alert.version} is not the champion now. Its alert is closed, and whether it is gone "
            "was not looked at.\n"
        )
    if event.step == "settled":
        return (
            "   settled: it lasted so long, or was accepted, that its days are no longer kept out of the trailing "
            "window for it. Whether this is the new normal, or as it was before, shows only against training: see the "
            "page.\n"
        )
    if alert.kind == "DRIFT" and event.step in {"reminded", "escalated"}:
        return (
            f"   ends: {_ENDS.get(alert.finding.baseline or '', _GONE)}. If it is meant to be so: {_accepting(alert)}\n"
        )
    return ""


def _accepting(alert: Alert) -> str:
    which = f"--model {shlex.quote(alert.model)} --alert {shlex.quote(alert.key)}"
    return f"python -m monitoring accept {which} --accepted-by NAME --reason TEXT"
