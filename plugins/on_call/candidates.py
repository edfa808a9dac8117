"""Who wanted to be champion, and what became of each: a part of the page of a model."""

from fastapi import Request

from artifacts.metric_names import words
from artifacts.registry import RunRecord
from artifacts.verdict import Verdict
from plugins.on_call.became import Fate, decided, fate, judging
from plugins.on_call.decided import Decided
from plugins.on_call.frame import link, version
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, command, el, join, joined, table
from plugins.on_call.section import failed
from plugins.on_call.words import became, estimate

SHOWN = 6


def candidates(request: Request, home: Home, model: str) -> Html:
    """The newest versions, what became of each, and why; one that cannot be read says so in its own row."""
    known = decided(home, model)
    rows = [_row(request, home, model, number, known) for number in home.newest(model, SHOWN)]
    if not rows:
        return el("p", "No candidate was trained yet.")
    return table(("version", "what became of it", "why", "gain over the champion", "training set"), rows)


def _row(request: Request, home: Home, model: str, number: int, known: Decided) -> list[Child]:
    try:
        cells = _cells(request, home, home.record(model, number), known)
    except Exception as error:
        cells = [failed(f"Version {number}", error), "", "", ""]
    return [version(request, model, number), *cells]


def _cells(request: Request, home: Home, record: RunRecord, known: Decided) -> list[Child]:
    trained = link(request, record.training_set, "training-sets", *record.training_set.split("/"))
    verdicts = home.verdicts(record.run_id)
    if not verdicts:
        never = el("span", "? never judged", class_="state ask")
        return [never, join("Judge it: ", command(judging(record.run_id))), NONE, trained]
    verdict, one = verdicts[0].verdict, fate(home, known, record, verdicts[0])
    return [became(one.became), _why(record, verdict, one), _gain(verdict), trained]


def _why(record: RunRecord, verdict: Verdict, one: Fate) -> Html:
    reasons = el("ul", *(el("li", reason.text) for reason in verdict.reasons), class_="tight")
    yes, no = (
        el("code", f"python -m training {verb} --candidate {record.run_id} --{how} NAME --reason TEXT")
        for verb, how in (("promote", "approved-by"), ("reject", "rejected-by"))
    )
    by_hand = join("By hand, with who decides and why in place of NAME and TEXT: ", yes, ", or to say no: ", no)
    todo = el("p", by_hand, class_="quiet") if one.became == "waits" else None
    return join(el("p", one.said) if one.said else None, reasons, todo)


def _gain(verdict: Verdict) -> Child:
    found = [one for one in verdict.evidence.comparisons if one.part == "primary"]
    if not found:
        return "no rival"
    return joined(
        join(estimate(one.gain), el("small", f" {words(one.metric)}, {verdict.level} interval")) for one in found
    )
