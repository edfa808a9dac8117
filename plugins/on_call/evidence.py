"""Who is champion and why, who wanted to be, and how the metrics went: parts of the page of a model."""

from collections.abc import Sequence

from fastapi import Request

from artifacts.ledger import Promotion
from artifacts.verdict import Verdict
from plugins.on_call.chart import Shape
from plugins.on_call.frame import link
from plugins.on_call.home import Found, Home
from plugins.on_call.markup import NONE, Child, Html, command, el, facts, folded, join, joined, table
from plugins.on_call.over_time import Point, whiskers
from plugins.on_call.section import told
from plugins.on_call.words import ago, estimate, metric, moment, outcome

CANDIDATES, POINTS = 6, 8
LOWER_IS_BETTER = frozenset({"log_loss", "calibration_error", "brier"})


def champion(request: Request, home: Home, model: str) -> Html:
    """The newest line of the ledger, and, from MLflow, what the version was promoted with."""
    lines = home.lines(model)
    line = lines[-1]
    since = join(moment(line.decided_at), f" UTC, {ago(line.decided_at)}, by {line.decided_by}")
    pairs: list[tuple[Child, Child]] = [
        ("version", el("b", version(request, model, line.version))),
        ("since", since),
        ("why", line.reason),
    ]
    known = told("What MLflow knows of it", lambda: _promoted_with(request, home, lines))
    return join(facts(pairs), known, _before(request, lines))


def candidates(request: Request, home: Home, model: str) -> Html:
    """The newest versions with their verdicts; each outcome with its reasons."""
    rows: list[list[Child]] = []
    for record in home.records(model, CANDIDATES):
        try:
            verdicts: Sequence[Found] = home.verdicts(record.run_id)
            last = verdicts[0].verdict if verdicts else None
        except Exception as error:
            rows.append([version(request, model, record.version or 0), _broken(error), "", "", ""])
            continue
        trained = link(request, record.training_set, "training-sets", *record.training_set.split("/"))
        rows.append(
            [
                version(request, model, record.version or 0),
                outcome(last.outcome) if last else el("span", "? never judged", class_="state ask"),
                _reasons(last) if last else el("span", "Judge it: ", command(judging(record.run_id))),
                _gain(last),
                trained,
            ]
        )
    if not rows:
        return el("p", "No candidate was trained yet.")
    return table(("version", "verdict", "why", "gain over the champion", "training set"), rows)


def metrics(home: Home, model: str) -> Html:
    """Each metric of each version on the holdout rows that it was judged on, beside the naive model."""
    verdicts = []
    for record in reversed(home.records(model, POINTS)):
        found = home.verdicts(record.run_id)
        verdicts += [found[0].verdict] if found else []
    if not verdicts:
        return el("p", "No candidate was judged yet.")
    names = list(verdicts[-1].evidence.metrics["candidate"])
    drawn = [el("figure", el("figcaption", _direction(name)), _curve(name, verdicts)) for name in names]
    legend = (
        "On the holdout rows of each judgement, with its bootstrap interval. ● promoted, ◇ not promoted, "
        "□ the naive model on the same rows. Other rows each time: compare with the naive model, not along the line."
    )
    return join(el("p", legend, class_="quiet"), el("div", *drawn, class_="figures"))


def version(request: Request, model: str, number: int) -> Html:
    """A link to the page of a version."""
    return el("span", link(request, f"version {number}", "models", model, "versions", str(number)), class_="nowrap")


def judging(run_id: str) -> str:
    """The command that judges a candidate."""
    return f"python -m training judge --candidate {run_id}"


def _promoted_with(request: Request, home: Home, lines: Sequence[Promotion]) -> Html:
    line = lines[-1]
    record = home.record(line.model, line.version)
    trained = link(request, record.training_set, "training-sets", *record.training_set.split("/"))
    made = next((one for one in reversed(lines) if one.version == line.version and one.verdict), None)
    pairs = facts([("training set", trained)])
    if made is None or made.verdict is None:
        return join(
            pairs, el("p", "No verdict came with it, so its metrics are those of its MLflow run.", class_="quiet")
        )
    evidence = home.verdict(made.run_id, made.verdict).evidence
    own, naive = evidence.metrics["candidate"], evidence.metrics.get("naive", {})
    rows: list[list[Child]] = [[metric(name), estimate(one), estimate(naive.get(name))] for name, one in own.items()]
    held = evidence.holdout
    rows_told = f"{held.rows:,} rows of {held.blocks} days, {held.start:%Y-%m-%d} to {held.end:%Y-%m-%d}"
    return join(pairs, table(("on the holdout", "champion", "naive model"), rows), el("small", rows_told))


def _before(request: Request, lines: Sequence[Promotion]) -> Html | None:
    if len(lines) == 1:
        return None
    rows: list[list[Child]] = [
        [moment(one.decided_at), version(request, one.model, one.version), one.kind, one.decided_by, one.reason]
        for one in reversed(lines[:-1])
    ]
    return folded(f"{len(rows)} before it", table(("decided", "version", "how", "by", "why"), rows))


def _reasons(verdict: Verdict) -> Html:
    return el("ul", *(el("li", one.text) for one in verdict.reasons), class_="tight")


def _gain(verdict: Verdict | None) -> Child:
    if verdict is None:
        return NONE
    found = [one for one in verdict.evidence.comparisons if one.part == "primary"]
    return (
        joined(join(estimate(one.gain), el("small", f" {metric(one.metric)}")) for one in found)
        if found
        else "no rival"
    )


def _direction(name: str) -> str:
    return f"{metric(name)}, {'lower' if name in LOWER_IS_BETTER else 'higher'} is better"


def _curve(name: str, verdicts: Sequence[Verdict]) -> Html:
    points, rivals = [], {}
    for one in verdicts:
        evidence = one.evidence
        own, naive = evidence.metrics["candidate"].get(name), evidence.metrics.get("naive", {}).get(name)
        if own is None or own.value is None:
            continue
        label = f"v{evidence.candidate.version}"
        about = f"version {evidence.candidate.version}: {own.value} [{own.low}, {own.high}], {one.outcome}"
        shape: Shape = "disc" if one.outcome == "promote" else "diamond"
        points.append(Point(label, own.value, own.low, own.high, shape, about))
        if naive is not None and naive.value is not None:
            rivals[label] = naive.value
    return whiskers(f"{metric(name)} of {len(points)} versions", points, rivals) if points else el("p", "No numbers.")


def _broken(error: Exception) -> Html:
    return el("span", f"? {error}", class_="state ask")
