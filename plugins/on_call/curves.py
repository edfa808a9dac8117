"""How the metrics went from one judged version to the next: a part of the page of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from artifacts.metric_names import directed, words
from artifacts.plural import many
from artifacts.verdict import Verdict
from plugins.on_call.became import Fate, decided, fate
from plugins.on_call.chart import Shape
from plugins.on_call.home import Home
from plugins.on_call.markup import Html, el, join, joined
from plugins.on_call.over_time import Point, whiskers
from plugins.on_call.section import failed
from plugins.on_call.words import BECAME

SHOWN = 8


@dataclass(frozen=True)
class _Judged:
    verdict: Verdict
    fate: Fate


def metrics(home: Home, model: str) -> Html:
    """Each metric of each version on the holdout rows that it was judged on, beside the naive model."""
    judged, missing = _judged(home, model)
    if not judged:
        return join(joined(missing), el("p", "No candidate was judged yet.") if not missing else None)
    names = list(judged[-1].verdict.evidence.metrics["candidate"])
    drawn = [el("figure", el("figcaption", directed(name)), _curve(name, judged)) for name in names]
    levels = " or ".join(dict.fromkeys(one.verdict.level for one in judged))
    legend = (
        f"On the holdout rows of each judgement, with its bootstrap interval of {levels}. ● promoted, ◇ not promoted, "
        "□ the naive model on the same rows. Other rows each time: compare with the naive model, not along the line."
    )
    unknown = decided(home, model).unknown
    shy = f"Which of them were promoted is not known ({unknown.code})." if unknown else None
    head = [el("p", legend, class_="quiet"), el("p", shy) if shy else None, *missing]
    return join(*head, el("div", *drawn, class_="figures"))


def _judged(home: Home, model: str) -> tuple[list[_Judged], list[Html]]:
    """The newest verdict of each version, oldest version first; and why those that cannot be read are not there."""
    found: list[_Judged] = []
    missing: list[Html] = []
    known = decided(home, model)
    for number in reversed(home.newest(model, SHOWN)):
        try:
            record = home.record(model, number)
            verdicts = home.verdicts(record.run_id)
            found += [_Judged(verdicts[0].verdict, fate(home, known, record, verdicts[0]))] if verdicts else []
        except Exception as error:
            missing.append(failed(f"Version {number}", error))
    return found, missing


def _curve(name: str, judged: Sequence[_Judged]) -> Html:
    points, rivals = [], {}
    for one in judged:
        evidence = one.verdict.evidence
        own, naive = evidence.metrics["candidate"].get(name), evidence.metrics.get("naive", {}).get(name)
        if own is None or own.value is None:
            continue
        label, word = f"v{evidence.candidate.version}", BECAME[one.fate.became][1]
        about = (
            f"version {evidence.candidate.version}: {own.value} [{own.low}, {own.high}] ({one.verdict.level}), {word}"
        )
        shape: Shape = "disc" if one.fate.became in ("promoted", "rolled_back") else "diamond"
        points.append(Point(label, own.value, own.low, own.high, shape, about))
        if naive is not None and naive.value is not None:
            rivals[label] = naive.value
    return (
        whiskers(f"{words(name)} of {many(len(points), 'version')}", points, rivals)
        if points
        else el("p", "No numbers.")
    )
