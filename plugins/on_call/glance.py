"""What on-call reads first: five lines, each on its own feet, and the one next command."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request

from artifacts.errors import Missing, Refusal, Unavailable
from artifacts.window_words import window_to
from plugins.on_call.alerts import NEVER, alerts_of, was_checked
from plugins.on_call.became import decided, fate
from plugins.on_call.briefly import briefly
from plugins.on_call.drift_line import in_a_line
from plugins.on_call.frame import version
from plugins.on_call.home import Home
from plugins.on_call.markup import Child, Html, command, el, facts, folded, join, table
from plugins.on_call.next_step import next_step
from plugins.on_call.section import beside
from plugins.on_call.service import asked
from plugins.on_call.words import ago, became, moment

# Of the patience that the page has, what a line has.
SHARE = 0.8


def glance(request: Request, home: Home, model: str) -> Html:
    """Champion, service, drift, alerts and newest candidate in a line each, then what to run."""
    lines: list[tuple[str, Callable[[], Child]]] = [
        ("Champion", lambda: _champion(request, home, model)),
        ("Serves now", lambda: _serves(request, home, model)),
        ("Drift", lambda: in_a_line(home, model)),
        ("Alerts", lambda: _alerts(home, model)),
        ("Newest candidate", lambda: _candidate(request, home, model)),
        ("What is next", lambda: _next(home, model)),
    ]
    # A line that hangs does not take the others with it.
    *said, (_, following) = beside(lines, home.patience.part(SHARE))
    pairs: list[tuple[Child, Child]] = [*said]
    return join(facts(pairs), following)


def _next(home: Home, model: str) -> Html:
    why, run = next_step(home, model)
    return join(el("p", el("b", "Next. "), why, class_="lead"), command(run) if run else None)


def serving(request: Request, home: Home, model: str) -> Html:
    """What the service itself reports, asked now."""
    try:
        found = asked(home.settings, model)
    except Missing as other:
        return el("p", f"{other.message} {other.next_step}")
    loaded = ", ".join(str(one) for one in _list(found, "loaded"))
    pairs: list[tuple[Child, Child]] = [
        ("answers with", el("b", _number(request, model, found.get("answers")))),
        ("champion, as it sees it", _number(request, model, found.get("champion"))),
        ("trained on", str(found.get("training_set"))),
        ("model's sha256", el("code", str(found.get("model_sha256"))[:16])),
        ("versions in memory", loaded or "none"),
    ]
    unasked = [briefly(str(one)) for one in _list(found, "not_told")]
    troubles = [str(one) for one in _list(found, "troubles")]
    fine = "It reports no trouble of its own." if unasked else "✓ It reports no trouble."
    said = el("ul", *(el("li", one) for one in troubles)) if troubles else el("p", fine)
    limits = found.get("limits")
    rows: list[list[Child]] = [[str(k), str(v)] for k, v in limits.items()] if isinstance(limits, dict) else []
    return join(
        el("p", f"Asked now, at {home.settings.serving_url}.", class_="quiet"),
        facts(pairs),
        el("div", el("b", "Trouble"), said, class_="alarm") if troubles else said,
        el("p", f"It tells this from memory, since it could not be told: {' '.join(unasked)}", class_="down")
        if unasked
        else None,
        folded("Limits", table(("limit", "value"), rows)) if rows else None,
    )


def _champion(request: Request, home: Home, model: str) -> Html:
    line = home.lines(model)[-1]
    return join(
        version(request, model, line.version), " since ", moment(line.decided_at), f" UTC, {ago(line.decided_at)}"
    )


def _serves(request: Request, home: Home, model: str) -> Html:
    try:
        found = asked(home.settings, model)
    except Missing:
        return el(
            "a",
            "\N{EN DASH} no service that is known here: another model is served",
            href="#serving",
            class_="state quiet",
        )
    except Unavailable as refusal:
        return el("a", f"? not known: {refusal.code}", href="#serving", class_="state ask")
    own, (said, kind) = _number(request, model, found.get("answers")), _whose(home, model, found)
    return join(own, el("span", f" {said}", class_=f"state {kind}"))


def _whose(home: Home, model: str, found: Mapping[str, Any]) -> tuple[str, str]:
    """Whether what answers is the champion."""
    try:
        line = home.champion(model)
        if line is None:
            home.refuse_lost_ledger(model)
    except Refusal as refusal:
        return f"? whether that is the champion is not known: {refusal.code}", "ask"
    if line is not None and found.get("answers") != line.version:
        return "▲ not the champion", "bad"
    if _list(found, "troubles"):
        return "▲ with trouble, below", "bad"
    return ("? by its number: the model has no champion", "ask") if line is None else ("✓ the champion", "good")


def _alerts(home: Home, model: str) -> Child:
    current = [one for one in alerts_of(home, model) if one.is_open]
    if not current and not was_checked(home, model):
        return el("span", NEVER, class_="state ask")
    if not current:
        return el("span", "✓ none is open", class_="state good")
    first = min(one.opened for one in current)
    drifted = sum(one.kind == "DRIFT" for one in current)
    many = f"▲ {len(current)} open: {drifted} DRIFT, {len(current) - drifted} UNKNOWN"
    return join(el("span", many, class_="state bad"), f", the first since the window to {window_to(first)}")


def _candidate(request: Request, home: Home, model: str) -> Child:
    newest = home.newest(model, 1)
    if not newest:
        return "none was trained"
    record, own = home.record(model, newest[0]), version(request, model, newest[0])
    verdicts = home.verdicts(record.run_id)
    if not verdicts:
        return join(own, el("span", " ? never judged", class_="state ask"))
    verdict, one = verdicts[0].verdict, fate(home, decided(home, model), record, verdicts[0])
    why = [*([one.said] if one.said else []), *(reason.text for reason in verdict.reasons[:1])]
    return join(own, " ", became(one.became), f" {' '.join(why)}")


def _number(request: Request, model: str, told: Any) -> Child:
    return version(request, model, told) if type(told) is int and told > 0 else "none" if told is None else str(told)


def _list(found: Mapping[str, Any], name: str) -> list[Any]:
    told = found.get(name)
    return told if isinstance(told, list) else []
