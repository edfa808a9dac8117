"""The verbs around alerts: update, alerts, accept, notify."""

import argparse

from artifacts import alerts, ledger
from artifacts.alerts import Event, begins
from artifacts.cli import Answer
from artifacts.errors import BadInput, CannotJudge, Missing
from artifacts.findings import read_findings
from artifacts.lost_alerts import alerts_of, refuse_lost_alerts
from artifacts.places import Places, read_places
from artifacts.plural import many
from monitoring.accept import accept
from monitoring.alert_lines import accepted_line, alert_facts, alert_line
from monitoring.missed import say_missed, say_unread
from monitoring.notify import deliver
from monitoring.settings import read_monitoring_settings
from monitoring.update import update_alerts


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs to the room's parser; each takes `--json`."""
    updating = _add(verbs, "update", _update, "take published findings into the alerts")
    updating.add_argument(
        "--findings",
        required=True,
        action="append",
        metavar="MODEL/NAME",
        help="the id that check made; may be given several times",
    )
    showing = _add(verbs, "alerts", _alerts, "show the alerts of a model, open and past")
    showing.add_argument("--model", required=True)
    accepting = _add(verbs, "accept", _accept, "accept open drift: it is told no more until it ends")
    accepting.add_argument("--model", required=True)
    accepting.add_argument("--alert", required=True, action="append", metavar="KEY", help="as `alerts` shows it")
    accepting.add_argument("--accepted-by", required=True, metavar="NAME")
    accepting.add_argument("--reason", required=True, metavar="TEXT", help="why this is as it is meant to be")
    _add(
        verbs,
        "notify",
        _notify,
        "deliver what waits to the webhook, and say what waits for mail and Slack, which Airflow delivers",
    )


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, verb: object, about: str
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=verb)
    return parser


def _update(arguments: argparse.Namespace) -> Answer:
    places, settings = read_places(), read_monitoring_settings()
    events, passed_over = list[Event](), dict[str, str]()
    for identity in arguments.findings:
        # None is taken in before all can be.
        read_findings(places.findings, identity)
    for identity in arguments.findings:
        taken = update_alerts(places, settings, identity)
        events += taken.events
        if taken.passed_over is not None:
            passed_over[identity] = taken.passed_over
    lines = [f"{event.step:<9} {event.alert.kind:<7} {event.alert.key}" for event in events]
    lines += [f"nothing changed by {identity}. {why}" for identity, why in passed_over.items()]
    told = lines or ["nothing changed. No alert was opened, ended, or due to be told again."]
    facts = {"events": [event.id for event in events], "passed_over": passed_over}
    return Answer(arguments.findings[-1], told, facts)


def _alerts(arguments: argparse.Namespace) -> Answer:
    # What is misspelt is refused here as everywhere, although this verb needs none of them.
    read_monitoring_settings()
    places = read_places()
    _refuse_unknown(places, arguments.model)
    # Read before the alerts, lest one that a check confirms in between look left behind.
    taken = alerts.taken_to(places.alerts, arguments.model)
    found = alerts_of(places, arguments.model)
    open_ones = [one for one in found if one.is_open]
    lines = [alert_line(one, taken) for one in (*open_ones, *(one for one in found if not one.is_open))]
    since = begins(alerts.bare_watches(places.alerts, arguments.model))
    lines += [since] if since else []
    told = f"{len(open_ones)} open, {len(found) - len(open_ones)} past alerts of:"
    past = [alert_facts(one) for one in found if not one.is_open]
    # What damaged findings would tell of alerts is not known: what the alerts took in holds, and is listed.
    missed, unread = say_missed(places, arguments.model), say_unread(places, arguments.model)
    facts = {"open": [alert_facts(one) for one in open_ones], "past": past, "begin": since or None}
    code = CannotJudge.exit_code if unread else 0
    return Answer(arguments.model, [*lines, told], {**facts, "missed": missed, "unread": unread}, code)


def _refuse_unknown(places: Places, model: str) -> None:
    known = sorted({*alerts.models(places.alerts), *ledger.models(places.ledger)})
    if model not in known:
        raise Missing(
            "alerts.model_unknown",
            f"No findings of model {model} were ever taken in, and it never had a champion; those that are "
            f"known: {', '.join(known) or 'none'}.",
            next_step="Name one of them." if known else "Start with a champion: make run",
        )


def _accept(arguments: argparse.Namespace) -> Answer:
    by, because = arguments.accepted_by.strip(), arguments.reason.strip()
    if not by or not because:
        raise BadInput(
            "alerts.nobody",
            f"Accepted by {by!r} because of {because!r}: nobody could ask later why.",
            next_step="Name who, and why: --accepted-by NAME --reason TEXT",
        )
    read_monitoring_settings()
    places = read_places()
    _refuse_unknown(places, arguments.model)
    refuse_lost_alerts(places, arguments.model)
    events = accept(places, arguments.model, arguments.alert, by, because)
    taken = alerts.taken_to(places.alerts, arguments.model)
    lines = [accepted_line(event.alert, taken) for event in events]
    facts = {"events": [event.id for event in events], "seen": {one.alert.key: one.alert.seen for one in events}}
    return Answer(arguments.model, [*lines, "alerts of:"], facts)


def _notify(_: argparse.Namespace) -> Answer:
    places = read_places()
    # It says itself what it sent, so that this is told also where alerts that are not there are refused after it.
    done = deliver(places, read_monitoring_settings())
    for model in ledger.models(places.ledger):
        refuse_lost_alerts(places, model)
    lines = [f"{many(number, 'message')} to {channel}" for channel, number in done.sent.items()]
    where = ledger.shown(places.alerts)
    return Answer(where, [*(lines or ["nothing waits"]), "alerts in:"], {"sent": dict(done.sent)})
