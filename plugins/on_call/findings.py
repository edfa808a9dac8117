"""The page of what was found in one window: each rule that is not OK, with its reason."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from artifacts.finding import Finding, part_in_words
from artifacts.finding_ratio import WORDS, times, worst_first
from artifacts.findings import Findings, read_findings
from artifacts.left_out_words import left_out_words
from artifacts.window_words import window_words
from plugins.on_call.chart import digits
from plugins.on_call.frame import link, page, version
from plugins.on_call.guard import reads
from plugins.on_call.heat import called
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, command, el, facts, folded, join, name, table
from plugins.on_call.names import FindingsName, Model
from plugins.on_call.section import Part, all_of, there
from plugins.on_call.words import state

router = APIRouter(dependencies=reads("watch_drift"))


@router.get("/models/{model}/findings/{findings}")
def found(request: Request, model: Model, findings: FindingsName) -> Response:
    """All that was found in a window, every byte verified."""
    home = Home.of(request)
    there(
        f"findings {model}/{findings}",
        lambda: read_findings(home.places.findings, f"{model}/{findings}"),
        home.patience,
    )
    shown = Part("What was found", "found", lambda: _found(request, home, f"{model}/{findings}"), wide=True)
    return page(
        request,
        findings,
        all_of(shown, patience=home.patience),
        trail=(("Models", "models"), (model, f"models/{model}")),
    )


def _found(request: Request, home: Home, identity: str) -> Html:
    told = read_findings(home.places.findings, identity)
    bad = sorted((one for one in told.findings if one.state != "OK"), key=worst_first)
    good = sorted((one for one in told.findings if one.state == "OK"), key=worst_first)
    heads = ("", "what", "rule", "against", "value", "threshold", "how far", "rows", "why")
    return join(
        _facts(request, told),
        table(heads, (_row(one) for one in bad), numbers=(7,)) if bad else _nothing_bad(told),
        folded(f"{len(good)} are OK", table(heads, (_row(one) for one in good), numbers=(7,))) if good else None,
        el("h3", "Its page with every distribution"),
        command(f"python -m monitoring report --findings {told.id}"),
    )


def _nothing_bad(told: Findings) -> Html:
    if told.state == "OK":
        return el("p", "✓ Every rule is within its threshold.")
    said = "? Nothing was judged: no rule was asked of this window, so nothing is known of it. "
    return el("p", said, el("code", "findings.nothing_judged"))


def _facts(request: Request, told: Findings) -> Html:
    return facts(
        [
            ("state", state(told.state)),
            ("window", f"{window_words(told.start, told.end)} (UTC)"),
            ("rows", f"{told.rows:,}" if told.is_counted else "? could not be counted"),
            ("answered by", version(request, told.model, told.version)),
            ("trained on", link(request, told.training_set, "training-sets", *told.training_set.split("/"))),
            ("held against", told.truth or "no training set"),
            *([("trailing window", without)] if (without := left_out_words(told)) else []),
        ]
    )


def _row(one: Finding) -> list[Child]:
    what = join(name(called(one.feature)), f" {part_in_words(one.part)}" if one.part else "")
    rows = f"{one.rows:,}" if one.is_counted else NONE
    numbers = (digits(one.value), digits(one.threshold), times(one), rows)
    why = join(
        one.reason.text,
        " ",
        el("code", one.reason.code),
        "" if one.required else " (does not count)",
        *(el("div", el("code", each.entity), f" {each.logged} \N{NOT EQUAL TO} {each.truth}") for each in one.examples),
    )
    return [state(one.state), what, WORDS.get(one.rule, one.rule), one.baseline or NONE, *numbers, why]
